import Machinery

/// Path elements in the form of FieldsV1, and their text in conflicts.
enum FieldPath {
    static func member(_ name: String) -> String { "f:" + name }

    static func value(_ value: JSON) -> String { "v:" + value.text() }

    static func index(_ index: Int) -> String { "i:\(index)" }

    /// The element of a list of objects by the members that identify it; nil when one of them is absent and has no default.
    static func element(_ element: JSON, keys: [String], schema: ObjectSchema?) -> String? {
        guard case .object(let object) = element else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(64)
        bytes += "k:".utf8
        // In the order of their names, as Go writes maps.
        for (index, key) in (keys.count > 1 ? keys.sorted() : keys).enumerated() {
            guard let value: JSON = object[key] ?? schema?[key]?.defaultValue, !value.isNull else { return nil }
            bytes.append(UInt8(ascii: index == 0 ? "{" : ","))
            JSON.string(key).append(to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            value.append(to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `.spec.containers[name="web"].ports[containerPort=80,protocol="TCP"]`
    static func text(_ path: [String]) -> String { path.map(text(element:)).joined() }

    static func text(element: String) -> String {
        let rest = String(element.dropFirst(2))
        switch element.utf8.first {
        case UInt8(ascii: "f"): return "." + rest
        case UInt8(ascii: "i"): return "[" + rest + "]"
        case UInt8(ascii: "v"): return "[=" + rest + "]"
        default:
            guard case .object(let keys)? = try? JSON(parsing: rest) else { return "[" + rest + "]" }
            return "[" + keys.members.map { $0.key + "=" + $0.value.text() }.joined(separator: ",") + "]"
        }
    }
}
