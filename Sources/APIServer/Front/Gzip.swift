/// Compresses large answers. Fast rather than small: fixed codes, and one place to look back to for each four bytes; JSON shrinks to a
/// sixth or so.
///
/// Source: RFC 1951 (deflate) and RFC 1952 (gzip).
enum Gzip {
    /// The bytes as one gzip member.
    static func compress(_ bytes: [UInt8]) -> [UInt8] {
        // A literal takes nine bits at most; matches only shorten.
        let most: Int = bytes.count + bytes.count / 8 + 64
        return Array(unsafeUninitializedCapacity: most) { buffer, count in
            guard let start = buffer.baseAddress else { return }
            var out = BitWriter(start)
            for byte in header { out.put(UInt64(byte), 8) }
            bytes.withUnsafeBufferPointer { deflate($0, &out) }
            out.align()
            out.put(UInt64(CRC32.of(bytes)), 32)
            out.put(UInt64(UInt32(truncatingIfNeeded: bytes.count)), 32)
            count = out.finish() - start
        }
    }

    /// Magic, deflate, no flags, no time, fastest, Unix.
    private static let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 4, 3]

    /// One block with the codes that every reader knows.
    private static func deflate(_ bytes: UnsafeBufferPointer<UInt8>, _ out: inout BitWriter) {
        let raw = UnsafeRawBufferPointer(bytes)
        /// Where each hash of four bytes was seen last, plus one.
        var seen: [Int32] = Array(repeating: 0, count: 1 << hashBits)
        out.put(0b011, 3)
        var at = 0
        codes.withUnsafeBufferPointer { codes in
            seen.withUnsafeMutableBufferPointer { seen in
                while at + 4 <= raw.count {
                    let four: UInt32 = raw.loadUnaligned(fromByteOffset: at, as: UInt32.self)
                    let slot = Int((four &* 2_654_435_761) >> (32 - UInt32(hashBits)))
                    let before = Int(seen[slot]) - 1
                    seen[slot] = Int32(truncatingIfNeeded: at + 1)
                    guard before >= 0, at - before <= 32_768, raw.loadUnaligned(fromByteOffset: before, as: UInt32.self) == four else {
                        out.put(codes[Int(raw[at])])
                        at += 1
                        continue
                    }
                    var length = 4
                    let longest: Int = min(258, raw.count - at)
                    while length < longest, raw[before + length] == raw[at + length] { length += 1 }
                    put(length: length, distance: at - before, codes, &out)
                    at += length
                }
                while at < raw.count {
                    out.put(codes[Int(raw[at])])
                    at += 1
                }
                out.put(codes[256])
            }
        }
    }

    private static let hashBits = 15

    private static func put(length: Int, distance: Int, _ codes: UnsafeBufferPointer<BitWriter.Code>, _ out: inout BitWriter) {
        let (lengthCode, lengthExtra): (Int, Int) = length == 258 ? (28, 0) : bucket(length - 3, split: 4)
        out.put(codes[257 + lengthCode])
        out.put(UInt64((length - 3) & ((1 << lengthExtra) - 1)), lengthExtra)
        let (distanceCode, distanceExtra): (Int, Int) = bucket(distance - 1, split: 2)
        out.put(UInt64(reversed(distanceCode, 5)), 5)
        out.put(UInt64((distance - 1) & ((1 << distanceExtra) - 1)), distanceExtra)
    }

    /// The code of a number and how many bits follow it: each power of two has `split` codes.
    private static func bucket(_ number: Int, split: Int) -> (code: Int, extra: Int) {
        guard number >= split * 2 else { return (number, 0) }
        let extra: Int = Int.bitWidth - 1 - number.leadingZeroBitCount - split.trailingZeroBitCount
        return (split * extra + number >> extra, extra)
    }

    /// Of the bytes, the end (256) and the lengths (257…).
    private static let codes: [BitWriter.Code] = (0..<288).map { symbol in
        switch symbol {
        case 0..<144: BitWriter.Code(bits: reversed(0x30 + symbol, 8), count: 8)
        case 144..<256: BitWriter.Code(bits: reversed(0x190 + symbol - 144, 9), count: 9)
        case 256..<280: BitWriter.Code(bits: reversed(symbol - 256, 7), count: 7)
        default: BitWriter.Code(bits: reversed(0xC0 + symbol - 280, 8), count: 8)
        }
    }

    /// Codes stand with their first bit lowest.
    private static func reversed(_ code: Int, _ count: Int) -> UInt32 {
        (0..<count).reduce(0) { $0 | UInt32(code >> $1 & 1) << UInt32(count - 1 - $1) }
    }
}

/// Writes bits, the lowest first. The memory must have room for all.
private struct BitWriter {
    struct Code {
        let bits: UInt32
        let count: Int
    }

    private var out: UnsafeMutablePointer<UInt8>
    private var held: UInt64 = 0
    private var count = 0

    init(_ out: UnsafeMutablePointer<UInt8>) { self.out = out }

    @inline(__always)
    mutating func put(_ code: Code) { put(UInt64(code.bits), code.count) }

    /// At most 32 bits.
    @inline(__always)
    mutating func put(_ bits: UInt64, _ number: Int) {
        held |= bits << UInt64(count)
        count += number
        while count >= 8 {
            out.initialize(to: UInt8(truncatingIfNeeded: held))
            out += 1
            held >>= 8
            count -= 8
        }
    }

    /// On to the next whole byte.
    mutating func align() { if count > 0 { put(0, 8 - count) } }

    /// Where the last byte ends.
    func finish() -> UnsafeMutablePointer<UInt8> { out }
}

/// The checksum of gzip. Source: RFC 1952, section 8.
private enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { sum, _ in sum & 1 == 1 ? 0xEDB8_8320 ^ sum >> 1 : sum >> 1 }
    }

    static func of(_ bytes: [UInt8]) -> UInt32 {
        table.withUnsafeBufferPointer { table in
            ~bytes.reduce(~0 as UInt32) { sum, byte in table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] ^ sum >> 8 }
        }
    }
}
