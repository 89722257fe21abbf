/// What binds closest: values, their members and calls.
extension Parser {
    mutating func member() throws(Failure) -> Expression {
        var value: Expression = try primary()
        var count: Int = 0
        while true {
            let offset: Int = token.start
            count += 1
            guard count <= 1000 else { throw Failure(message: "expression recursion limit exceeded: 1000", offset: offset) }
            if take(".") {
                let isOptional: Bool = take("?")
                let place: Int = token.start
                let name: String
                switch token.kind {
                case .identifier(let found) where found != "in" && found != "true" && found != "false" && found != "null": name = found
                case .quoted(let found): name = found
                default: throw unexpected(expecting: "IDENTIFIER")
                }
                advance()
                let open: Int = token.start
                if !isOptional, take("(") {
                    let arguments: [Expression] = try list(until: ")")
                    value = try Macro.expanded(name, target: value, arguments, at: open, macroAt: place)
                } else {
                    value = Expression(.select(value, field: name, isOptional: isOptional), at: offset)
                }
            } else if take("[") {
                let isOptional: Bool = take("?")
                let index: Expression = try ternary()
                try expect("]")
                value = Expression(.call(isOptional ? "_[?_]" : "_[_]", target: nil, [value, index]), at: offset)
            } else if isMark("{"), let name = value.qualifiedName {
                value = try object(name, at: offset)
            } else {
                return value
            }
        }
    }

    private mutating func list(until end: String) throws(Failure) -> [Expression] {
        var elements: [Expression] = []
        guard !take(end) else { return elements }
        repeat { elements.append(try ternary()) } while take(",")
        try expect(end)
        return elements
    }

    private mutating func primary() throws(Failure) -> Expression {
        let start: Int = token.start
        switch token.kind {
        case .mark("("):
            advance()
            let inner: Expression = try ternary()
            try expect(")")
            return inner
        case .mark("["):
            advance()
            return try listLiteral(at: start)
        case .mark("{"):
            advance()
            return try mapLiteral(at: start)
        case .mark("-"):
            advance()
            let kind: Token.Kind = token.kind
            advance()
            switch kind {
            case .int(let text): return Expression(.literal(try Self.int("-" + text, at: start)), at: start)
            case .double(let text): return Expression(.literal(.double(-(Double(text) ?? .nan))), at: start)
            default: throw unexpected(expecting: "a number")
            }
        case .mark("."):
            advance()
            guard case .identifier(let name) = token.kind else { throw unexpected(expecting: "IDENTIFIER") }
            advance()
            return try named("." + name, at: start)
        case .identifier(let name):
            advance()
            return try named(name, at: start)
        case .int(let text):
            advance()
            return Expression(.literal(try Self.int(text, at: start)), at: start)
        case .uint(let text):
            advance()
            let value: UInt64? = text.hasPrefix("0x") || text.hasPrefix("0X") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
            guard let value else { throw Failure(message: "invalid uint literal", offset: start) }
            return Expression(.literal(.uint(value)), at: start)
        case .double(let text):
            advance()
            guard let value = Double(text), value.isFinite else { throw Failure(message: "invalid double literal", offset: start) }
            return Expression(.literal(.double(value)), at: start)
        case .string(let text):
            advance()
            return Expression(.literal(.string(text)), at: start)
        case .bytes(let bytes):
            advance()
            return Expression(.literal(.bytes(bytes)), at: start)
        case .end:
            throw Failure(
                message: "Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', "
                    + "NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}", offset: start)
        default:
            throw Failure(
                message: "Syntax error: extraneous input '\(Self.text(token))' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', "
                    + "'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}", offset: start)
        }
    }

    private mutating func named(_ name: String, at start: Int) throws(Failure) -> Expression {
        switch name {
        case "true": return Expression(.literal(.bool(true)), at: start)
        case "false": return Expression(.literal(.bool(false)), at: start)
        case "null": return Expression(.literal(.null), at: start)
        default: break
        }
        if Self.reserved.contains(name) { throw Failure(message: "reserved identifier: \(name)", offset: start) }
        let open: Int = token.start
        if take("(") {
            let arguments: [Expression] = try list(until: ")")
            return try Macro.expanded(name, arguments, at: open, macroAt: start)
        }
        return Expression(.name(name), at: start)
    }
}
