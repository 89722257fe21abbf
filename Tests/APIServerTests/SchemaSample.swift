import Machinery

/// Makes an object in which every declared field has a value that is not its zero.
struct SchemaSample {
    /// Deeper objects stay away: some types contain themselves.
    private static let deepest = 14

    static func object(_ schema: ObjectSchema, within outer: [String] = []) -> JSON {
        var object: JSON = [:]
        for field in schema.fields where field.number > 0 {
            if let value = value(field.type, within: outer + [schema.name]) { object[field.name] = value }
        }
        return object
    }

    private static func value(_ type: TypeSchema, within outer: [String]) -> JSON? {
        switch type {
        case .boolean: true
        case .int32: -7
        case .int64: 1_099_511_627_776
        case .double: .number("1.5")
        case .string: "tëxt \"with\"\n\u{1}escapes"
        case .base64: "AP8Q"
        case .quantity: "1500m"
        case .intOrString: outer.count.isMultiple(of: 2) ? "25%" : 8
        case .time: "2026-06-01T12:00:01Z"
        case .microTime: "2026-06-01T12:00:01.000250Z"
        case .any: ["f:a": [1, "b", nil, ["c": .number("1.25")]]]
        case .union(let union):
            union.forms.isEmpty ? ["f:b": true] : union.forms.lazy.compactMap { value($0.type, within: outer) }.first
        case .object(let reference):
            outer.count > deepest || outer.contains(reference.schema.name) ? nil : object(reference.schema, within: outer)
        case .list(let element): value(element, within: outer).map { .array([$0, $0]) }
        case .map(let element): value(element, within: outer).map { ["one": $0, "two/\"2\"": $0] }
        }
    }
}
