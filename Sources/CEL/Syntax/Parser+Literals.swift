/// Values that are written out: whole numbers, lists, maps and objects.
extension Parser {
    static func int(_ text: String, at offset: Int) throws(Failure) -> Value {
        let isNegative: Bool = text.hasPrefix("-")
        let digits: Substring = isNegative ? text.dropFirst() : text[...]
        let value: Int64?
        if digits.hasPrefix("0x") || digits.hasPrefix("0X") {
            value = Int64((isNegative ? "-" : "") + digits.dropFirst(2), radix: 16)
        } else {
            value = Int64(text)
        }
        guard let value else { throw Failure(message: "invalid int literal", offset: offset) }
        return .int(value)
    }

    mutating func listLiteral(at start: Int) throws(Failure) -> Expression {
        var elements: [(element: Expression, isOptional: Bool)] = []
        while !take("]") {
            let isOptional: Bool = take("?")
            elements.append((try ternary(), isOptional))
            if !take(",") {
                try expect("]")
                break
            }
        }
        return Expression(.list(elements), at: start)
    }

    mutating func mapLiteral(at start: Int) throws(Failure) -> Expression {
        var entries: [(key: Expression, value: Expression, isOptional: Bool)] = []
        while !take("}") {
            let isOptional: Bool = take("?")
            let key: Expression = try ternary()
            try expect(":")
            entries.append((key, try ternary(), isOptional))
            if !take(",") {
                try expect("}")
                break
            }
        }
        return Expression(.map(entries), at: start)
    }

    mutating func object(_ name: String, at start: Int) throws(Failure) -> Expression {
        try expect("{")
        var fields: [(field: String, value: Expression, isOptional: Bool)] = []
        while !take("}") {
            let isOptional: Bool = take("?")
            let field: String
            switch token.kind {
            case .identifier(let found): field = found
            case .quoted(let found): field = found
            default: throw unexpected(expecting: "IDENTIFIER")
            }
            advance()
            try expect(":")
            fields.append((field, try ternary(), isOptional))
            if !take(",") {
                try expect("}")
                break
            }
        }
        return Expression(.object(name, fields), at: start)
    }
}
