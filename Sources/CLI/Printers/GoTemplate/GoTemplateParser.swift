import Machinery

/// Reads templates: text and actions, then the words of each action.
struct GoTemplateParser {
    private enum Piece {
        case text(String)
        case action(String, GoTemplate.Place)
    }

    private var pieces: ArraySlice<Piece> = []
    private(set) var definitions: [String: [GoTemplate.Node]] = [:]
    /// Of the action that is read.
    private var place = GoTemplate.Place(line: 1, column: 0)
    private var line: Int { place.line }

    init(_ source: String) throws { pieces = try Self.pieces(source)[...] }

    /// The whole template.
    mutating func template() throws -> [GoTemplate.Node] {
        let (nodes, end): ([GoTemplate.Node], String?) = try block()
        if let end { throw GoTemplateError(line: line, text: "unexpected {{\(end)}}") }
        return nodes
    }

    // MARK: - Blocks

    /// Nodes up to an `end` or `else` of the block around; nil when the text ends first.
    private mutating func block() throws -> (nodes: [GoTemplate.Node], end: String?) {
        var nodes: [GoTemplate.Node] = []
        while let piece = pieces.popFirst() {
            switch piece {
            case .text(let text): nodes.append(.text(text))
            case .action(let action, let place):
                self.place = place
                var words: GoTemplateWords = try GoTemplateWords(action, place)
                guard let first = words.first else { throw GoTemplateError(line: line, text: "missing value for command") }
                switch first {
                case .identifier("end"), .identifier("else"): return (nodes, action)
                case .identifier("if"):
                    words.drop()
                    nodes.append(try condition(&words))
                case .identifier("range"):
                    words.drop()
                    let pipeline: GoTemplate.Pipeline = try words.pipeline()
                    let (body, otherwise) = try bodies("range")
                    nodes.append(.range(pipeline, body: body, otherwise: otherwise))
                case .identifier("with"):
                    words.drop()
                    let pipeline: GoTemplate.Pipeline = try words.pipeline()
                    let (body, otherwise) = try bodies("with")
                    nodes.append(.with(pipeline, body: body, otherwise: otherwise))
                case .identifier("define"), .identifier("block"):
                    words.drop()
                    guard case .text(let name)? = words.first else {
                        throw GoTemplateError(line: line, text: "unexpected \(action) in define")
                    }
                    words.drop()
                    let pipeline: GoTemplate.Pipeline? = first == .identifier("block") ? try words.pipeline() : nil
                    let (body, _) = try bodies("define")
                    definitions[name] = body
                    if let pipeline { nodes.append(.call(name, pipeline)) }
                case .identifier("template"):
                    words.drop()
                    guard case .text(let name)? = words.first else {
                        throw GoTemplateError(line: line, text: "unexpected \(action) in template clause")
                    }
                    words.drop()
                    nodes.append(.call(name, words.first == nil ? nil : try words.pipeline()))
                case .identifier("break"): nodes.append(.leave)
                case .identifier("continue"): nodes.append(.next)
                default: nodes.append(.output(try words.pipeline()))
                }
            }
        }
        return (nodes, nil)
    }

    private mutating func condition(_ words: inout GoTemplateWords) throws -> GoTemplate.Node {
        let pipeline: GoTemplate.Pipeline = try words.pipeline()
        let (then, otherwise) = try bodies("if")
        return .condition(pipeline, then: then, otherwise: otherwise)
    }

    /// The body and what stands behind `else`; `else if` is a block in it.
    private mutating func bodies(_ what: String) throws -> (body: [GoTemplate.Node], otherwise: [GoTemplate.Node]) {
        let (body, end): ([GoTemplate.Node], String?) = try block()
        guard let end else { throw GoTemplateError(line: line, text: "unexpected EOF") }
        var words: GoTemplateWords = try GoTemplateWords(end, place)
        if words.first == .identifier("end") { return (body, []) }
        words.drop()
        if words.first == .identifier("if") {
            words.drop()
            return (body, [try condition(&words)])
        }
        if words.first == .identifier("with") {
            words.drop()
            let pipeline: GoTemplate.Pipeline = try words.pipeline()
            let (inner, otherwise) = try bodies("with")
            return (body, [.with(pipeline, body: inner, otherwise: otherwise)])
        }
        let (otherwise, last): ([GoTemplate.Node], String?) = try block()
        guard last != nil else { throw GoTemplateError(line: line, text: "unexpected EOF") }
        return (body, otherwise)
    }

    // MARK: - Text and actions

    /// `{{- ` and ` -}}` take the white space beside them away; comments are left out.
    private static func pieces(_ source: String) throws -> [Piece] {
        var pieces: [Piece] = []
        var rest: Substring = source[...]
        var line: Int = 1
        var trims: Bool = false
        while true {
            let (before, after): (Substring, Substring?) = split(rest, at: "{{")
            var text: Substring = before
            line += before.count { $0 == "\n" }
            if trims { text = text.drop(while: \.isWhitespace) }
            guard var action = after else {
                if !text.isEmpty { pieces.append(.text(String(text))) }
                return pieces
            }
            if action.hasPrefix("- ") || action.hasPrefix("-\n") || action.hasPrefix("-\t") {
                action = action.dropFirst()
                while text.last?.isWhitespace == true { text = text.dropLast() }
            }
            if !text.isEmpty { pieces.append(.text(String(text))) }
            guard let end = end(of: action) else { throw GoTemplateError(line: line, text: "unclosed action") }
            var inner: Substring = action[..<end]
            rest = action[end...].dropFirst(2)
            trims = inner.hasSuffix(" -") || inner.hasSuffix("\n-") || inner.hasSuffix("\t-")
            if trims { inner = inner.dropLast() }
            let trimmed: Substring = inner.trimmed
            if !(trimmed.hasPrefix("/*") && trimmed.hasSuffix("*/")) {
                let start: Substring.Index =
                    source[..<trimmed.startIndex].lastIndex(of: "\n").map(source.index(after:)) ?? source.startIndex
                let column: Int = source.utf8.distance(from: start, to: trimmed.startIndex)
                pieces.append(.action(String(trimmed), GoTemplate.Place(line: line, column: column)))
            }
            line += inner.count { $0 == "\n" }
        }
    }

    private static func split(_ text: Substring, at mark: String) -> (before: Substring, after: Substring?) {
        guard let range = text.firstRange(of: mark) else { return (text, nil) }
        return (text[..<range.lowerBound], text[range.upperBound...])
    }

    /// Where the `}}` of an action stands, outside of its strings.
    private static func end(of action: Substring) -> Substring.Index? {
        var index: Substring.Index = action.startIndex
        var quote: Character?
        while index < action.endIndex {
            let character: Character = action[index]
            if let open = quote {
                if character == "\\", open == "\"" {
                    index = action.index(after: index)
                    if index == action.endIndex { return nil }
                } else if character == open {
                    quote = nil
                }
            } else if character == "\"" || character == "`" {
                quote = character
            } else if action[index...].hasPrefix("}}") {
                return index
            }
            index = action.index(after: index)
        }
        return nil
    }
}
