import Machinery

/// Reads an expression. Source: the grammar of the CEL language definition; the error texts are those that cel-go has made known.
struct Parser {
    struct Failure: Error {
        let message: String
        let offset: Int
    }

    /// Deeper expressions are refused.
    static let depthLimit = 250
    /// Longer ones too, in Unicode scalars. Source: `defaultExpressionSizeCodePointLimit` of cel-go.
    static let lengthLimit = 100_000

    private var tokens: [Token] = []
    private var at: Int = 0
    private var depth: Int = 0
    /// Of the last one taken.
    private var lastEnd: Int = 0

    static let reserved: Set<String> = [
        "as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop", "package",
        "namespace", "null", "return", "true", "var", "void", "while",
    ]

    private init(_ tokens: [Token]) { self.tokens = tokens }

    static func parse(_ scalars: [Unicode.Scalar]) throws(Failure) -> Expression {
        guard scalars.count <= lengthLimit else {
            throw Failure(message: "expression code point size exceeds limit: size: \(scalars.count), limit \(lengthLimit)", offset: 0)
        }
        var lexer = Lexer(scalars)
        let tokens: [Token]
        do throws(Lexer.Failure) { tokens = try lexer.tokens() } catch {
            throw Failure(message: error.message, offset: error.offset)
        }
        var parser = Parser(tokens)
        let expression: Expression = try parser.ternary()
        guard parser.token.kind == .end else { throw parser.unexpected(expecting: "<EOF>") }
        return expression
    }

    // MARK: - Words

    var token: Token { tokens[at] }

    func isMark(_ mark: String) -> Bool { if case .mark(mark) = token.kind { true } else { false } }

    mutating func take(_ mark: String) -> Bool {
        guard isMark(mark) else { return false }
        advance()
        return true
    }

    mutating func advance() {
        lastEnd = token.end
        if at < tokens.count - 1 { at += 1 }
    }

    mutating func expect(_ mark: String) throws(Failure) {
        guard take(mark) else { throw unexpected(expecting: "'\(mark)'") }
    }

    func unexpected(expecting what: String) -> Failure {
        Failure(message: "Syntax error: mismatched input '\(Self.text(token))' expecting \(what)", offset: token.start)
    }

    static func text(_ token: Token) -> String {
        switch token.kind {
        case .end: "<EOF>"
        case .identifier(let text), .int(let text), .double(let text): text
        case .uint(let text): text + "u"
        case .quoted(let text): "`\(text)`"
        case .string(let text): "\"\(text.prefix(40))\""
        case .bytes: "b\"\""
        case .mark(let text): text
        }
    }

    private mutating func deeper<T>(_ body: (inout Parser) throws(Failure) -> T) throws(Failure) -> T {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthLimit else {
            throw Failure(message: "expression recursion limit exceeded: \(Self.depthLimit)", offset: token.start)
        }
        return try body(&self)
    }

    // MARK: - Operators

    mutating func ternary() throws(Failure) -> Expression {
        try deeper { parser throws(Failure) in
            let condition: Expression = try parser.or()
            let offset: Int = parser.token.start
            guard parser.take("?") else { return condition }
            let one: Expression = try parser.or()
            try parser.expect(":")
            let other: Expression = try parser.ternary()
            return Expression(.call("_?_:_", target: nil, [condition, one, other]), at: offset)
        }
    }

    private mutating func or() throws(Failure) -> Expression { try logical("||", "_||_") { p throws(Failure) in try p.and() } }

    private mutating func and() throws(Failure) -> Expression { try logical("&&", "_&&_") { p throws(Failure) in try p.relation() } }

    /// A chain is made a balanced tree, so that a long one is not deep.
    private mutating func logical(
        _ mark: String, _ function: String, _ operand: (inout Parser) throws(Failure) -> Expression
    ) throws(Failure) -> Expression {
        var operands: [Expression] = [try operand(&self)]
        var offsets: [Int] = []
        while isMark(mark) {
            offsets.append(token.start)
            advance()
            operands.append(try operand(&self))
        }
        func tree(_ low: Int, _ high: Int) -> Expression {
            guard low < high else { return operands[low] }
            let middle: Int = (low + high + 1) / 2
            return Expression(.call(function, target: nil, [tree(low, middle - 1), tree(middle, high)]), at: offsets[middle - 1])
        }
        return tree(0, operands.count - 1)
    }

    private mutating func relation() throws(Failure) -> Expression {
        var left: Expression = try sum()
        while true {
            let mark: String
            switch token.kind {
            case .mark(let found) where ["<", "<=", ">", ">=", "==", "!="].contains(found): mark = found
            case .identifier("in"): mark = "in"
            default: return left
            }
            let offset: Int = token.start
            advance()
            let right: Expression = try sum()
            left = Expression(.call(mark == "in" ? "@in" : "_\(mark)_", target: nil, [left, right]), at: offset)
            try checkLength(of: left)
        }
    }

    /// Operators that stand in a long row make a deep tree.
    private func checkLength(of expression: Expression) throws(Failure) {
        var depth: Int = 0
        var next: Expression = expression
        while case .call(_, nil, let arguments) = next.form, let first = arguments.first {
            depth += 1
            guard depth <= 1000 else { throw Failure(message: "expression recursion limit exceeded: 1000", offset: expression.offset) }
            next = first
        }
    }

    private mutating func sum() throws(Failure) -> Expression {
        var left: Expression = try product()
        while case .mark(let mark) = token.kind, mark == "+" || mark == "-" {
            let offset: Int = token.start
            advance()
            left = Expression(.call("_\(mark)_", target: nil, [left, try product()]), at: offset)
            try checkLength(of: left)
        }
        return left
    }

    private mutating func product() throws(Failure) -> Expression {
        var left: Expression = try unary()
        while case .mark(let mark) = token.kind, mark == "*" || mark == "/" || mark == "%" {
            let offset: Int = token.start
            advance()
            left = Expression(.call("_\(mark)_", target: nil, [left, try unary()]), at: offset)
            try checkLength(of: left)
        }
        return left
    }

    private mutating func unary() throws(Failure) -> Expression {
        let offset: Int = token.start
        guard case .mark(let mark) = token.kind, mark == "!" || mark == "-" else { return try member() }
        var count: Int = 0
        while isMark(mark) {
            // A minus before digits belongs to the number.
            if mark == "-", at + 1 < tokens.count {
                switch tokens[at + 1].kind {
                case .int, .double:
                    let number: Expression = try member()
                    guard count % 2 == 1 else { return number }
                    return Expression(.call("-_", target: nil, [number]), at: offset)
                default: break
                }
            }
            advance()
            count += 1
        }
        let operand: Expression = try deeper { parser throws(Failure) in try parser.unary() }
        guard count % 2 == 1 else { return operand }
        return Expression(.call(mark == "!" ? "!_" : "-_", target: nil, [operand]), at: offset)
    }
}
