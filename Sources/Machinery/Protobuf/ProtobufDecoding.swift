/// Kubernetes' protobuf form of objects, read into trees by the numbers that the declarations carry.
///
/// Source: k8s.io/apimachinery/pkg/runtime/serializer/protobuf, and the generated .proto files.
public enum Protobuf {
    public static let mediaType = "application/vnd.kubernetes.protobuf"

    /// What an object's bytes begin with: `k8s` and a zero.
    static let magic: [UInt8] = [0x6B, 0x38, 0x73, 0x00]

    /// The envelope of an object: its apiVersion and kind, and the message itself.
    public static func envelope(_ bytes: [UInt8]) throws(ProtobufError) -> (apiVersion: String, kind: String, message: ArraySlice<UInt8>) {
        guard bytes.starts(with: magic) else {
            throw ProtobufError(description: "provided data does not appear to be a protobuf message, expected prefix \(magic)")
        }
        var reader = ProtobufReader(bytes[magic.count...])
        var apiVersion = ""
        var kind = ""
        var message: ArraySlice<UInt8> = []
        while let (number, value) = try reader.next() {
            guard case .bytes(let content) = value else { continue }
            switch number {
            case 1:
                var names = ProtobufReader(content)
                while let (number, value) = try names.next() {
                    guard case .bytes(let text) = value else { continue }
                    if number == 1 { apiVersion = String(decoding: text, as: UTF8.self) }
                    if number == 2 { kind = String(decoding: text, as: UTF8.self) }
                }
            case 2: message = content
            default: break
            }
        }
        return (apiVersion, kind, message)
    }
}

extension ObjectSchema {
    /// Reads a message of this type. Fields without a declaration are skipped, as Go does.
    public func decode(protobuf message: ArraySlice<UInt8>) throws(ProtobufError) -> JSON {
        try decode(protobuf: message, depth: 0)
    }

    fileprivate func decode(protobuf message: ArraySlice<UInt8>, depth: Int) throws(ProtobufError) -> JSON {
        guard depth < 100 else { throw ProtobufError(description: "proto: exceeded max recursion depth") }
        var object: JSON = [:]
        try read(message, within: 0, depth, into: &object)
        return object
    }

    /// - Parameter outer: the number of the message that protobuf nests and JSON does not; 0 for none. Numbers over 0xFFFF are of
    ///   fields in such a message: the outer number in the upper half.
    private func read(_ message: ArraySlice<UInt8>, within outer: Int, _ depth: Int, into object: inout JSON) throws(ProtobufError) {
        var reader = ProtobufReader(message)
        while let (number, value) = try reader.next() {
            if let field = fields.first(where: { $0.number == outer << 16 | number }) {
                try field.type.read(value, depth, into: &object[field.name])
            } else if fields.contains(where: { $0.number >> 16 == outer << 16 | number }), case .bytes(let inner) = value {
                try read(inner, within: outer << 16 | number, depth, into: &object)
            }
        }
    }
}

extension TypeSchema {
    /// Sets a value, or adds it where the field repeats.
    fileprivate func read(_ value: ProtobufReader.Value, _ depth: Int, into json: inout JSON?) throws(ProtobufError) {
        switch self {
        case .list(let element):
            var values: [JSON] = json?.array ?? []
            json = nil
            var one: JSON?
            try element.read(value, depth, into: &one)
            values.append(one ?? .null)
            json = .array(values)
        case .map(let element):
            guard case .bytes(let entry) = value else { throw Self.wrongType }
            var reader = ProtobufReader(entry)
            var key = ""
            var content: JSON?
            while let (number, value) = try reader.next() {
                if number == 1, case .bytes(let text) = value { key = String(decoding: text, as: UTF8.self) }
                if number == 2 { try element.readEntry(value, depth, into: &content) }
            }
            if json == nil { json = [:] }
            json?[key] = content ?? element.emptyValue
        default: json = try single(value, depth)
        }
    }

