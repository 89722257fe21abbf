/// Reads templates and paths.
struct JSONPathParser {
    private var rest: Substring

    /// The parts of a whole template, with the bodies of ranges inside them.
    static func parts(_ template: String) throws -> [JSONPath.Part] {
        var actions: [Action] = try actions(template[...])
        return try nest(&actions, isInRange: false)
    }

    private enum Action {
        case text(String)
        case path([JSONPath.Step])
        case range([JSONPath.Step])
        case end
    }

    private static func nest(_ actions: inout [Action], isInRange: Bool) throws -> [JSONPath.Part] {
        var parts: [JSONPath.Part] = []
        while !actions.isEmpty {
            switch actions.removeFirst() {
            case .text(let text): parts.append(.text(text))
            case .path(let steps): parts.append(.path(steps))
            case .range(let steps): parts.append(.range(steps, try nest(&actions, isInRange: true)))
            case .end:
                guard isInRange else { throw JSONPathError("not in range, nothing to end") }
                return parts
            }
        }
        return parts
    }

    private static func actions(_ template: Substring) throws -> [Action] {
        var actions: [Action] = []
        var rest: Substring = template
        while !rest.isEmpty {
            let text: Substring = rest.prefix { $0 != "{" }
            if !text.isEmpty { actions.append(.text(String(text))) }
            rest = rest.dropFirst(text.count)
            guard !rest.isEmpty else { break }
            let inner: Substring = try upToBrace(rest.dropFirst())
            actions += try action(inner)
            rest = rest.dropFirst(inner.count + 2)
        }
        return actions
    }

