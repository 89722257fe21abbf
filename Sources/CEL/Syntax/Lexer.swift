/// One word of an expression.
struct Token {
    enum Kind: Equatable {
        case end
        case identifier(String)
        /// A name between backticks.
        case quoted(String)
        case int(String)
        case uint(String)
        case double(String)
        case string(String)
        case bytes([UInt8])
        /// An operator or a bracket.
        case mark(String)
    }

    let kind: Kind
    let start: Int
    let end: Int
}

/// Cuts an expression into words. Source: the lexical part of the CEL language definition.
struct Lexer {
    struct Failure: Error {
        let message: String
        let offset: Int
    }

    let scalars: [Unicode.Scalar]
    private var at: Int = 0

    init(_ scalars: [Unicode.Scalar]) { self.scalars = scalars }

    mutating func tokens() throws(Failure) -> [Token] {
        var tokens: [Token] = []
        while true {
            skipSpace()
            let start: Int = at
            let kind: Token.Kind = try next()
            tokens.append(Token(kind: kind, start: start, end: at))
            if kind == .end { return tokens }
        }
    }

    private func peek(_ distance: Int = 0) -> Unicode.Scalar? {
        at + distance < scalars.count ? scalars[at + distance] : nil
    }

    private mutating func skipSpace() {
        while let scalar = peek() {
            if scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r" || scalar == "\u{0C}" {
                at += 1
            } else if scalar == "/", peek(1) == "/" {
                while let next = peek(), next != "\n" { at += 1; _ = next }
            } else {
                return
            }
        }
    }

    private static func isDigit(_ scalar: Unicode.Scalar?) -> Bool { scalar.map { ("0"..."9").contains($0) } ?? false }

    private static func isHexadecimal(_ scalar: Unicode.Scalar?) -> Bool { scalar?.properties.isASCIIHexDigit ?? false }

    private static func isLetter(_ scalar: Unicode.Scalar?) -> Bool {
        guard let scalar else { return false }
        return ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_"
    }

    private mutating func next() throws(Failure) -> Token.Kind {
        guard let scalar = peek() else { return .end }
        if Self.isDigit(scalar) || scalar == "." && Self.isDigit(peek(1)) { return try number() }
        if let kind = try prefixedString() { return kind }
        if Self.isLetter(scalar) { return .identifier(word()) }
        if scalar == "`" { return try quotedName() }
        for mark in ["&&", "||", "==", "!=", "<=", ">="] {
            let parts: [Unicode.Scalar] = Array(mark.unicodeScalars)
            if scalar == parts[0], peek(1) == parts[1] {
                at += 2
                return .mark(mark)
            }
        }
        guard "+-*/%<>!?:.,()[]{}".unicodeScalars.contains(scalar) else {
            // Half of an operator is told with what stands in place of its other half.
            let end: Int = "=&|".unicodeScalars.contains(scalar) ? min(at + 2, scalars.count) : at + 1
            throw Failure(message: "Syntax error: token recognition error at: '\(text(at..<end))'", offset: at)
        }
        at += 1
        return .mark(String(Character(scalar)))
    }

    private mutating func word() -> String {
        let start: Int = at
        while Self.isLetter(peek()) || Self.isDigit(peek()) { at += 1 }
        return text(start..<at)
    }

    private func text(_ range: Range<Int>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars[range])
        return String(view)
    }

    private mutating func quotedName() throws(Failure) -> Token.Kind {
        let start: Int = at
        at += 1
        while let scalar = peek(), scalar != "`" {
            guard Self.isLetter(scalar) || Self.isDigit(scalar) || "./- ".unicodeScalars.contains(scalar) else { break }
            at += 1
        }
        guard peek() == "`", at > start + 1 else {
            throw Failure(message: "Syntax error: token recognition error at: '`'", offset: start)
        }
        at += 1
        return .quoted(text(start + 1..<at - 1))
    }

    private mutating func number() throws(Failure) -> Token.Kind {
        let start: Int = at
        if peek() == "0", peek(1) == "x" || peek(1) == "X", Self.isHexadecimal(peek(2)) {
            at += 2
            while Self.isHexadecimal(peek()) { at += 1 }
            if peek() == "u" || peek() == "U" {
                at += 1
                return .uint(text(start..<at - 1))
            }
            return .int(text(start..<at))
        }
        while Self.isDigit(peek()) { at += 1 }
        var isDouble: Bool = false
        if peek() == ".", Self.isDigit(peek(1)) {
            isDouble = true
            at += 1
            while Self.isDigit(peek()) { at += 1 }
        }
        if peek() == "e" || peek() == "E" {
            let sign: Int = peek(1) == "+" || peek(1) == "-" ? 1 : 0
            if Self.isDigit(peek(1 + sign)) {
                isDouble = true
                at += 1 + sign
                while Self.isDigit(peek()) { at += 1 }
            }
        }
        if isDouble { return .double(text(start..<at)) }
        if peek() == "u" || peek() == "U" {
            at += 1
            return .uint(text(start..<at - 1))
        }
        return .int(text(start..<at))
    }

    // MARK: - Strings

    /// A string with any of its prefixes `r` and `b`; nil where none begins.
    private mutating func prefixedString() throws(Failure) -> Token.Kind? {
        var length: Int = 0
        var isRaw: Bool = false
        var isBytes: Bool = false
        while length < 2, let scalar = peek(length) {
            if scalar == "r" || scalar == "R", !isRaw {
                isRaw = true
            } else if scalar == "b" || scalar == "B", !isBytes {
                isBytes = true
            } else {
                break
            }
            length += 1
        }
        guard let quote = peek(length), quote == "\"" || quote == "'" else { return nil }
        let start: Int = at
        at += length
        let isTriple: Bool = peek(1) == quote && peek(2) == quote
        at += isTriple ? 3 : 1
        var bytes: [UInt8] = []
        while true {
            guard let scalar = peek() else { throw unfinished(start) }
            if scalar == quote, !isTriple || peek(1) == quote && peek(2) == quote {
                at += isTriple ? 3 : 1
                return isBytes ? .bytes(bytes) : .string(String(decoding: bytes, as: UTF8.self))
            }
            if !isTriple, scalar == "\n" || scalar == "\r" { throw unfinished(start) }
            if scalar == "\\", !isRaw {
                try escape(into: &bytes, isBytes: isBytes)
            } else {
                at += 1
                if isTriple, scalar == "\r" {
                    // Line ends are the same on every system.
                    if peek() != "\n" { bytes.append(0x0A) }
                } else {
                    bytes.append(contentsOf: UTF8.encode(scalar)!)
                }
            }
        }
    }

    private func unfinished(_ start: Int) -> Failure {
        Failure(message: "Syntax error: token recognition error at: '\(text(start..<min(scalars.count, start + 30)))'", offset: start)
    }

    private mutating func escape(into bytes: inout [UInt8], isBytes: Bool) throws(Failure) {
        let start: Int = at
        at += 1
        guard let scalar = peek() else { throw unfinished(start) }
        at += 1
        func append(_ value: UInt32) throws(Failure) {
            guard let scalar = Unicode.Scalar(value) else {
                throw Failure(message: "Syntax error: invalid unicode code point", offset: start)
            }
            bytes.append(contentsOf: UTF8.encode(scalar)!)
        }
        switch scalar {
        case "a": bytes.append(7)
        case "b": bytes.append(8)
        case "f": bytes.append(12)
        case "n": bytes.append(10)
        case "r": bytes.append(13)
        case "t": bytes.append(9)
        case "v": bytes.append(11)
        case "\\", "?", "\"", "'", "`": bytes.append(UInt8(scalar.value))
        case "x", "X", "u", "U":
            if scalar == "u" || scalar == "U", isBytes {
                throw Failure(message: "Syntax error: invalid escape sequence in bytes literal", offset: start)
            }
            let count: Int = scalar == "u" ? 4 : scalar == "U" ? 8 : 2
            let digits: String = text(at..<min(scalars.count, at + count))
            guard digits.utf8.count == count, digits.unicodeScalars.allSatisfy({ Self.isHexadecimal($0) }),
                let value = UInt32(digits, radix: 16)
            else { throw Failure(message: "Syntax error: token recognition error at: '\\\(Character(scalar))'", offset: start) }
            at += count
            if isBytes { bytes.append(UInt8(value)) } else { try append(value) }
        case "0"..."3":
            let digits: String = text(at - 1..<min(scalars.count, at + 2))
            guard digits.utf8.count == 3, let value = UInt32(digits, radix: 8) else {
                throw Failure(message: "Syntax error: token recognition error at: '\\\(Character(scalar))'", offset: start)
            }
            at += 2
            if isBytes { bytes.append(UInt8(value)) } else { try append(value) }
        default:
            throw Failure(message: "Syntax error: token recognition error at: '\\\(Character(scalar))'", offset: start)
        }
    }
}
