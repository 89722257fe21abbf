/// Values as Go's `fmt.Sprint` shows them.
public enum GoText {
    public static func of(_ json: JSON) -> String {
        switch json {
        case .null: "<nil>"
        case .bool(let value): value ? "true" : "false"
        case .int(let value): String(value)
        case .number(let text): text
        case .string(let text): text
        case .array(let elements): "[" + elements.map(of).joined(separator: " ") + "]"
        case .object(let object): "map[" + object.sorted().map { "\($0.key):\(of($0.value))" }.joined(separator: " ") + "]"
        }
    }
}

extension GoText {
    /// The value as an expression of Go: `map[string]interface {}{"a":1}`, as `%#v` writes it.
    static func syntax(of json: JSON) -> String {
        switch json {
        case .null: "interface {}(nil)"
        case .bool, .int, .number: of(json)
        case .string(let text): JSON.quoted(text)
        case .array(let elements): "[]interface {}{" + elements.map(syntax).joined(separator: ", ") + "}"
        case .object(let object):
            "map[string]interface {}{" + object.sorted().map { "\(JSON.quoted($0.key)):\(syntax(of: $0.value))" }.joined(separator: ", ")
                + "}"
        }
    }
}

extension JSON {
    /// The same with the members of all objects in the order of their names, as Go writes maps.
    public var sortedByKey: JSON {
        switch self {
        case .array(let elements): .array(elements.map(\.sortedByKey))
        case .object(let object):
            .object(JSONObject(members: object.sorted().map { JSONObject.Member(key: $0.key, value: $0.value.sortedByKey) }))
        default: self
        }
    }

    /// The type that Go's decoder gives the value.
    package var goType: String {
        switch self {
        case .null: "<nil>"
        case .bool: "bool"
        case .int: "int64"
        case .number: "float64"
        case .string: "string"
        case .array: "[]interface {}"
        case .object: "map[string]interface {}"
        }
    }
}
