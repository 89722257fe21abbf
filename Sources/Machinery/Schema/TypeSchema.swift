/// The type of a field, without its Swift type: what decoding, validation, OpenAPI and protobuf work from.
public indirect enum TypeSchema: Sendable {
    case boolean
    case int32
    case int64
    case double
    case string
    /// Bytes, in JSON as base64.
    case base64
    case quantity
    case intOrString
    case time
    case microTime
    /// Any JSON, kept as it is.
    case any
    case object(SchemaReference)
    case union(UnionSchema)
    case list(TypeSchema)
    /// String keys.
    case map(TypeSchema)

    /// The object schema at the bottom of lists and maps; nil for plain values.
    public var innermostObject: ObjectSchema? {
        switch self {
        case .object(let reference): reference.schema
        case .list(let element), .map(let element): element.innermostObject
        default: nil
        }
    }

    /// The name of the Go type, as decoding errors show it.
    public var goName: String {
        switch self {
        case .boolean: "bool"
        case .int32: "int32"
        case .int64: "int64"
        case .double: "float64"
        case .string: "string"
        case .base64: "[]uint8"
        case .quantity: "resource.Quantity"
        case .intOrString: "intstr.IntOrString"
        case .time: "v1.Time"
        case .microTime: "v1.MicroTime"
        case .any: "interface {}"
        case .object(let reference): reference.schema.goName
        case .union(let union): union.goName
        case .list(let element): "[]" + element.goName
        case .map(let element): "map[string]" + element.goName
        }
    }
}

/// A schema that is looked up when it is needed, so that schemas may contain themselves.
public struct SchemaReference: Sendable {
    private let resolve: @Sendable () -> ObjectSchema

    public init(_ resolve: @escaping @Sendable () -> ObjectSchema) { self.resolve = resolve }

    public var schema: ObjectSchema { resolve() }
}
