/// Writes the wire format of Protocol Buffers, field by field, into one growing buffer. Source: protobuf.dev, "Encoding".
public struct ProtobufWriter {
    /// The message so far.
    public private(set) var bytes: [UInt8] = []

    public init() {}

    public init(capacity: Int) { bytes.reserveCapacity(capacity) }

    /// A varint: integers and booleans.
    public mutating func write(_ number: Int, _ value: Int64) {
        append(UInt64(number) << 3)
        append(UInt64(bitPattern: value))
    }

    /// A double, eight bytes.
    public mutating func write(_ number: Int, _ value: Double) { write(number, fixed: value.bitPattern) }

    /// A number of eight bytes.
    public mutating func write(_ number: Int, fixed value: UInt64) {
        append(UInt64(number) << 3 | 1)
        for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift))) }
    }

    /// A text, or a message that is written already.
    public mutating func write(_ number: Int, _ content: some Collection<UInt8>) {
        append(UInt64(number) << 3 | 2)
        append(UInt64(content.count))
        bytes.append(contentsOf: content)
    }

    /// Bytes outside of any field, such as the mark before an envelope.
    public mutating func write(raw content: some Collection<UInt8>) { bytes.append(contentsOf: content) }

    /// Begins a message whose fields follow; ``close(_:)`` with the result ends it.
    public mutating func open(_ number: Int) -> Int {
        append(UInt64(number) << 3 | 2)
        bytes.append(0)
        return bytes.count
    }

    /// Writes the length before the message that began at an offset. Most are shorter than 128 bytes and are not moved.
    public mutating func close(_ start: Int) {
        let length: Int = bytes.count - start
        guard length >= 0x80 else {
            bytes[start - 1] = UInt8(truncatingIfNeeded: length)
            return
        }
        let more: Int = (Int.bitWidth - length.leadingZeroBitCount + 6) / 7 - 1
        for _ in 0..<more { bytes.append(0) }
        bytes.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            (base + start + more).update(from: base + start, count: length)
            var rest: Int = length
            for offset in -1..<more {
                base[start + offset] = UInt8(truncatingIfNeeded: rest) | (offset == more - 1 ? 0 : 0x80)
                rest >>= 7
            }
        }
    }

    /// Writes how many bytes follow the first four into those.
    public mutating func setFrameLength() {
        let length: Int = bytes.count - 4
        for index in 0..<4 { bytes[index] = UInt8(truncatingIfNeeded: length >> (24 - 8 * index)) }
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
