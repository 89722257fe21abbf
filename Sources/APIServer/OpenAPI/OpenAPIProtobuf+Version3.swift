import Machinery

extension OpenAPIProtobuf {
    /// The messages of OpenAPIv3.proto.
    enum Version3 {
        static let document: [String: Part] = [
            "openapi": Part(1, .text),
            "info": Part(2, .message(["title": Part(1, .text), "description": Part(2, .text), "version": Part(6, .text)])),
            "paths": Part(4, .map(.message(path))),
            "components": Part(5, .message(["schemas": Part(1, .map(anySchema)), "securitySchemes": Part(7, .map(securityScheme))])),
            "security": Part(6, .list(.map(.inside(1, .list(.text))))), extensions: Part(9, .any),
        ]

        private static let path: [String: Part] = [
            "summary": Part(2, .text), "description": Part(3, .text), "get": Part(4, .message(operation)),
            "put": Part(5, .message(operation)),
            "post": Part(6, .message(operation)), "delete": Part(7, .message(operation)), "options": Part(8, .message(operation)),
            "head": Part(9, .message(operation)), "patch": Part(10, .message(operation)), "parameters": Part(13, .list(parameter)),
            extensions: Part(14, .any),
        ]

        private static let operation: [String: Part] = [
            "tags": Part(1, .list(.text)), "summary": Part(2, .text), "description": Part(3, .text), "operationId": Part(5, .text),
            "parameters": Part(6, .list(parameter)), "requestBody": Part(7, .orReference(.message(requestBody))),
            "responses": Part(8, .map(.orReference(.message(response)), number: 2)), "deprecated": Part(10, .flag),
            extensions: Part(13, .any),
        ]

        private static let parameter = Form.orReference(
            .message([
                "name": Part(1, .text), "in": Part(2, .text), "description": Part(3, .text), "required": Part(4, .flag),
                "deprecated": Part(5, .flag), "allowEmptyValue": Part(6, .flag), "style": Part(7, .text), "explode": Part(8, .flag),
                "allowReserved": Part(9, .flag), "schema": Part(10, anySchema), "example": Part(11, .any), "content": Part(13, content),
                extensions: Part(14, .any),
            ]))

        private static let requestBody: [String: Part] = [
            "description": Part(1, .text), "content": Part(2, content), "required": Part(3, .flag), extensions: Part(4, .any),
        ]

        private static let response: [String: Part] = [
            "description": Part(1, .text), "content": Part(3, content), extensions: Part(5, .any),
        ]

        /// By media type.
        private static let content = Form.map(
            .message(["schema": Part(1, anySchema), "example": Part(2, .any), extensions: Part(5, .any)]))

        private static let securityScheme = Form.orReference(
            .message([
                "type": Part(1, .text), "description": Part(2, .text), "name": Part(3, .text), "in": Part(4, .text),
                "scheme": Part(5, .text),
                "bearerFormat": Part(6, .text), "openIdConnectUrl": Part(8, .text), extensions: Part(9, .any),
            ]))

        private static let anySchema = Form.orReference(.recursive { schema })

        private static let schema: [String: Part] = [
            "nullable": Part(1, .flag), "readOnly": Part(3, .flag), "writeOnly": Part(4, .flag),
            "externalDocs": Part(6, .message(["description": Part(1, .text), "url": Part(2, .text), extensions: Part(3, .any)])),
            "example": Part(7, .any), "deprecated": Part(8, .flag), "title": Part(9, .text), "multipleOf": Part(10, .number),
            "maximum": Part(11, .number), "exclusiveMaximum": Part(12, .flag), "minimum": Part(13, .number),
            "exclusiveMinimum": Part(14, .flag), "maxLength": Part(15, .integer), "minLength": Part(16, .integer),
            "pattern": Part(17, .text), "maxItems": Part(18, .integer), "minItems": Part(19, .integer), "uniqueItems": Part(20, .flag),
            "maxProperties": Part(21, .integer), "minProperties": Part(22, .integer), "required": Part(23, .list(.text)),
            "enum": Part(24, .list(.any)), "type": Part(25, .text), "allOf": Part(26, .list(anySchema)),
            "oneOf": Part(27, .list(anySchema)),
            "anyOf": Part(28, .list(anySchema)), "not": Part(29, .recursive { schema }), "items": Part(30, .inside(1, anySchema)),
            "properties": Part(31, .map(anySchema)), "additionalProperties": Part(32, .orFlag(anySchema)), "default": Part(33, .primitive),
            "description": Part(34, .text), "format": Part(35, .text), extensions: Part(36, .any),
        ]
    }
}
