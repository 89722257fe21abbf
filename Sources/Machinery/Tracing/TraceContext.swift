/// The context of a trace as requests carry it: `00-TRACE-PARENT-FLAGS`. Source: W3C Trace Context.
package struct TraceContext: Sendable, Equatable {
    package let trace: String
    package let parent: String
    package let flags: String

    /// nil for a field that is none; then a new trace begins.
    package init?(_ field: String?) {
        let parts: [Substring] = (field ?? "").split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0].utf8.count == 2, parts[0] != "ff", parts[0] != "00" || parts.count == 4,
            Self.isHex(parts[1], 32), Self.isHex(parts[2], 16), parts[3].utf8.count == 2
        else { return nil }
        trace = String(parts[1])
        parent = String(parts[2])
        flags = String(parts[3])
    }

    package init() {
        trace = Self.random(2)
        parent = ""
        flags = "01"
    }

    package func field(span: String) -> String { "00-\(trace)-\(span)-\(flags)" }

    package static func newSpan() -> String { random(1) }

    private static func random(_ words: Int) -> String {
        (0..<words).map { _ in
            let text = String(UInt64.random(in: 1...UInt64.max), radix: 16)
            return String(repeating: "0", count: 16 - text.utf8.count) + text
        }.joined()
    }

    private static func isHex(_ text: Substring, _ count: Int) -> Bool {
        text.utf8.count == count && text.utf8.contains { $0 != 0x30 }
            && text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 || $0 >= 0x61 && $0 <= 0x66 }
    }
}
