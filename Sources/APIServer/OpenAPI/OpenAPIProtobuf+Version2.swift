import Machinery

extension OpenAPIProtobuf {
    /// The messages of OpenAPIv2.proto.
    enum Version2 {
        static let document: [String: Part] = [
            "swagger": Part(1, .text),
            "info": Part(2, .message(["title": Part(1, .text), "version": Part(2, .text), "description": Part(3, .text)])),
            "host": Part(3, .text), "basePath": Part(4, .text), "schemes": Part(5, .list(.text)), "consumes": Part(6, .list(.text)),
            "produces": Part(7, .list(.text)), "paths": Part(8, .map(.message(path), number: 2)),
            "definitions": Part(9, .map(.recursive { schema })),
            "parameters": Part(10, .map(.parameter)), "security": Part(12, .list(.map(.inside(1, .list(.text))))),
            "securityDefinitions": Part(13, .map(.inside(2, .message(security)))), extensions: Part(16, .any),
        ]

        private static let path: [String: Part] = [
            "get": Part(2, .message(operation)), "put": Part(3, .message(operation)), "post": Part(4, .message(operation)),
            "delete": Part(5, .message(operation)), "options": Part(6, .message(operation)), "head": Part(7, .message(operation)),
            "patch": Part(8, .message(operation)), "parameters": Part(9, .list(.orReference(.parameter))), extensions: Part(10, .any),
        ]

        private static let operation: [String: Part] = [
            "tags": Part(1, .list(.text)), "summary": Part(2, .text), "description": Part(3, .text), "operationId": Part(5, .text),
            "produces": Part(6, .list(.text)), "consumes": Part(7, .list(.text)), "parameters": Part(8, .list(.orReference(.parameter))),
            "responses": Part(9, .map(.inside(1, .message(response)))), "schemes": Part(10, .list(.text)), "deprecated": Part(11, .flag),
            extensions: Part(13, .any),
        ]

        private static let response: [String: Part] = [
            "description": Part(1, .text), "schema": Part(2, .inside(1, .recursive { schema })), extensions: Part(5, .any),
        ]

        private static let security: [String: Part] = [
            "type": Part(1, .text), "name": Part(2, .text), "in": Part(3, .text), "description": Part(4, .text), extensions: Part(5, .any),
        ]

        private static let bodyParameter: [String: Part] = [
            "description": Part(1, .text), "name": Part(2, .text), "in": Part(3, .text), "required": Part(4, .flag),
            "schema": Part(5, .recursive { schema }),
            extensions: Part(6, .any),
        ]

        /// Headers have the same numbers.
        private static let pathParameter: [String: Part] = [
            "required": Part(1, .flag), "in": Part(2, .text), "description": Part(3, .text), "name": Part(4, .text), "type": Part(5, .text),
            "format": Part(6, .text), "default": Part(9, .any), "pattern": Part(16, .text), "uniqueItems": Part(19, .flag),
            "enum": Part(20, .list(.any)), extensions: Part(22, .any),
        ]

        private static let queryParameter: [String: Part] = [
            "required": Part(1, .flag), "in": Part(2, .text), "description": Part(3, .text), "name": Part(4, .text),
            "allowEmptyValue": Part(5, .flag), "type": Part(6, .text), "format": Part(7, .text), "default": Part(10, .any),
            "pattern": Part(17, .text), "uniqueItems": Part(20, .flag), "enum": Part(21, .list(.any)), extensions: Part(23, .any),
        ]

        private static let schema: [String: Part] = [
            "$ref": Part(1, .text), "format": Part(2, .text), "title": Part(3, .text), "description": Part(4, .text),
            "default": Part(5, .any),
            "multipleOf": Part(6, .number), "maximum": Part(7, .number), "exclusiveMaximum": Part(8, .flag), "minimum": Part(9, .number),
            "exclusiveMinimum": Part(10, .flag), "maxLength": Part(11, .integer), "minLength": Part(12, .integer),
            "pattern": Part(13, .text),
            "maxItems": Part(14, .integer), "minItems": Part(15, .integer), "uniqueItems": Part(16, .flag),
            "maxProperties": Part(17, .integer),
            "minProperties": Part(18, .integer), "required": Part(19, .list(.text)), "enum": Part(20, .list(.any)),
            "additionalProperties": Part(21, .orFlag(.recursive { schema })), "type": Part(22, .inside(1, .list(.text))),
            "items": Part(23, .inside(1, .recursive { schema })),
            "allOf": Part(24, .list(.recursive { schema })), "properties": Part(25, .map(.recursive { schema })),
            "readOnly": Part(27, .flag), "example": Part(30, .any),
            extensions: Part(31, .any),
        ]

        /// Where a parameter stands decides its message.
        static func parameter(_ json: JSON) -> ProtobufWriter {
            switch json["in"]?.string {
            case "body": content(json, .inside(1, .message(bodyParameter)))
            case "header": content(json, .inside(2, .inside(1, .message(pathParameter))))
            case "path": content(json, .inside(2, .inside(4, .message(pathParameter))))
            default: content(json, .inside(2, .inside(3, .message(queryParameter))))
            }
        }
    }
}
