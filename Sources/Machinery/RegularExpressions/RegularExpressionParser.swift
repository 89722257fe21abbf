/// Reads patterns of RE2's syntax.
struct RegularExpressionParser {
    private let pattern: String
    private var rest: Substring.UnicodeScalarView
    private var flags = Flags()
    private var depth: Int = 0

    private struct Flags {
        var ignoresCase: Bool = false
        var isMultiline: Bool = false
        var dotTakesNewline: Bool = false
        /// `U` turns the meaning of `*` and `*?` around.
        var isLazy: Bool = false
    }

    init(_ pattern: String) {
        self.pattern = pattern
        rest = pattern[...].unicodeScalars
    }

    mutating func parse() throws(RegularExpressionError) -> RegularExpressionTree {
        let tree: RegularExpressionTree = try choice()
        guard rest.isEmpty else { throw RegularExpressionError("unexpected )", pattern) }
        return tree
    }

    private mutating func choice() throws(RegularExpressionError) -> RegularExpressionTree {
        var choices: [RegularExpressionTree] = [try sequence()]
        while take("|") { choices.append(try sequence()) }
        return choices.count == 1 ? choices[0] : .choice(choices)
    }

    private mutating func sequence() throws(RegularExpressionError) -> RegularExpressionTree {
        var parts: [RegularExpressionTree] = []
        while let next = rest.first, next != "|", next != ")" {
            let before: Substring.UnicodeScalarView = rest
            if let atom: RegularExpressionTree = try atom() { parts.append(try repeated(atom, before)) }
        }
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private mutating func repeated(
        _ atom: RegularExpressionTree, _ before: Substring.UnicodeScalarView
    ) throws(RegularExpressionError) -> RegularExpressionTree {
        var tree: RegularExpressionTree = atom
        var isRepeated: Bool = false
        while let (least, most): (Int, Int?) = try quantifier() {
            if isRepeated { throw RegularExpressionError("invalid nested repetition operator", text(from: before)) }
            isRepeated = true
            let isLazy: Bool = take("?") != flags.isLazy
            tree = .repeated(tree, least: least, most: most, isLazy: isLazy)
        }
        return tree
    }

    private mutating func quantifier() throws(RegularExpressionError) -> (Int, Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        guard rest.first == "{" else { return nil }
        // Braces that are no quantifier stand for themselves.
        let inner: Substring.UnicodeScalarView = rest.dropFirst().prefix { $0 != "}" }
        guard rest.count > inner.count + 1 else { return nil }
        let bounds: [Substring] = Substring(inner).split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = bounds.first, let least = Self.number(first) else { return nil }
        var most: Int? = least
        if bounds.count == 2 {
            most = nil
            if !bounds[1].isEmpty {
                guard let number = Self.number(bounds[1]) else { return nil }
                most = number
            }
        }
        guard least <= 1000, most ?? 0 <= 1000, most ?? least >= least else {
            throw RegularExpressionError("invalid repeat count", "{\(Substring(inner))}")
        }
        rest = rest.dropFirst(inner.count + 2)
        return (least, most)
    }

    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        return Int(text) ?? Int.max
    }

    /// nil for flags that hold from here on.
    private mutating func atom() throws(RegularExpressionError) -> RegularExpressionTree? {
        guard let scalar = rest.popFirst() else { return .empty }
        switch scalar {
        case "(": return try group()
        case "[": return .set(try set())
        case ".": return .set(flags.dotTakesNewline ? .any : .anyButNewline)
        case "^": return .assertion(flags.isMultiline ? .lineStart : .textStart)
        case "$": return .assertion(flags.isMultiline ? .lineEnd : .textEnd)
        case "\\": return try escape()
        case "*", "+", "?": throw RegularExpressionError("missing argument to repetition operator", String(Character(scalar)))
        default: return .set(one(scalar))
        }
    }

    private func one(_ scalar: Unicode.Scalar) -> ScalarSet {
        var set = ScalarSet(scalar)
        set.ignoresCase = flags.ignoresCase
        return set
    }

    private mutating func group() throws(RegularExpressionError) -> RegularExpressionTree? {
        let outer: Flags = flags
        depth += 1
        defer { depth -= 1 }
        guard depth < 1000 else { throw RegularExpressionError("expression nests too deeply", pattern) }
        if take("?") {
            if take("P") || rest.first == "<" {
                guard take("<") else { throw RegularExpressionError("invalid named capture", "(?P") }
                rest = rest.drop { $0 != ">" }
                guard take(">") else { throw RegularExpressionError("invalid named capture", "(?P<") }
            } else if try readFlags() {
                return nil
            }
        }
        let tree: RegularExpressionTree = try choice()
        guard take(")") else { throw RegularExpressionError("missing closing )", pattern) }
        flags = outer
        return tree
    }

    /// `i`, `-s` and the like. True when the group ends there, so that they hold for what follows.
    private mutating func readFlags() throws(RegularExpressionError) -> Bool {
        var isOn: Bool = true
        while let scalar = rest.popFirst() {
            switch scalar {
            case "i": flags.ignoresCase = isOn
            case "m": flags.isMultiline = isOn
            case "s": flags.dotTakesNewline = isOn
            case "U": flags.isLazy = isOn
            case "-": isOn = false
            case ":": return false
            case ")": return true
            default: throw RegularExpressionError("invalid or unsupported Perl syntax", "(?" + String(Character(scalar)))
            }
        }
        throw RegularExpressionError("missing closing )", pattern)
    }

