import Machinery

/// The two versions of OpenAPI, where they differ.
enum OpenAPIDialect: Sendable {
    case version2
    case version3

    private var prefix: String { self == .version2 ? "#/definitions/" : "#/components/schemas/" }

    /// A reference alone.
    func reference(_ name: String) -> JSON { ["$ref": .string(prefix + name)] }

    /// A reference as the type of a field: in version 3 nothing may stand beside `$ref`.
    func fieldReference(_ name: String) -> JSONObject {
        self == .version2 ? ["$ref": .string(prefix + name)] : ["allOf": [reference(name)]]
    }

    /// The definition that a reference names.
    func name(of reference: String) -> String? {
        reference.hasPrefix(prefix) ? String(reference.dropFirst(prefix.count)) : nil
    }

    /// The type of a parameter, spread over the parameter or as its schema.
    func typed(_ parameter: JSONObject, _ type: String) -> JSONObject {
        var result: JSONObject = parameter
        let schema: JSONObject = ["type": .string(type), "uniqueItems": true]
        if self == .version2 {
            for member in schema.members { result[member.key] = member.value }
        } else {
            result["schema"] = .object(schema)
        }
        return result
    }
}
