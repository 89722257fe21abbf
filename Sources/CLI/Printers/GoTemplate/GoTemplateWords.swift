import Machinery

/// The words of one action.
struct GoTemplateWords {
    enum Word: Equatable {
        case identifier(String)
        /// Without the dollar sign.
        case variable(String)
        /// Without the dot.
        case field(String)
        case text(String)
        case number(JSON)
        case dot, pipe, open, close, declare, assign, comma, space
    }

    private var words: ArraySlice<Word>
    /// Where each word begins, in characters from the start of its line.
    private var columns: ArraySlice<Int>
    private let line: Int

    /// - Parameter place: where the action begins.
    init(_ action: String, _ place: GoTemplate.Place) throws {
        line = place.line
        let found: [(word: Word, column: Int)] = try Self.words(action, place.line, place.column)
        words = found.map(\.word)[...]
        columns = found.map(\.column)[...]
    }

    /// The next word that is no space.
    var first: Word? { words.first { $0 != .space } }

    mutating func drop() {
        while pop() == .space {}
    }

    private mutating func pop() -> Word? {
        _ = columns.popFirst()
        return words.popFirst()
    }

    /// Everything up to the end or a closing parenthesis.
    mutating func pipeline() throws -> GoTemplate.Pipeline {
        var pipeline = GoTemplate.Pipeline()
        variables(&pipeline)
        while true {
            var command: [GoTemplate.Operand] = []
            while let word = first, word != .pipe, word != .close { command.append(try operand()) }
            guard !command.isEmpty else { throw GoTemplateError(line: line, text: "missing value for command") }
            pipeline.commands.append(command)
            guard first == .pipe else { return pipeline }
            drop()
        }
    }

    /// `$x :=`, `$i, $x :=`, `$x =`
    private mutating func variables(_ pipeline: inout GoTemplate.Pipeline) {
        var names: [String] = []
        var rest: [Word] = words.filter { $0 != .space }
        while case .variable(let name)? = rest.first {
            names.append(name)
            rest.removeFirst()
            guard rest.first == .comma else { break }
            rest.removeFirst()
        }
        guard !names.isEmpty, rest.first == .declare || rest.first == .assign else { return }
        pipeline.variables = names
        pipeline.assigns = rest.first == .assign
        while let word = pop(), word != .declare, word != .assign {}
    }

    private mutating func operand() throws -> GoTemplate.Operand {
        while words.first == .space { _ = pop() }
        let start: Int = columns.first ?? 0
        guard let word = pop() else { throw GoTemplateError(line: line, text: "missing value for command") }
        let base: GoTemplate.Operand
        switch word {
        case .identifier("true"): base = .literal(true)
        case .identifier("false"): base = .literal(false)
        case .identifier("nil"): base = .literal(.null)
        case .identifier(let name):
            guard GoTemplateFunctions.names.contains(name) else {
                throw GoTemplateError(line: line, text: "function \(JSON.quoted(name)) not defined")
            }
            base = .function(name)
        case .variable(let name): base = .variable(name)
        case .text(let text): base = .literal(.string(text))
        case .number(let number): base = .literal(number)
        case .dot: base = .dot
        case .field(let name):
            // As Go's parser places a chain: at its second field.
            let place = GoTemplate.Place(line: line, column: fieldFollows ? columns.first ?? start : start)
            return .fields(.dot, [name] + fields(), place)
        case .open:
            base = .pipeline(try pipeline())
            guard first == .close else { throw GoTemplateError(line: line, text: "unclosed left paren") }
            drop()
        case .pipe, .close, .declare, .assign, .comma, .space:
            throw GoTemplateError(line: line, text: "unexpected \(word) in operand")
        }
        let place = GoTemplate.Place(line: line, column: fieldFollows ? columns.first ?? start : start)
        let fields: [String] = fields()
        return fields.isEmpty ? base : .fields(base, fields, place)
    }

    private var fieldFollows: Bool { if case .field? = words.first { true } else { false } }

    /// Fields that follow without a space.
    private mutating func fields() -> [String] {
        var names: [String] = []
        while case .field(let name)? = words.first {
            _ = pop()
            names.append(name)
        }
        return names
    }

    // MARK: - Letters

    private static func words(_ action: String, _ line: Int, _ column: Int) throws -> [(word: Word, column: Int)] {
        var words: [(word: Word, column: Int)] = []
        var rest: Substring = action[...]
        while let character = rest.first {
            let place: Int = column + action.utf8.count - rest.utf8.count
            words.append((try word(character, &rest, line), place))
        }
        return words
    }

    /// The word that begins with the character, taken off the text.
    private static func word(_ character: Character, _ rest: inout Substring, _ line: Int) throws -> Word {
        switch character {
        case _ where character.isWhitespace:
            rest = rest.drop(while: \.isWhitespace)
            return .space
        case "|", "(", ")", ",":
            rest.removeFirst()
            return character == "|" ? .pipe : character == "(" ? .open : character == ")" ? .close : .comma
        case "=":
            rest.removeFirst()
            return .assign
        case ":" where rest.hasPrefix(":="):
            rest.removeFirst(2)
            return .declare
        case "\"", "`": return .text(try string(&rest, line))
        case "'": return .number(try letter(&rest, line))
        case "$":
            rest.removeFirst()
            return .variable(name(&rest))
        case ".":
            rest.removeFirst()
            let name: String = name(&rest)
            return name.isEmpty ? .dot : .field(name)
        case "0"..."9", "-", "+": return .number(try number(&rest, line))
        default:
            let name: String = name(&rest)
            guard !name.isEmpty else {
                throw GoTemplateError(line: line, text: "unexpected \(JSON.quoted(String(character))) in command")
            }
            return .identifier(name)
        }
    }

    private static func name(_ rest: inout Substring) -> String {
        let name: Substring = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        rest = rest.dropFirst(name.count)
        return String(name)
    }

    private static func number(_ rest: inout Substring, _ line: Int) throws -> JSON {
        let text: Substring = rest.prefix { $0.isNumber || $0.isLetter || "+-._".contains($0) }
        rest = rest.dropFirst(text.count)
        if let int = Int64(text) { return .int(int) }
        guard Double(text) != nil else { throw GoTemplateError(line: line, text: "bad number syntax: \(JSON.quoted(String(text)))") }
        return .number(String(text))
    }

    /// `'a'` is its code.
    private static func letter(_ rest: inout Substring, _ line: Int) throws -> JSON {
        let parts: Substring = rest.dropFirst()
        guard let scalar = parts.unicodeScalars.first, parts.dropFirst().first == "'" else {
            throw GoTemplateError(line: line, text: "unterminated character constant")
        }
        rest = parts.dropFirst(2)
        return .int(Int64(scalar.value))
    }

    private static func string(_ rest: inout Substring, _ line: Int) throws -> String {
        let quote: Character = rest.removeFirst()
        var raw: String = ""
        while let character = rest.popFirst() {
            if character == quote {
                if quote == "`" { return raw }
                // Go's escapes are JSON's and a few more.
                if let text = try? JSON(parsing: "\"" + raw + "\"").string { return text }
                throw GoTemplateError(line: line, text: "invalid syntax")
            }
            raw.append(character)
            if character == "\\", quote == "\"", let escaped = rest.popFirst() { raw.append(escaped) }
        }
        throw GoTemplateError(line: line, text: quote == "`" ? "unterminated raw quoted string" : "unterminated quoted string")
    }
}
