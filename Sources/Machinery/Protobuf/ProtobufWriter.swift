/// Writes the wire format of Protocol Buffers, field by field. Source: protobuf.dev, "Encoding".
package struct ProtobufWriter {
    /// The message so far.
    package private(set) var bytes: [UInt8] = []

    package init() {}

    /// A varint: integers and booleans.
    package mutating func write(_ number: Int, _ value: Int64) {
        append(UInt64(number) << 3)
        append(UInt64(bitPattern: value))
    }

    /// A double, eight bytes.
    package mutating func write(_ number: Int, _ value: Double) {
        append(UInt64(number) << 3 | 1)
        for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt64(shift))) }
    }

    /// A text, or a message that is written already.
    package mutating func write(_ number: Int, _ content: some Collection<UInt8>) {
        append(UInt64(number) << 3 | 2)
        append(UInt64(content.count))
        bytes.append(contentsOf: content)
    }

    private mutating func append(_ varint: UInt64) {
        var rest: UInt64 = varint
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
