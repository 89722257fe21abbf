import Machinery

/// The protobuf form of the OpenAPI v2 document, which Go clients ask for when they look for a kind that version 3 does not have.
///
/// Made from the JSON form: each message is a table of members and numbers. Source: OpenAPIv2.proto of google/gnostic.
enum OpenAPIProtobuf {
    /// The name that clients since 1.30 use; older ones write `@` before the version.
    static let mediaType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"

    /// Whether an `Accept` header prefers this form to JSON.
    static func isWanted(_ accept: String) -> Bool {
        let first: Substring = accept.prefix { $0 != "," && $0 != ";" }.trimmingSpaces()
        return first == mediaType || first == "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
    }

    static func bytes(_ document: JSON) -> [UInt8] { message(document, Self.document).bytes }

    // MARK: - How values are written

    /// What a member of the JSON document is in protobuf.
    private indirect enum Form: Sendable {
        case text, integer, number, flag
        /// Any JSON, as its text.
        case any
        case message([String: Part])
        /// Several values under one number.
        case list(Form)
        /// A message that holds the value under this number.
        case inside(Int, Form)
        /// A message whose field 1 repeats pairs of name and value.
        case map(Form, number: Int = 1)
        /// A schema, or what is no schema but a Boolean.
        case schema, schemaOrFlag
        case parameter
        /// A parameter or a reference to one.
        case parameterOrReference
    }

    private struct Part: Sendable {
        let number: Int
        let form: Form

        init(_ number: Int, _ form: Form) {
            self.number = number
            self.form = form
        }
    }

    /// The member that stands for all members whose name begins with `x-`.
    private static let extensions = "x-"

    private static func message(_ json: JSON, _ parts: [String: Part]) -> ProtobufWriter {
        var writer = ProtobufWriter()
        for member in json.object?.members ?? [] {
            if let part = parts[member.key] {
                write(member.value, part.number, part.form, &writer)
            } else if member.key.hasPrefix(extensions), let part = parts[extensions] {
                writer.write(part.number, pair(member, .any).bytes)
            }
        }
        return writer
    }

    private static func write(_ json: JSON, _ number: Int, _ form: Form, _ writer: inout ProtobufWriter) {
        switch form {
        case .text: writer.write(number, (json.string ?? "").utf8)
        case .integer: writer.write(number, json.int ?? 0)
        case .number: writer.write(number, json.double ?? 0)
        case .flag: writer.write(number, json == true ? Int64(1) : 0)
        case .list(let element): for value in json.array ?? [json] { write(value, number, element, &writer) }
        default: writer.write(number, content(json, form).bytes)
        }
    }

    /// The bytes of a value that is a message.
    private static func content(_ json: JSON, _ form: Form) -> ProtobufWriter {
        var writer = ProtobufWriter()
        switch form {
        case .any: writer.write(2, json.serialized())
        case .message(let parts): return message(json, parts)
        case .inside(let number, let inner): write(json, number, inner, &writer)
        case .map(let value, let number):
            for member in json.object?.members ?? [] { writer.write(number, pair(member, value).bytes) }
        case .schema: return message(json, schema)
        case .schemaOrFlag: write(json, json.object == nil ? 2 : 1, json.object == nil ? .flag : .schema, &writer)
        case .parameter: return parameter(json)
        case .parameterOrReference:
            if json["$ref"] == nil { write(json, 1, .parameter, &writer) } else { write(json, 2, .message(reference), &writer) }
        case .text, .integer, .number, .flag, .list: write(json, 1, form, &writer)
        }
        return writer
    }

    private static func pair(_ member: JSONObject.Member, _ form: Form) -> ProtobufWriter {
        var writer = ProtobufWriter()
        writer.write(1, member.key.utf8)
        write(member.value, 2, form, &writer)
        return writer
    }