    private mutating func escape() throws(RegularExpressionError) -> RegularExpressionTree {
        switch rest.first {
        case nil: throw RegularExpressionError("trailing backslash at end of expression", "")
        case "A": return assertion(.textStart)
        case "z": return assertion(.textEnd)
        case "b": return assertion(.wordBoundary)
        case "B": return assertion(.noWordBoundary)
        case "Q":
            rest.removeFirst()
            var parts: [RegularExpressionTree] = []
            while let scalar = rest.popFirst() {
                if scalar == "\\", take("E") { break }
                parts.append(.set(one(scalar)))
            }
            return .sequence(parts)
        default:
            var set: ScalarSet = try escapedSet()
            set.ignoresCase = flags.ignoresCase
            return .set(set)
        }
    }

    private mutating func assertion(_ assertion: RegularExpression.Assertion) -> RegularExpressionTree {
        rest.removeFirst()
        return .assertion(assertion)
    }

    /// What stands behind a backslash, inside of brackets or not.
    private mutating func escapedSet() throws(RegularExpressionError) -> ScalarSet {
        guard let scalar = rest.popFirst() else { throw RegularExpressionError("trailing backslash at end of expression", "") }
        switch scalar {
        case "d": return .digit
        case "D": return ScalarSet.digit.negated()
        case "w": return .word
        case "W": return ScalarSet.word.negated()
        case "s": return .space
        case "S": return ScalarSet.space.negated()
        case "p", "P":
            var name: String
            if take("{") {
                name = String(Substring(rest.prefix { $0 != "}" }))
                rest = rest.dropFirst(name.unicodeScalars.count)
                guard take("}") else { throw RegularExpressionError("invalid character class range", "\\p{" + name) }
            } else {
                name = rest.popFirst().map { String(Character($0)) } ?? ""
            }
            let isNegated: Bool = (scalar == "P") != name.hasPrefix("^")
            if name.hasPrefix("^") { name.removeFirst() }
            guard let set = ScalarSet.property(name) else {
                throw RegularExpressionError("invalid character class range", "\\\(Character(scalar)){\(name)}")
            }
            return isNegated ? set.negated() : set
        case "n": return ScalarSet("\n")
        case "t": return ScalarSet("\t")
        case "r": return ScalarSet("\r")
        case "f": return ScalarSet("\u{0C}")
        case "v": return ScalarSet("\u{0B}")
        case "a": return ScalarSet("\u{07}")
        case "x": return ScalarSet(try hexadecimal())
        case "0": return ScalarSet("\0")
        default:
            guard !scalar.properties.isAlphabetic, !("1"..."9").contains(scalar) else {
                throw RegularExpressionError("invalid escape sequence", "\\" + String(Character(scalar)))
            }
            return ScalarSet(scalar)
        }
    }

    private mutating func hexadecimal() throws(RegularExpressionError) -> Unicode.Scalar {
        var digits: String
        if take("{") {
            digits = String(Substring(rest.prefix { $0 != "}" }))
            rest = rest.dropFirst(digits.unicodeScalars.count)
            _ = take("}")
        } else {
            digits = String(Substring(rest.prefix(2)))
            rest = rest.dropFirst(2)
        }
        guard let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value) else {
            throw RegularExpressionError("invalid escape sequence", "\\x" + digits)
        }
        return scalar
    }

    /// What stands between brackets.
    private mutating func set() throws(RegularExpressionError) -> ScalarSet {
        let start: Substring.UnicodeScalarView = rest
        var set = ScalarSet()
        let isNegated: Bool = take("^")
        var isFirst: Bool = true
        while let scalar = rest.first, scalar != "]" || isFirst {
            isFirst = false
            if scalar == "[", rest.dropFirst().first == ":" {
                let inner = String(Substring(rest.dropFirst(2).prefix { $0 != ":" }))
                let name: String = inner.hasPrefix("^") ? String(inner.dropFirst()) : inner
                guard let named = ScalarSet.posix(name) else {
                    throw RegularExpressionError("invalid character class range", "[:\(inner):]")
                }
                set.add(inner.hasPrefix("^") ? named.negated() : named)
                rest = rest.dropFirst(inner.unicodeScalars.count + 4)
                continue
            }
            let before: Substring.UnicodeScalarView = rest
            guard let low: Unicode.Scalar = try bound(&set) else { continue }
            guard rest.first == "-", let after = rest.dropFirst().first, after != "]" else {
                set.add(low.value...low.value)
                continue
            }
            rest.removeFirst()
            guard let high: Unicode.Scalar = try bound(&set), low <= high else {
                throw RegularExpressionError("invalid character class range", text(from: before))
            }
            set.add(low.value...high.value)
        }
        guard take("]") else { throw RegularExpressionError("missing closing ]", "[" + String(Substring(start))) }
        set.ignoresCase = flags.ignoresCase
        return isNegated ? set.negated() : set
    }

    /// One end of a range; nil for a class, which was added.
    private mutating func bound(_ set: inout ScalarSet) throws(RegularExpressionError) -> Unicode.Scalar? {
        guard let scalar = rest.popFirst() else { throw RegularExpressionError("missing closing ]", pattern) }
        guard scalar == "\\" else { return scalar }
        let isClass: Bool = rest.first.map { "dDwWsSpP".unicodeScalars.contains($0) } ?? false
        let escaped: ScalarSet = try escapedSet()
        guard isClass else { return escaped.single }
        set.add(escaped)
        return nil
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard rest.first == scalar else { return false }
        rest.removeFirst()
        return true
    }

    /// What was read since a place.
    private func text(from start: Substring.UnicodeScalarView) -> String {
        String(Substring(start.prefix(start.count - rest.count)))
    }
}

extension ScalarSet {
    /// The one character of the set.
    fileprivate var single: Unicode.Scalar? { singleValue.flatMap { Unicode.Scalar($0) } }
}
