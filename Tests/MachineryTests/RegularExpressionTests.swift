import Machinery
import Testing

/// Outside source: the syntax of RE2, as Go's package regexp documents it.
@Suite struct RegularExpressionTests {
    static let matches: [(pattern: String, text: String, holds: Bool)] = [
        ("^a+$", "aaa", true), ("^a+$", "", false), ("a", "bab", true), ("^(ab|cd){2}$", "abcd", true), ("^(ab|cd){2}$", "ab", false),
        (#"^(\d+|\*)(/\d+)?(\s+(\d+|\*)(/\d+)?){4}$"#, "* * * * */5", true), ("^[a-z]([-a-z0-9]*[a-z0-9])?$", "a-b", true),
        ("^[a-z]([-a-z0-9]*[a-z0-9])?$", "a-", false), ("(?i)^HELLO$", "hello", true), ("^[^x]*$", "abc", true), ("^[^x]*$", "axc", false),
        (#"^\p{Lu}\p{Ll}+$"#, "Éa", true), (#"\bcat\b"#, "a cat sat", true), (#"\bcat\b"#, "concat", false),
        ("^[[:alpha:]]{1,3}$", "abc", true),
        ("^[[:alpha:]]{1,3}$", "abcd", false), ("^.$", "é", true), ("a{,3}", "a{,3}", true), (#"^\Qa.b\E$"#, "a.b", true),
        ("^(?P<year>[0-9]{4})$", "2026", true), ("^(a*)*$", "aaaa", true), ("", "anything", true), ("^[]a]$", "]", true),
        ("^[a-]$", "-", true),
    ]

    @Test(arguments: matches.indices) func `patterns match as Go's do`(_ index: Int) throws {
        let (pattern, text, holds): (String, String, Bool) = Self.matches[index]
        #expect(try RegularExpression(pattern).matches(text) == holds, "\(pattern) \(text)")
    }

    @Test(arguments: [
        ("(", "missing closing ): `(`"), ("a)", "unexpected ): `a)`"), ("*a", "missing argument to repetition operator: `*`"),
        ("[b-a]", "invalid character class range: `b-a`"), ("[a", "missing closing ]: `[a`"), (#"\8"#, #"invalid escape sequence: `\8`"#),
        ("a{1001}", "invalid repeat count: `{1001}`"),
    ])
    func `what Go does not read is refused in its words`(_ pattern: String, _ problem: String) {
        #expect(throws: RegularExpressionError.self) { try RegularExpression(pattern) }
        do { _ = try RegularExpression(pattern) } catch { #expect("\(error)" == "error parsing regexp: " + problem) }
    }

    @Test func `a pattern that others choke on takes no longer than its text`() throws {
        #expect(try !RegularExpression("^(a+)+$").matches(String(repeating: "a", count: 5_000) + "b"))
    }
}
