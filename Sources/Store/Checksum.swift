/// 64 bits over bytes and numbers, to tell a damaged row from a sound one. Not for secrets.
///
/// Eight bytes a step: multiply, then fold the high half down, so that each bit reaches all others in two steps. SQLite checks its
/// write-ahead log but not its pages, so a flipped bit in a value would be served as an object.
struct Checksum {
    private(set) var value: UInt64 = 0x9E37_79B9_7F4A_7C15

    mutating func add(_ word: UInt64) {
        let mixed: UInt64 = (value ^ word) &* 0xFF51_AFD7_ED55_8CCD
        value = mixed ^ (mixed >> 32)
    }

    /// Adds the length and the bytes, the last word filled up with zeros.
    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        add(UInt64(bytes.count))
        var offset: Int = 0
        while offset + 8 <= bytes.count {
            add(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            offset += 8
        }
        guard offset < bytes.count else { return }
        var rest: UInt64 = 0
        for i in offset..<bytes.count { rest |= UInt64(bytes[i]) << UInt64(8 * (i - offset)) }
        add(rest)
    }
}
