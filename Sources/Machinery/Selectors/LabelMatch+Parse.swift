extension LabelMatch {
    /// Reads `a=b,a==b,a!=b,a in (x,y),a notin (x),a,!a,a>1,a<9`. Source: `labels.Parse` of k8s.io/apimachinery, whose error texts
    /// these are.
    public init(parsing text: String) throws(SelectorError) {
        var parser = LabelMatchParser(text)
        self.init(requirements: try parser.requirements())
    }
}

private struct LabelMatchParser {
    private enum Token: Equatable {
        case end
        case identifier(String)
        /// `= == != > < ! ( ) ,` and, where an operator is expected, `in` and `notin`.
        case mark(String)
        case error(String)

        var text: String {
            switch self {
            case .end: ""
            case .identifier(let text), .mark(let text), .error(let text): text
            }
        }

        var startsRequirement: Bool {
            switch self {
            case .identifier: true
            case .mark(let text): text == "!"
            default: false
            }
        }
    }

    private var tokens: [Token] = []
    private var at: Int = 0

    init(_ text: String) {
        tokens = Self.tokens(Array(text.utf8))
    }

    mutating func requirements() throws(SelectorError) -> [LabelMatch.Requirement] {
        var requirements: [LabelMatch.Requirement] = []
        while true {
            let token: Token = tokens[at]
            if token == .end { return requirements }
            guard token.startsRequirement else {
                throw SelectorError(description: "found '\(token.text)', expected: !, identifier, or 'end of string'")
            }
            do throws(SelectorError) {
                requirements.append(try requirement())
            } catch {
                throw SelectorError(description: "unable to parse requirement: \(error)")
            }
            let separator: Token = take()
            if separator == .end { return requirements }
            guard separator == .mark(",") else {
                throw SelectorError(description: "found '\(separator.text)', expected: ',' or 'end of string'")
            }
            guard tokens[at].startsRequirement else {
                throw SelectorError(description: "found '\(tokens[at].text)', expected: identifier after ','")
            }
        }
    }

    private mutating func requirement() throws(SelectorError) -> LabelMatch.Requirement {
        let isNegated: Bool = tokens[at] == .mark("!")
        if isNegated { at += 1 }
        let name: Token = take()
        guard case .identifier(let key) = name else {
            throw SelectorError(description: "found '\(name.text)', expected: identifier")
        }
        let problems: [String] = Names.qualifiedName(key)
        guard problems.isEmpty else {
            throw SelectorError(description: "<nil>: Invalid value: \(JSON.quoted(key)): \(problems.joined(separator: "; "))")
        }
        if isNegated { return try LabelMatch.Requirement(key, .doesNotExist, []) }
        if tokens[at] == .end || tokens[at] == .mark(",") { return try LabelMatch.Requirement(key, .exists, []) }
        let operation: LabelMatch.Operation = try operation()
        let values: [String] = operation == .isIn || operation == .isNotIn ? try list() : [try exactValue()]
        return try LabelMatch.Requirement(key, operation, values)
    }

    private mutating func operation() throws(SelectorError) -> LabelMatch.Operation {
        let token: Token = take()
        switch token {
        case .mark("="): return .equals
        case .mark("=="): return .doubleEquals
        case .mark("!="): return .notEquals
        case .mark(">"): return .greaterThan
        case .mark("<"): return .lessThan
        case .identifier("in"): return .isIn
        case .identifier("notin"): return .isNotIn
        default: throw SelectorError(description: "found '\(token.text)', expected: in, notin, =, ==, !=, gt, lt")
        }
    }

    private mutating func exactValue() throws(SelectorError) -> String {
        if tokens[at] == .end || tokens[at] == .mark(",") { return "" }
        let token: Token = take()
        guard case .identifier(let value) = token else {
            throw SelectorError(description: "found '\(token.text)', expected: identifier")
        }
        return value
    }

    /// The values between parentheses; nothing between commas is the empty value.
    private mutating func list() throws(SelectorError) -> [String] {
        let opening: Token = take()
        guard opening == .mark("(") else { throw SelectorError(description: "found '\(opening.text)' expected: '('") }
        var values: [String] = []
        if tokens[at] == .mark(")") {
            at += 1
            return values
        }
        var wantsValue: Bool = true
        while true {
            let token: Token = take()
            switch token {
            case .identifier(let value) where wantsValue:
                values.append(value)
                wantsValue = false
            case .mark(","):
                if wantsValue { values.append("") }
                wantsValue = true
            case .mark(")"):
                if wantsValue { values.append("") }
                return values
            default:
                throw SelectorError(
                    description:
                        "found '\(token.text)', expected: \(!wantsValue ? "',' or ')'" : values.isEmpty ? "',', ')' or identifier" : "',', or identifier")"
                )
            }
        }
    }

    private mutating func take() -> Token {
        defer { if at < tokens.count - 1 { at += 1 } }
        return tokens[at]
    }

    private static func tokens(_ bytes: [UInt8]) -> [Token] {
        var tokens: [Token] = []
        var at: Int = 0
        while at < bytes.count {
            let byte: UInt8 = bytes[at]
            let start: Int = at
            if isSpace(byte) {
                at += 1
            } else if isMark(byte) {
                at += 1
                let isPair: Bool = at < bytes.count && bytes[at] == UInt8(ascii: "=")
                if isPair, byte == UInt8(ascii: "=") || byte == UInt8(ascii: "!") { at += 1 }
                tokens.append(.mark(String(decoding: bytes[start..<at], as: UTF8.self)))
            } else {
                while at < bytes.count, !isMark(bytes[at]), !isSpace(bytes[at]) { at += 1 }
                tokens.append(.identifier(String(decoding: bytes[start..<at], as: UTF8.self)))
            }
        }
        return tokens + [.end]
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    private static func isMark(_ byte: UInt8) -> Bool { "=!(),><".utf8.contains(byte) }
}