    /// The value of a map's entry: a list stands in a message of its own, as Go's generator makes it.
    private func readEntry(_ value: ProtobufReader.Value, _ depth: Int, into json: inout JSON?) throws(ProtobufError) {
        guard case .list = self else { return try read(value, depth, into: &json) }
        guard case .bytes(let list) = value else { throw Self.wrongType }
        var reader = ProtobufReader(list)
        while let (number, value) = try reader.next() {
            if number == 1 { try read(value, depth, into: &json) }
        }
    }

    private func single(_ value: ProtobufReader.Value, _ depth: Int) throws(ProtobufError) -> JSON {
        switch (self, value) {
        case (.boolean, .varint(let number)): return .bool(number != 0)
        case (.int32, .varint(let number)): return .int(Int64(Int32(truncatingIfNeeded: number)))
        case (.int64, .varint(let number)): return .int(Int64(bitPattern: number))
        case (.double, .fixed64(let bits)): return .number(Double(bitPattern: bits).description)
        case (.string, .bytes(let bytes)):
            guard let text = String(validating: bytes, as: UTF8.self) else { throw ProtobufError(description: "proto: invalid UTF-8") }
            return .string(text)
        case (.base64, .bytes(let bytes)): return .string(Base64Text.encode(Array(bytes)))
        case (.quantity, .bytes(let bytes)): return .string(try Self.fields(bytes).text(1))
        case (.intOrString, .bytes(let bytes)):
            let fields: Fields = try Self.fields(bytes)
            return fields.number(1) == 1 ? .string(fields.text(3)) : .int(Int64(Int32(truncatingIfNeeded: fields.number(2))))
        case (.time, .bytes(let bytes)):
            // Go writes its zero time as an empty message: there is none.
            let seconds: Int64 = try Self.fields(bytes).number(1)
            return seconds == 0 ? .null : Time(seconds: seconds).json
        case (.microTime, .bytes(let bytes)):
            let fields: Fields = try Self.fields(bytes)
            let microseconds: Int64 = fields.number(1) * 1_000_000 + fields.number(2) / 1000
            return microseconds == 0 ? .null : MicroTime(microseconds: microseconds).json
        case (.any, .bytes(let bytes)):
            // RawExtension and FieldsV1: JSON in the first field.
            guard case .bytes(let raw)? = try Self.fields(bytes).values[1] else { return .null }
            do {
                return try JSON(parsing: raw)
            } catch {
                throw ProtobufError(description: "\(error)")
            }
        case (.union(let union), .bytes(let bytes)):
            guard !union.forms.isEmpty else { return try TypeSchema.any.single(value, depth) }
            var json: JSON?
            var reader = ProtobufReader(bytes)
            // A form that is a value of its own outranks the flag before it: `allows` is written beside a schema too.
            while let (number, value) = try reader.next() {
                guard let form: UnionSchema.Form = union.forms.first(where: { $0.number == number }) else { continue }
                if json?.bool != nil { json = nil }
                try form.type.read(value, depth, into: &json)
            }
            return json ?? (union.forms.contains { if case .boolean = $0.type { true } else { false } } ? false : .null)
        case (.object(let reference), .bytes(let bytes)): return try reference.schema.decode(protobuf: bytes, depth: depth + 1)
        default: throw Self.wrongType
        }
    }

    private var emptyValue: JSON {
        switch self {
        case .string, .base64: ""
        case .list: []
        case .any, .union: .null
        default: [:]
        }
    }

    /// A small message as its fields by number.
    private struct Fields {
        var values: [Int: ProtobufReader.Value] = [:]

        func number(_ number: Int) -> Int64 {
            if case .varint(let value)? = values[number] { Int64(bitPattern: value) } else { 0 }
        }

        func text(_ number: Int) -> String {
            if case .bytes(let bytes)? = values[number] { String(decoding: bytes, as: UTF8.self) } else { "" }
        }
    }

    private static func fields(_ bytes: ArraySlice<UInt8>) throws(ProtobufError) -> Fields {
        var reader = ProtobufReader(bytes)
        var fields = Fields()
        while let (number, value) = try reader.next() { fields.values[number] = value }
        return fields
    }

    private static let wrongType = ProtobufError(description: "proto: wrong wireType")
}
