/// The type of a value, as the checker knows it.
package indirect enum ValueType: Hashable, Sendable {
    case dyn
    case null
    case bool
    case int
    case uint
    case double
    case string
    case bytes
    case timestamp
    case duration
    /// The type of a type.
    case type(ValueType)
    case list(ValueType)
    case map(ValueType, ValueType)
    case optional(ValueType)
    /// An object with declared fields.
    case object(Declaration)
    /// A type of a library, such as `kubernetes.Quantity`.
    case opaque(String)
    /// A variable of a function's signature.
    case parameter(String)
    /// Stands for the type of what could not be checked; fits everywhere, so that one mistake is told once.
    case error

    /// As cel-go's messages name it.
    package var description: String {
        switch self {
        case .dyn: "dyn"
        case .null: "null"
        case .bool: "bool"
        case .int: "int"
        case .uint: "uint"
        case .double: "double"
        case .string: "string"
        case .bytes: "bytes"
        case .timestamp: "timestamp"
        case .duration: "duration"
        case .type(.dyn): "type"
        case .type(let inner): "type(\(inner.description))"
        case .list(let element): "list(\(element.description))"
        case .map(let key, let value): "map(\(key.description), \(value.description))"
        case .optional(let inner): "optional_type(\(inner.description))"
        case .object(let declaration): declaration.name
        case .opaque(let name): name
        case .parameter(let name): name
        case .error: "!error!"
        }
    }

    /// Of fixed size, whatever the value.
    var isScalar: Bool {
        switch self {
        case .bool, .int, .uint, .double, .timestamp, .duration: true
        case .optional(let inner): inner.isScalar
        default: false
        }
    }

    var isDynamic: Bool {
        switch self {
        case .dyn, .error: true
        default: false
        }
    }
}
