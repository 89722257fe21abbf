import HTTP

/// The name of one request, by which a client can tell it to whoever reads the server's records: its own, or a fresh UUID.
///
/// Source: k8s.io/apiserver/pkg/endpoints/filters/audit_init.go.
enum AuditID {
    private static let longest = 64

    static func of(_ request: HTTPRequest) -> String {
        if let given = request.headers["audit-id"], !given.isEmpty, given.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
            return String(given.prefix(longest))
        }
        return fresh(UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))
    }

    /// A random UUID (version 4 of RFC 9562) of these bits.
    static func fresh(_ high: UInt64, _ low: UInt64) -> String {
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
