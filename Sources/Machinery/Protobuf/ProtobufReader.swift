/// The wire format of Protocol Buffers, read field by field. Source: protobuf.dev, "Encoding".
package struct ProtobufReader {
    /// What a field holds on the wire.
    package enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        case bytes(ArraySlice<UInt8>)
    }

    private var rest: ArraySlice<UInt8>

    package init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// The next field's number and value; nil at the end.
    package mutating func next() throws(ProtobufError) -> (number: Int, value: Value)? {
        guard !rest.isEmpty else { return nil }
        let tag: UInt64 = try varint()
        let number = Int(tag >> 3)
        guard number > 0 else { throw ProtobufError(description: "proto: illegal tag \(number) (wire type \(tag & 7))") }
        switch tag & 7 {
        case 0: return (number, .varint(try varint()))
        case 1: return (number, .fixed64(try fixed(8)))
        case 2:
            let count: UInt64 = try varint()
            guard count <= UInt64(rest.count) else { throw .unexpectedEnd }
            defer { rest = rest.dropFirst(Int(count)) }
            return (number, .bytes(rest.prefix(Int(count))))
        case 5: return (number, .fixed32(UInt32(truncatingIfNeeded: try fixed(4))))
        case let type: throw ProtobufError(description: "proto: illegal wireType \(type)")
        }
    }

    private mutating func varint() throws(ProtobufError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = rest.popFirst() else { throw .unexpectedEnd }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw ProtobufError(description: "proto: integer overflow")
    }

    private mutating func fixed(_ count: Int) throws(ProtobufError) -> UInt64 {
        guard rest.count >= count else { throw .unexpectedEnd }
        var value: UInt64 = 0
        for byte in rest.prefix(count).reversed() { value = value << 8 | UInt64(byte) }
        rest = rest.dropFirst(count)
        return value
    }
}

/// Bytes that are no message of the wanted type; the words are those of Go's decoder.
public struct ProtobufError: Error, Sendable, CustomStringConvertible {
    public let description: String

    static let unexpectedEnd = ProtobufError(description: "unexpected EOF")
}