    /// Everything up to the closing brace, which may not be the one inside quotes.
    private static func upToBrace(_ text: Substring) throws -> Substring {
        var quote: Character?
        var isEscaped: Bool = false
        for index in text.indices {
            let character: Character = text[index]
            if isEscaped {
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if let open = quote {
                if character == open { quote = nil }
            } else if character == "\"" || character == "'" {
                quote = character
            } else if character == "}" {
                return text[..<index]
            }
        }
        throw JSONPathError(quote == nil ? "unclosed action" : "unterminated quoted string")
    }

    private static func action(_ text: Substring) throws -> [Action] {
        var parser = JSONPathParser(rest: text)
        parser.skipSpace()
        if parser.take(word: "end") {
            parser.skipSpace()
            guard parser.rest.isEmpty else { throw JSONPathError("unrecognized identifier end\(parser.rest)") }
            return [.end]
        }
        if parser.take(word: "range") { return [.range(try parser.steps())] }
        // Quoted text between paths is text of its own: {.a "\n"} is not upstream's, but {"\n"} is the common line break.
        return [.path(try parser.steps())]
    }

    /// The steps of a path given as text, such as one side of a filter.
    private static func steps(of text: Substring) throws -> [JSONPath.Step] {
        var parser = JSONPathParser(rest: text)
        return try parser.steps()
    }

    private mutating func steps() throws -> [JSONPath.Step] {
        var steps: [JSONPath.Step] = []
        while let character = rest.first {
            switch character {
            case " ", "\t", "\n", "\r", "$", "@": rest.removeFirst()
            case "[": steps.append(try bracket())
            case "\"", "'": steps.append(.literal(.string(try quoted())))
            case ".":
                rest.removeFirst()
                if rest.first == "." {
                    rest.removeFirst()
                    steps.append(.recursive)
                    if let next = rest.first, next != "[", next != "." { appendField(to: &steps) }
                } else {
                    appendField(to: &steps)
                }
            case "0"..."9", "-", "+": steps.append(.literal(try number()))
            default:
                let word = String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
                guard word == "true" || word == "false" else {
                    throw JSONPathError(
                        word.isEmpty
                            ? "unrecognized character in action: U+\(hex(character)) '\(character)'" : "unrecognized identifier \(word)")
                }
                rest = rest.dropFirst(word.count)
                steps.append(.literal(.bool(word == "true")))
            }
        }
        return steps
    }

    /// The name behind a dot; `\.` is a dot that belongs to it. A dot alone means the value itself.
    private mutating func appendField(to steps: inout [JSONPath.Step]) {
        var name: String = ""
        while let character = rest.first {
            if character == "\\" {
                rest.removeFirst()
                if let escaped = rest.popFirst() { name.append(escaped) }
                continue
            }
            if " .[],$@{}\n\r\t".contains(character) { break }
            name.append(character)
            rest.removeFirst()
        }
        if name == "*" { steps.append(.wildcard) } else if !name.isEmpty { steps.append(.field(name)) }
    }

    private mutating func bracket() throws -> JSONPath.Step {
        rest.removeFirst()
        let inner: Substring = try upToBracket()
        rest = rest.dropFirst(inner.count + 1)
        return try Self.selection(inner)
    }

    /// Everything up to the bracket that closes; brackets inside of quotes and filters are skipped.
    private func upToBracket() throws -> Substring {
        var quote: Character?
        var depth: Int = 0
        var isEscaped: Bool = false
        for index in rest.indices {
            let character: Character = rest[index]
            if isEscaped {
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if let open = quote {
                if character == open { quote = nil }
            } else if character == "\"" || character == "'" {
                quote = character
            } else if character == "[" {
                depth += 1
            } else if character == "]" {
                if depth == 0 { return rest[..<index] }
                depth -= 1
            }
        }
        throw JSONPathError("unterminated array")
    }

    private static func selection(_ text: Substring) throws -> JSONPath.Step {
        let trimmed: Substring = text.trimmed
        if trimmed == "*" { return .wildcard }
        if trimmed.hasPrefix("?(") {
            guard trimmed.hasSuffix(")") else { throw JSONPathError("unterminated filter") }
            return .filter(try filter(trimmed.dropFirst(2).dropLast()))
        }
        let parts: [Substring] = split(trimmed, at: ",")
        if parts.count > 1 { return .union(try parts.map { [try selection($0)] }) }
        // A path without its first dot: ['metadata.name']; dots that belong to a name are escaped: ['kubernetes\.io/arch'].
        if trimmed.count >= 2, trimmed.hasPrefix("'"), trimmed.hasSuffix("'") {
            let path: [JSONPath.Step] = try steps(of: Substring(".\(trimmed.dropFirst().dropLast())"))
            return path.count == 1 ? path[0] : .union([path])
        }
        if trimmed.hasPrefix(".") || trimmed.hasPrefix("$") || trimmed.hasPrefix("@") { return .union([try steps(of: trimmed)]) }
        let bounds: [Substring] = trimmed.split(separator: ":", omittingEmptySubsequences: false)
        let numbers: [Int?] = try bounds.map { bound in
            guard !bound.isEmpty else { return nil }
            guard let number = Int(bound) else { throw JSONPathError("invalid array index \(trimmed)") }
            return number
        }
        switch (numbers.count, numbers.first) {
        case (1, let index??): return .index(index)
        case (2, _): return .slice(from: numbers[0], to: numbers[1], by: nil)
        case (3, _): return .slice(from: numbers[0], to: numbers[1], by: numbers[2])
        default: throw JSONPathError("invalid array index \(trimmed)")
        }
    }

    /// `@.type=="Ready"`, `@.spec`
    private static func filter(_ text: Substring) throws -> JSONPath.Filter {
        var quote: Character?
        for index in text.indices {
            let character: Character = text[index]
            if let open = quote {
                if character == open { quote = nil }
                continue
            }
            if character == "\"" || character == "'" { quote = character }
            guard "=!<>".contains(character) else { continue }
            let sign: Substring = text[index...].prefix { "=!<>".contains($0) }
            guard let comparison = JSONPath.Filter.Comparison(rawValue: String(sign)), comparison != .exists else {
                throw JSONPathError("unrecognized filter operator \(sign)")
            }
            return JSONPath.Filter(
                left: try steps(of: text[..<index].trimmed), comparison: comparison,
                right: try steps(of: text[index...].dropFirst(sign.count).trimmed))
        }
        return JSONPath.Filter(left: try steps(of: text.trimmed), comparison: .exists, right: [])
    }

    /// Splits outside of quotes.
    private static func split(_ text: Substring, at separator: Character) -> [Substring] {
        var parts: [Substring] = []
        var quote: Character?
        var start: Substring.Index = text.startIndex
        for index in text.indices {
            let character: Character = text[index]
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "\"" || character == "'" {
                quote = character
            } else if character == separator {
                parts.append(text[start..<index])
                start = text.index(after: index)
            }
        }
        return parts + [text[start...]]
    }

    /// A text in quotes, with Go's escapes.
    private mutating func quoted() throws -> String {
        guard let quote = rest.popFirst() else { throw JSONPathError("unterminated quoted string") }
        var text: String = ""
        while let character = rest.popFirst() {
            if character == quote { return text }
            guard character == "\\" else {
                text.append(character)
                continue
            }
            switch rest.popFirst() {
            case "n": text.append("\n")
            case "t": text.append("\t")
            case "r": text.append("\r")
            case let escaped?: text.append(escaped)
            case nil: break
            }
        }
        throw JSONPathError("unterminated quoted string")
    }

    private mutating func number() throws -> JSON {
        let text = String(rest.prefix { $0.isNumber || "+-.eE".contains($0) })
        rest = rest.dropFirst(text.count)
        if let int = Int64(text) { return .int(int) }
        guard Double(text) != nil else { throw JSONPathError("cannot parse number \(text)") }
        return .number(text)
    }

    private mutating func take(word: String) -> Bool {
        guard rest.hasPrefix(word) else { return false }
        if let next = rest.dropFirst(word.count).first, next.isLetter || next.isNumber { return false }
        rest = rest.dropFirst(word.count)
        return true
    }

    private mutating func skipSpace() { rest = rest.drop { $0.isWhitespace } }

    private func hex(_ character: Character) -> String {
        let digits: String = String(character.unicodeScalars.first?.value ?? 0, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

extension Substring {
    /// Without spaces at both ends.
    public var trimmed: Substring {
        var text: Substring = drop { $0.isWhitespace }
        while text.last?.isWhitespace == true { text = text.dropLast() }
        return text
    }
}
