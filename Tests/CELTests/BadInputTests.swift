import CEL
import FoundationEssentials
import Machinery
import Testing

/// Expressions and data that are meant to hurt.
@Suite struct BadInputTests {
    private static let deep: [String] = [
        String(repeating: "(", count: 5000) + "1" + String(repeating: ")", count: 5000),
        String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000),
        String(repeating: "-", count: 90_000) + "x",
        "1" + String(repeating: " + 1", count: 20_000),
        "a" + String(repeating: ".b", count: 40_000),
        "a" + String(repeating: "[0]", count: 30_000),
        String(repeating: "a ? b : ", count: 10_000) + "c",
        String(repeating: "[1].all(x, ", count: 3000) + "true" + String(repeating: ")", count: 3000),
        String(repeating: "x", count: 200_000),
        String(repeating: "- !", count: 30_000) + "x",
        "1" + String(repeating: " < 1", count: 20_000),
    ]

    @Test(arguments: 0..<11)
    func `deep or long expressions are refused`(_ index: Int) {
        #expect(outcome(Self.deep[index]).hasPrefix("error: "))
    }

    @Test func `a long chain of alternatives is no deep one`() {
        #expect(outcome("false" + String(repeating: " || false", count: 9000)) == "false")
    }

    @Test func `nested macros end by their cost`() {
        let numbers: JSON = .array((0..<300).map { .int($0) })
        let source = "self.all(a, self.all(b, self.all(c, self.all(d, a + b + c + d >= 0))))"
        #expect(outcome(source, [("self", .dyn, numbers)]) == "error: operation cancelled: actual cost limit exceeded")
        let doubling = (0..<40).reduce("[1, 2, 3, 4]") { text, _ in "optional.of(\(text)).optMap(x, x + x).value()" }
        #expect(outcome(doubling + ".size() > 0").hasPrefix("error: "))
    }

    @Test func `ten megabytes of text are bounded by cost`() {
        let text: JSON = .string(String(repeating: "a", count: 10 << 20))
        let declared: [(String, Declaration, JSON)] = [("self", .dyn, text)]
        #expect(outcome("self.size() == 10485760", declared) == "true")
        #expect(outcome("self.startsWith('b')", declared) == "error: operation cancelled: actual cost limit exceeded")
        #expect(outcome("self.matches('(a*)*b')", declared) == "error: operation cancelled: actual cost limit exceeded")
        #expect(outcome("self.replace('', self)", declared) == "error: operation cancelled: actual cost limit exceeded")
    }

    @Test func `patterns and numbers that are long only when they are spelt out are paid for`() {
        let numbers: JSON = .array((0..<5000).map { .int($0) })
        let declared: [(String, Declaration, JSON)] = [("self", .dyn, numbers)]
        for source in [
            "self.all(i, !'x'.matches('((a{100}){400}' + string(i)))", "self.all(i, 'x'.find('(a{1000}){40}' + string(i)) == '')",
        ] {
            #expect(outcome(source, declared).hasPrefix("error: "), "\(source)")
        }
        #expect(outcome("'%.1000f'.format([5e-324]).size()") == "1002")
        #expect(outcome("'%.0f'.format([1.7976931348623157e308]).size()") == "309")
        #expect(outcome("'%.20f %.3f %.2e'.format([0.1, 123456.7895, 5e-324])") == "'0.10000000000000000555 123456.789 4.94e-324'")
    }

    @Test func `a key of a large map is found without a walk`() {
        let members: [JSONObject.Member] = (0..<20_000).map { JSONObject.Member(key: "key\($0)", value: .int(Int64($0))) }
        let map: JSON = .object(JSONObject(members: members))
        #expect(outcome("self.all(k, self[k] >= 0)", [("self", Declaration(.map(.int)), map)]) == "true")
    }

    /// Random expressions, made of pieces of good ones. SWKUBE_FUZZ_SECONDS says for how long.
    @Test func `the parser and the evaluator bear everything`() {
        let seconds: Double = ProcessInfo.processInfo.environment["SWKUBE_FUZZ_SECONDS"].flatMap { Double($0) } ?? 30
        let seed: UInt64 = ProcessInfo.processInfo.environment["SWKUBE_FUZZ_SEED"].flatMap { UInt64($0) } ?? 20_261_127
        var random = SplitMix(state: seed)
        let clock = ContinuousClock()
        let end: ContinuousClock.Instant = clock.now + .seconds(seconds)
        var count: Int = 0
        while clock.now < end {
            let source: String = ExpressionFuzz.expression(&random)
            let result: String = outcome(source, ExpressionFuzz.variables, limit: 100_000)
            count += 1
            #expect(!result.isEmpty, "\(source) (seed \(seed))")
        }
        #expect(count > 10)
    }
}

