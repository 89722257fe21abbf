package import Machinery

extension Value {
    /// As JSON; nil for values that have no form there, such as types.
    package var json: JSON? {
        switch self {
        case .null: .null
        case .bool(let value): .bool(value)
        case .int(let value): .int(value)
        case .uint(let value): Int64(exactly: value).map { .int($0) } ?? .number(String(value))
        case .double(let value):
            value.isFinite ? Int64(exactly: value).map { .int($0) } ?? .number(GoFloat.printed(value)) : nil
        case .string(let text): .string(text)
        case .bytes(let bytes): .string(Base64Text.encode(bytes))
        case .timestamp, .duration: .string(plainText)
        case .jsonList(let elements, _): .array(elements)
        case .jsonMap(let object, _): .object(object)
        case .list(let values): Self.list(values)
        case .map(let map): Self.object(map.entries)
        case .object(let object):
            if let made = object as? ConstructedValue { Self.object(made.fields.map { (.string($0.name), $0.value) }) } else { nil }
        case .type, .optional: nil
        }
    }

    private static func list(_ values: [Value]) -> JSON? {
        var elements: [JSON] = []
        for value in values {
            guard let json = value.json else { return nil }
            elements.append(json)
        }
        return .array(elements)
    }

    private static func object(_ entries: [(key: Value, value: Value)]) -> JSON? {
        var object: JSON = [:]
        for (key, value) in entries {
            guard case .string(let name) = key, let json = value.json else { return nil }
            object[name] = json
        }
        return object
    }

    /// The elements of a list; nil for any other value.
    package var elements: [Value]? { ListView(self)?.values }
}
