/// A type that a ``Field`` can have: how its values are read from and written to the tree.
///
/// Reading never fails: the tree was decoded against the schema. What is absent or of another type reads as the zero value, as in Go.
public protocol FieldValue {
    /// What a reader of the field gets.
    associatedtype Reading: Sendable
    static var schema: TypeSchema { get }
    static var isOptional: Bool { get }
    static func read(_ json: JSON?) -> Reading
    /// nil removes the member.
    static func write(_ reading: Reading) -> JSON?
}

extension FieldValue {
    public static var isOptional: Bool { false }
}

extension Bool: FieldValue {
    public static var schema: TypeSchema { .boolean }
    public static func read(_ json: JSON?) -> Bool { json?.bool ?? false }
    public static func write(_ reading: Bool) -> JSON? { .bool(reading) }
}

extension String: FieldValue {
    public static var schema: TypeSchema { .string }
    public static func read(_ json: JSON?) -> String { json?.string ?? "" }
    public static func write(_ reading: String) -> JSON? { .string(reading) }
}

/// 32 bits on the wire, `Int` in the hand.
extension Int32: FieldValue {
    public static var schema: TypeSchema { .int32 }
    public static func read(_ json: JSON?) -> Int { Int(json?.int ?? 0) }
    public static func write(_ reading: Int) -> JSON? { .int(Int64(reading)) }
}

extension Int64: FieldValue {
    public static var schema: TypeSchema { .int64 }
    public static func read(_ json: JSON?) -> Int { Int(json?.int ?? 0) }
    public static func write(_ reading: Int) -> JSON? { .int(Int64(reading)) }
}

extension Double: FieldValue {
    public static var schema: TypeSchema { .double }
    public static func read(_ json: JSON?) -> Double { json?.double ?? 0 }
    public static func write(_ reading: Double) -> JSON? { .number(reading.description) }
}

/// Any JSON, kept as it is.
extension JSON: FieldValue {
    public static var schema: TypeSchema { .any }
    public static func read(_ json: JSON?) -> JSON { json ?? .null }
    public static func write(_ reading: JSON) -> JSON? { reading.isNull ? nil : reading }
}

/// Marks a field that holds bytes as base64 text; it reads as that text.
public enum Base64: FieldValue {
    public static var schema: TypeSchema { .base64 }
    public static func read(_ json: JSON?) -> String { json?.string ?? "" }
    public static func write(_ reading: String) -> JSON? { .string(reading) }
}

extension Quantity: FieldValue {
    public static var schema: TypeSchema { .quantity }
    public static func read(_ json: JSON?) -> Quantity {
        switch json {
        case .string(let text)?, .number(let text)?: (try? Quantity(text)) ?? Quantity(0)
        case .int(let number)?: Quantity(number)
        default: Quantity(0)
        }
    }
    public static func write(_ reading: Quantity) -> JSON? { .string(reading.description) }
}

extension IntOrString: FieldValue {
    public static var schema: TypeSchema { .intOrString }
    public static func read(_ json: JSON?) -> IntOrString {
        json.flatMap { IntOrString($0) } ?? .int(0)
    }
    public static func write(_ reading: IntOrString) -> JSON? { reading.json }
}

/// Times are declared optional (`Field<Time?>`): Go's zero time is absence.
extension Time: FieldValue {
    public static var schema: TypeSchema { .time }
    public static func read(_ json: JSON?) -> Time { json?.string.flatMap { Time($0) } ?? Time.epoch }
    public static func write(_ reading: Time) -> JSON? { .string(reading.description) }
}

extension MicroTime: FieldValue {
    public static var schema: TypeSchema { .microTime }
    public static func read(_ json: JSON?) -> MicroTime { json?.string.flatMap { MicroTime($0) } ?? MicroTime.epoch }
    public static func write(_ reading: MicroTime) -> JSON? { .string(reading.description) }
}

extension Optional: FieldValue where Wrapped: FieldValue {
    public static var schema: TypeSchema { Wrapped.schema }
    public static var isOptional: Bool { true }
    public static func read(_ json: JSON?) -> Wrapped.Reading? {
        guard let json, !json.isNull else { return nil }
        return Wrapped.read(json)
    }
    public static func write(_ reading: Wrapped.Reading?) -> JSON? { reading.flatMap { Wrapped.write($0) } }
}

extension Array: FieldValue where Element: FieldValue {
    public static var schema: TypeSchema { .list(Element.schema) }
    public static func read(_ json: JSON?) -> [Element.Reading] { json?.array?.map { Element.read($0) } ?? [] }
    public static func write(_ reading: [Element.Reading]) -> JSON? { .array(reading.compactMap { Element.write($0) }) }
}

/// Maps with string keys.
extension Dictionary: FieldValue where Key == String, Value: FieldValue {
    public static var schema: TypeSchema { .map(Value.schema) }
    public static func read(_ json: JSON?) -> [String: Value.Reading] {
        guard let object = json?.object else { return [:] }
        // Texts of other bytes may be the same to Swift; who reads a map so sees one of them, and no map that may hold such keys is written so.
        return [String: Value.Reading](object.members.map { ($0.key, Value.read($0.value)) }, uniquingKeysWith: { first, _ in first })
    }
    public static func write(_ reading: [String: Value.Reading]) -> JSON? {
        .object(
            JSONObject(
                members: reading.sorted { $0.key < $1.key }.compactMap { key, value in
                    Value.write(value).map { JSONObject.Member(key: key, value: $0) }
                }))
    }
}
