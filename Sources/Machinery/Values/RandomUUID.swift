import Glibc
import Synchronization

/// Names that nothing else has: random UUIDs, version 4 of RFC 9562.
///
/// The kernel is asked for the bits of sixteen at a time, as a system call costs more than all the rest.
package enum RandomUUID {
    /// `f81d4fae-7dec-41d0-a765-00a0c91e6bf6`, another one each time.
    package static func text() -> String {
        let (high, low): (UInt64, UInt64) = bits.withLock { $0.take() }
        return text(high, low)
    }

    /// The UUID that these bits make.
    package static func text(_ high: UInt64, _ low: UInt64) -> String {
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

    private static let bits = Mutex(Bits())

    /// Random numbers ahead of their use; each is given once.
    private struct Bits {
        private var words: [UInt64] = []

        mutating func take() -> (UInt64, UInt64) {
            if words.count < 2 { fill() }
            return (words.removeLast(), words.removeLast())
        }

        private mutating func fill() {
            words = [UInt64](repeating: 0, count: 32)
            // It gives up to 256 bytes or fails, which it does not once the system is up.
            if words.withUnsafeMutableBytes({ getentropy($0.baseAddress, $0.count) }) != 0 {
                for index in words.indices { words[index] = .random(in: .min ... .max) }
            }
        }
    }
}