    /// Where a parameter stands decides its message.
    private static func parameter(_ json: JSON) -> ProtobufWriter {
        switch json["in"]?.string {
        case "body": content(json, .inside(1, .message(bodyParameter)))
        case "header": content(json, .inside(2, .inside(1, .message(pathParameter))))
        case "path": content(json, .inside(2, .inside(4, .message(pathParameter))))
        default: content(json, .inside(2, .inside(3, .message(queryParameter))))
        }
    }

    // MARK: - Messages

    private static let document: [String: Part] = [
        "swagger": Part(1, .text),
        "info": Part(2, .message(["title": Part(1, .text), "version": Part(2, .text), "description": Part(3, .text)])),
        "host": Part(3, .text), "basePath": Part(4, .text), "schemes": Part(5, .list(.text)), "consumes": Part(6, .list(.text)),
        "produces": Part(7, .list(.text)), "paths": Part(8, .map(.message(path), number: 2)), "definitions": Part(9, .map(.schema)),
        "parameters": Part(10, .map(.parameter)), "security": Part(12, .list(.map(.inside(1, .list(.text))))),
        "securityDefinitions": Part(13, .map(.inside(2, .message(security)))), extensions: Part(16, .any),
    ]

    private static let path: [String: Part] = [
        "get": Part(2, .message(operation)), "put": Part(3, .message(operation)), "post": Part(4, .message(operation)),
        "delete": Part(5, .message(operation)), "options": Part(6, .message(operation)), "head": Part(7, .message(operation)),
        "patch": Part(8, .message(operation)), "parameters": Part(9, .list(.parameterOrReference)), extensions: Part(10, .any),
    ]

    private static let operation: [String: Part] = [
        "tags": Part(1, .list(.text)), "summary": Part(2, .text), "description": Part(3, .text), "operationId": Part(5, .text),
        "produces": Part(6, .list(.text)), "consumes": Part(7, .list(.text)), "parameters": Part(8, .list(.parameterOrReference)),
        "responses": Part(9, .map(.inside(1, .message(response)))), "schemes": Part(10, .list(.text)), "deprecated": Part(11, .flag),
        extensions: Part(13, .any),
    ]

    private static let response: [String: Part] = [
        "description": Part(1, .text), "schema": Part(2, .inside(1, .schema)), extensions: Part(5, .any),
    ]

    private static let reference: [String: Part] = ["$ref": Part(1, .text), "description": Part(2, .text)]

    private static let security: [String: Part] = [
        "type": Part(1, .text), "name": Part(2, .text), "in": Part(3, .text), "description": Part(4, .text), extensions: Part(5, .any),
    ]

    private static let bodyParameter: [String: Part] = [
        "description": Part(1, .text), "name": Part(2, .text), "in": Part(3, .text), "required": Part(4, .flag), "schema": Part(5, .schema),
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
        "$ref": Part(1, .text), "format": Part(2, .text), "title": Part(3, .text), "description": Part(4, .text), "default": Part(5, .any),
        "multipleOf": Part(6, .number), "maximum": Part(7, .number), "exclusiveMaximum": Part(8, .flag), "minimum": Part(9, .number),
        "exclusiveMinimum": Part(10, .flag), "maxLength": Part(11, .integer), "minLength": Part(12, .integer), "pattern": Part(13, .text),
        "maxItems": Part(14, .integer), "minItems": Part(15, .integer), "uniqueItems": Part(16, .flag), "maxProperties": Part(17, .integer),
        "minProperties": Part(18, .integer), "required": Part(19, .list(.text)), "enum": Part(20, .list(.any)),
        "additionalProperties": Part(21, .schemaOrFlag), "type": Part(22, .inside(1, .list(.text))), "items": Part(23, .inside(1, .schema)),
        "allOf": Part(24, .list(.schema)), "properties": Part(25, .map(.schema)), "readOnly": Part(27, .flag), "example": Part(30, .any),
        extensions: Part(31, .any),
    ]
}
