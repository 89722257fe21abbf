package import Machinery

/// What an optional holds.
package indirect enum Held: Sendable {
    case none
    case some(Value)
}

/// A value while an expression is evaluated. What came as JSON stays JSON until a part of it is asked for.
package enum Value: Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case uint(UInt64)
    case double(Double)
    case string(String)
    case bytes([UInt8])
    /// Seconds since 1970-01-01T00:00:00Z and nanoseconds from then on.
    case timestamp(Int64, Int32)
    /// In nanoseconds.
    case duration(Int64)
    case list([Value])
    /// A list as it came, and what its elements are.
    case jsonList([JSON], Declaration)
    case map(MapValue)
    /// An object or a map as it came, and what it is declared as.
    case jsonMap(JSONObject, Declaration)
    /// By the type's name.
    case type(String)
    case optional(Held)
    /// Of a library; in a box, so that all other values are small.
    indirect case object(any OpaqueValue)

    /// An optional without a value.
    package static let noValue = Value.optional(.none)
    static func held(_ value: Value) -> Value { .optional(.some(value)) }
}

/// A value of a library's type.
package protocol OpaqueValue: Sendable {
    var typeName: String { get }
    func isEqual(to other: any OpaqueValue) -> Bool
}

/// An object whose fields are made by Swift when they are asked for.
package protocol FieldedValue: OpaqueValue {
    /// nil without such a field.
    func field(_ name: String, _ frame: Frame) throws(EvaluationError) -> Value?
}

/// Why an expression has no value.
package struct EvaluationError: Error, Sendable, CustomStringConvertible {
    package enum Kind: Sendable {
        case failed
        /// Arguments that no overload of a function takes.
        case noOverload
        /// The expression cost more than it may.
        case tooExpensive
    }

    package let kind: Kind
    package let description: String

    package init(_ description: String, _ kind: Kind = .failed) {
        self.description = description
        self.kind = kind
    }

    static func noKey(_ key: Value) -> EvaluationError { EvaluationError("no such key: \(key.plainText)") }
    static let tooExpensive = EvaluationError("operation cancelled: actual cost limit exceeded", .tooExpensive)

    static func noOverload(_ function: String, _ arguments: [Value]) -> EvaluationError {
        let types: String = arguments.map(\.typeName).joined(separator: ", ")
        return EvaluationError("no such overload: \(function)(\(types))", .noOverload)
    }
}

extension Value {
    /// Reads JSON by its declaration. What does not fit is read as what it is.
    @inline(__always)
    package init(_ json: JSON, _ declaration: Declaration) {
        switch json {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .int(let value):
            if case .plain(.double) = declaration.form { self = .double(Double(value)) } else { self = .int(value) }
        case .number(let text): self = Value(number: text, declaration)
        case .string(let text):
            switch declaration.form {
            case .plain(.string), .dyn: self = .string(text)
            default: self = Value(text: text, declaration)
            }
        case .array(let elements): self = .jsonList(elements, declaration.element ?? .dyn)
        case .object(let object): self = .jsonMap(object, declaration)
        }
    }

    private init(number text: String, _ declaration: Declaration) {
        let value: Double = Double(text) ?? .nan
        if case .plain(.int) = declaration.form, let whole = Int64(exactly: value) { self = .int(whole) } else { self = .double(value) }
    }

    private init(text: String, _ declaration: Declaration) {
        guard case .plain(let type) = declaration.form else {
            self = .string(text)
            return
        }
        switch type {
        case .bytes: self = Base64Text.decode(text).map { .bytes($0) } ?? .string(text)
        case .timestamp:
            let full: String = text.utf8.count == 10 ? text + "T00:00:00Z" : text
            self = TimestampText.read(full).map { .timestamp($0.seconds, $0.nanoseconds) } ?? .string(text)
        case .duration: self = (try? GoDuration.parse(text)).map { .duration($0.nanoseconds) } ?? .string(text)
        default: self = .string(text)
        }
    }

    /// As errors and `type()` name it.
    package var typeName: String {
        switch self {
        case .null: "null_type"
        case .bool: "bool"
        case .int: "int"
        case .uint: "uint"
        case .double: "double"
        case .string: "string"
        case .bytes: "bytes"
        case .timestamp: "google.protobuf.Timestamp"
        case .duration: "google.protobuf.Duration"
        case .list, .jsonList: "list"
        case .map: "map"
        case .jsonMap(_, let declaration): if case .object = declaration.form { declaration.name } else { "map" }
        case .type: "type"
        case .optional: "optional_type"
        case .object(let object): object.typeName
        }
    }

    /// For messages: a text without quotes, a number as it is written.
    package var plainText: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .int(let value): String(value)
        case .uint(let value): String(value)
        case .double(let value): GoFloat.printed(value)
        case .string(let text), .type(let text): text
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .timestamp(let seconds, let nanoseconds): TimestampText.text(seconds, nanoseconds)
        case .duration(let nanoseconds): DurationText.text(nanoseconds)
        default: typeName
        }
    }
}

/// A map that an expression made, in the order in which it was made.
package final class MapValue: Sendable {
    /// What tells entries apart: numbers of the same worth are the same key.
    package enum Key: Hashable, Sendable {
        case bool(Bool)
        case int(Int64)
        case uint(UInt64)
        case string(ExactText)

        package init?(_ value: Value) {
            switch value {
            case .bool(let value): self = .bool(value)
            case .int(let value): self = .int(value)
            case .uint(let value): self = Int64(exactly: value).map { .int($0) } ?? .uint(value)
            case .double(let value):
                if let whole = Int64(exactly: value) {
                    self = .int(whole)
                } else if let whole = UInt64(exactly: value) {
                    self = .uint(whole)
                } else {
                    return nil
                }
            case .string(let text): self = .string(ExactText(text))
            default: return nil
            }
        }
    }

    package let entries: [(key: Value, value: Value)]
    private let indexes: [Key: Int]
    /// What other keys lead to.
    private let fallback: Value?

    /// - Parameters:
    ///   - indexes: where each key stands.
    ///   - fallback: what other keys lead to; nil for nothing.
    init(_ entries: [(key: Value, value: Value)], _ indexes: [Key: Int], fallback: Value? = nil) {
        self.entries = entries
        self.indexes = indexes
        self.fallback = fallback
    }

    package subscript(key: Value) -> Value? { Key(key).flatMap { indexes[$0] }.map { entries[$0].value } ?? fallback }
}

/// A map in the making.
struct MapBuilder {
    private(set) var entries: [(key: Value, value: Value)] = []
    private var indexes: [MapValue.Key: Int] = [:]

    mutating func insert(_ key: Value, _ value: Value) throws(EvaluationError) {
        switch key {
        case .bool, .int, .uint, .string: break
        default: throw EvaluationError("unsupported key type: \(key.typeName)")
        }
        guard let name = MapValue.Key(key) else { throw EvaluationError("unsupported key type: \(key.typeName)") }
        guard indexes.updateValue(entries.count, forKey: name) == nil else {
            throw EvaluationError("insert failed: key '\(key.plainText)' already exists")
        }
        entries.append((key, value))
    }

    var value: Value { .map(MapValue(entries, indexes)) }
}
