/// Names that nothing else has: random UUIDs, version 4 of RFC 9562.
enum RandomUUID {
    /// `f81d4fae-7dec-41d0-a765-00a0c91e6bf6`, another one each time.
    static func text() -> String { text(UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max)) }

    /// The UUID that these bits make.
    static func text(_ high: UInt64, _ low: UInt64) -> String {
        let high: UInt64 = high & ~0xF000 | 0x4000
        let low: UInt64 = low & ~(0xC000 << 48) | 0x8000 << 48
        return String(unsafeUninitializedCapacity: 36) { text in
            var end = 0
            for (index, bits) in [high, low].enumerated() {
                for nibble in 0..<16 {
                    if index == 0 && (nibble == 8 || nibble == 12) || index == 1 && (nibble == 0 || nibble == 4) {
                        text[end] = UInt8(ascii: "-")
                        end += 1
                    }
                    let digit = UInt8(truncatingIfNeeded: bits >> (60 - 4 * nibble) & 15)
                    text[end] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
                    end += 1
                }
            }
            return end
        }
    }
}
