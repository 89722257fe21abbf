/// A JSON value as Kubernetes reads it: integers keep 64 bits, other numbers keep their text, objects keep their order.
///
/// Two objects are equal when they have the same members in any order.
package enum JSON: Sendable, Hashable {
    case null
    case bool(Bool)
    /// A number without fraction and exponent that fits 64 bits.
    case int(Int64)
    /// Any other number, in the text form it was read in; valid by RFC 8259.
    case number(String)
    case string(String)
    case array([JSON])
    case object(JSONObject)
}

extension JSON {
    package var isNull: Bool { if case .null = self { true } else { false } }
    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var int: Int64? { if case .int(let value) = self { value } else { nil } }
    package var string: String? { if case .string(let value) = self { value } else { nil } }
    package var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
    package var object: JSONObject? { if case .object(let value) = self { value } else { nil } }
    package var double: Double? {
        switch self {
        case .int(let value): Double(value)
        case .number(let text): Double(text)
        default: nil
        }
    }

    /// Absent, null, false, 0, "", [] or {}: what Go's `omitempty` leaves out.
    package var isEmpty: Bool {
        switch self {
        case .null: true
        case .bool(let value): !value
        case .int(let value): value == 0
        case .number(let text): Double(text) == 0
        case .string(let value): value.isEmpty
        case .array(let value): value.isEmpty
        case .object(let value): value.isEmpty
        }
    }

    /// The member of an object; nil when this is no object or has no such member. Setting nil removes the member;
    /// setting on anything but an object makes it one.
    package subscript(key: String) -> JSON? {
        get { if case .object(let object) = self { object[key] } else { nil } }
        set {
            guard case .object(var object) = self else {
                self = .object(newValue.map { [(key, $0)] } ?? [:])
                return
            }
            self = .null  // gives up the second reference, so that the change is made in place
            object[key] = newValue
            self = .object(object)
        }
    }

    /// The value at a path of member names; nil when any step is missing.
    package subscript(path: [String]) -> JSON? {
        get { path.reduce(Optional(self)) { $0?[$1] } }
        set {
            guard let first = path.first else { return self = newValue ?? .null }
            guard path.count > 1 else { return self[first] = newValue }
            var child: JSON = self[first] ?? .object([:])
            child[Array(path.dropFirst())] = newValue
            self[first] = child
        }
    }

    /// The type's name as Go's decoder says it in errors: `string`, `number`, `bool`, `array`, `object`, `null`.
    package var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "bool"
        case .int, .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}

extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral,
    ExpressibleByStringInterpolation, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(nilLiteral: ()) { self = .null }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(integerLiteral value: Int64) { self = .int(value) }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(arrayLiteral elements: JSON...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSON)...) { self = .object(JSONObject(elements)) }
}
