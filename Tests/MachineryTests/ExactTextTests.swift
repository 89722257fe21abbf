import Testing

@testable import Machinery

@Suite struct ExactTextTests {
    /// Texts of all the forms that a string has: short and long, ASCII and not, constants, parts of others, made byte by byte.
    private static var texts: [String] {
        let stem = "abcdefghijklmnopqrstuvwxyz\u{e9}"
        let parts: [String] = [0, 1, 7, 14, 15, 16, 17, 26].map { String(stem.prefix($0)) }
        let grown: [String] = parts.map { part in
            var text = ""
            text.reserveCapacity(100)
            for scalar in part.unicodeScalars { text.unicodeScalars.append(scalar) }
            return text
        }
        return parts + grown + parts.map { $0.replacing("a", with: "b") } + parts.map { String(decoding: Array($0.utf8), as: UTF8.self) }
            + ["", "a", "abcdefg", "\u{e9}", "e\u{301}", "abcdefghijklmno", "abcdefghijklmnop", "abcdefghijklmnoq", stem]
    }

    @Test func `texts are the same when their bytes are`() {
        for one in Self.texts {
            for other in Self.texts {
                #expect(one.isExactly(other) == (Array(one.utf8) == Array(other.utf8)), "\(one) and \(other)")
            }
        }
    }
}