/// Source: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators".
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value: UInt64 = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

/// Makes expressions: most of them by the grammar, some of them broken.
enum ExpressionFuzz {
    static let variables: [(String, Declaration, JSON)] = [("self", JSONTests.spec, JSONTests.object), ("object", .dyn, JSONTests.object)]

    private static let leaves: [String] = [
        "1", "0", "-1", "9223372036854775807", "-9223372036854775808", "2u", "18446744073709551615u", "1.5", "1e308", "'a'", "''", "'é😀'",
        "b'\\xff'", "true", "false",
        "null", "[]", "{}", "self", "object", "self.name", "self.replicas", "self.items", "self.labels", "self.since", "self.wait",
        "self.port", "object.items", "x", "y",
        "duration('1h')", "timestamp('9999-12-31T23:59:59Z')", "optional.none()", "int", "r'\\d+'", "quantity('1Gi')", "ip('::1')",
        "semver('1.2.3')", "object.nope",
    ]
    private static let binary: [String] = ["+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "in"]
    private static let members: [String] = [
        "size()", "all(x, #)", "exists(x, #)", "map(x, #)", "filter(y, #)", "exists_one(x, #)", "all(x, y, #)", "transformList(x, y, #)",
        "transformMap(x, y, #)", "transformMapEntry(x, y, {x: #})",
        "contains(#)", "startsWith(#)", "matches(#)", "split(#)", "join(#)", "replace(#, #)", "substring(#)", "substring(#, #)",
        "indexOf(#)", "lastIndexOf(#, #)", "charAt(#)", "format([#, #])",
        "findAll(#)", "find(#)", "lowerAscii()", "trim()", "reverse()", "isSorted()", "sum()", "max()", "min()", "orValue(#)", "or(#)",
        "value()", "hasValue()", "sort()", "distinct()", "flatten()", "flatten(#)", "slice(#, #)", "optMap(x, #)", "getHours(#)",
        "getFullYear()", "getMilliseconds()", "add(#)", "compareTo(#)", "name", "?name", "key", "asInteger()", "getQuery()",
    ]
    private static let functions: [String] = [
        "string(#)", "int(#)", "uint(#)", "double(#)", "bytes(#)", "bool(#)", "dyn(#)", "type(#)", "size(#)", "duration(#)", "timestamp(#)",
        "has(#.a)", "[#, #]", "[?#]", "{#: #}", "{?#: #}",
        "(#)[#]", "(#)[?#]", "(# ? # : #)", "-(#)", "!(#)", "optional.of(#)", "optional.ofNonZeroValue(#)", "dyn(#).sortBy(x, #)",
        "sets.contains(#, #)", "url(#)", "isURL(#)", "cidr(#)",
        "quantity(#)", "semver(#, true)", "strings.quote(#)", "jsonpatch.escapeKey(#)", "dyn(#).all(x, #)", "format.named(#)",
    ]

    static func expression(_ random: inout SplitMix) -> String {
        var text: String = piece(Int.random(in: 1...6, using: &random), &random)
        // One in four is broken somewhere.
        if Int.random(in: 0..<4, using: &random) == 0 {
            var scalars: [Unicode.Scalar] = Array(text.unicodeScalars)
            for _ in 0..<Int.random(in: 1...3, using: &random) where !scalars.isEmpty {
                let index: Int = Int.random(in: 0..<scalars.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: scalars.remove(at: index)
                case 1: scalars.insert("()[]{}.,?:'\"\\`%é\u{0}".unicodeScalars.randomElement(using: &random)!, at: index)
                default: scalars[index] = Unicode.Scalar(UInt8.random(in: 32...126, using: &random))
                }
            }
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars)
            text = String(view)
        }
        return text
    }

    private static func piece(_ depth: Int, _ random: inout SplitMix) -> String {
        guard depth > 0 else { return leaves.randomElement(using: &random)! }
        switch Int.random(in: 0..<8, using: &random) {
        case 0, 1: return leaves.randomElement(using: &random)!
        case 2, 3: return "(\(piece(depth - 1, &random)) \(binary.randomElement(using: &random)!) \(piece(depth - 1, &random)))"
        case 4, 5: return "\(piece(depth - 1, &random)).\(filled(members.randomElement(using: &random)!, depth, &random))"
        default: return filled(functions.randomElement(using: &random)!, depth, &random)
        }
    }

    private static func filled(_ template: String, _ depth: Int, _ random: inout SplitMix) -> String {
        var result: String = ""
        for character in template { result += character == "#" ? piece(depth - 1, &random) : String(character) }
        return result
    }
}
