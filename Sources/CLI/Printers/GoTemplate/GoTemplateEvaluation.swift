import Machinery

/// Fills one template in.
struct GoTemplateEvaluation {
    private enum Leave: Error { case loop, turn }

    private(set) var text: String = ""
    private let template: GoTemplate
    private let root: JSON
    /// Innermost last.
    private var variables: [(name: String, value: JSON?)] = []
    private var depth: Int = 0

    init(_ template: GoTemplate, _ object: JSON) {
        self.template = template
        root = object
    }

    mutating func run() throws {
        variables = [("", root)]
        try run(template.nodes, root)
    }

    private mutating func run(_ nodes: [GoTemplate.Node], _ dot: JSON?) throws {
        for node in nodes { try run(node, dot) }
    }

    /// Runs nodes whose variables end with them.
    private mutating func scoped(_ nodes: [GoTemplate.Node], _ dot: JSON?, _ more: [(name: String, value: JSON?)] = []) throws {
        let count: Int = variables.count
        variables += more
        defer { variables.removeLast(variables.count - count) }
        try run(nodes, dot)
    }

    private mutating func run(_ node: GoTemplate.Node, _ dot: JSON?) throws {
        switch node {
        case .text(let text): self.text += text
        case .output(let pipeline):
            let value: JSON? = try value(pipeline, dot)
            if pipeline.variables.isEmpty { text += Self.shown(value) }
        case .condition(let pipeline, let then, let otherwise):
            let count: Int = variables.count
            defer { variables.removeLast(variables.count - count) }
            try scoped(Self.isTrue(try value(pipeline, dot)) ? then : otherwise, dot)
        case .with(let pipeline, let body, let otherwise):
            let count: Int = variables.count
            defer { variables.removeLast(variables.count - count) }
            let value: JSON? = try value(pipeline, dot)
            if Self.isTrue(value) { try scoped(body, value) } else { try scoped(otherwise, dot) }
        case .range(let pipeline, let body, let otherwise): try range(pipeline, body, otherwise, dot)
        case .call(let name, let pipeline):
            guard let nodes = template.definitions[name] else {
                throw GoTemplateError(line: 1, text: "<{{template \(JSON.quoted(name))}}>: template \(JSON.quoted(name)) not defined")
            }
            depth += 1
            defer { depth -= 1 }
            guard depth < 1000 else {
                throw GoTemplateError(line: 1, text: "<{{template \(JSON.quoted(name))}}>: exceeded maximum template depth")
            }
            let value: JSON? = try pipeline.flatMap { try self.value($0, dot) }
            let outer: [(name: String, value: JSON?)] = variables
            variables = [("", value)]
            defer { variables = outer }
            try run(nodes, value)
        case .leave: throw Leave.loop
        case .next: throw Leave.turn
        }
    }

    private mutating func range(
        _ pipeline: GoTemplate.Pipeline, _ body: [GoTemplate.Node], _ otherwise: [GoTemplate.Node], _ dot: JSON?
    ) throws {
        var bare: GoTemplate.Pipeline = pipeline
        bare.variables = []
        let value: JSON? = try value(bare, dot)
        let pairs: [(key: JSON, value: JSON)]
        switch value {
        case .array(let elements)?: pairs = elements.enumerated().map { (.int(Int64($0.offset)), $0.element) }
        case .object(let object)?: pairs = object.sorted().map { (.string($0.key), $0.value) }
        case .int(let count)?: pairs = (0..<max(0, count)).map { (.int($0), .int($0)) }
        case nil, .null?: pairs = []
        case let value?:
            throw GoTemplateError(line: 1, text: "<\(Self.shown(value))>: range can't iterate over \(GoText.of(value))")
        }
        if pairs.isEmpty { return try scoped(otherwise, dot) }
        for (key, element) in pairs {
            var more: [(name: String, value: JSON?)] = []
            if pipeline.variables.count == 2 { more = [(pipeline.variables[0], key), (pipeline.variables[1], element)] }
            if pipeline.variables.count == 1 { more = [(pipeline.variables[0], element)] }
            do { try scoped(body, element, more) } catch Leave.turn { continue } catch Leave.loop { return }
        }
    }

    // MARK: - Values

    /// nil is what Go shows as `<no value>`.
    private mutating func value(_ pipeline: GoTemplate.Pipeline, _ dot: JSON?) throws -> JSON? {
        var value: JSON?
        for (index, command) in pipeline.commands.enumerated() {
            value = try self.value(command, dot, piped: index > 0 ? .some(value) : nil)
        }
        if let name = pipeline.variables.first {
            if pipeline.assigns, let at = variables.lastIndex(where: { $0.name == name }) {
                variables[at].value = value
            } else {
                variables.append((name, value))
            }
        }
        return value
    }

    private mutating func value(_ command: [GoTemplate.Operand], _ dot: JSON?, piped: JSON??) throws -> JSON? {
        guard case .function(let name) = command[0] else {
            if command.count > 1 || piped != nil {
                throw GoTemplateError(
                    line: 1, text: "<\(Self.described(command[0]))>: can't give argument to non-function \(Self.described(command[0]))")
            }
            return try value(command[0], dot)
        }
        // `and` and `or` stop as soon as they know.
        if name == "and" || name == "or" {
            var last: JSON?
            for operand in command.dropFirst() {
                last = try value(operand, dot)
                if Self.isTrue(last) == (name == "or") { return last }
            }
            if let piped { last = piped }
            return last
        }
        var arguments: [JSON?] = []
        for operand in command.dropFirst() { arguments.append(try value(operand, dot)) }
        if let piped { arguments.append(piped) }
        return try GoTemplateFunctions.call(name, arguments)
    }

    private mutating func value(_ operand: GoTemplate.Operand, _ dot: JSON?) throws -> JSON? {
        switch operand {
        case .dot: return dot
        case .literal(let value): return value
        case .variable(let name):
            guard let found = variables.last(where: { $0.name == name }) else {
                throw GoTemplateError(line: 1, text: "<$\(name)>: undefined variable: $\(name)")
            }
            return found.value
        case .function(let name): return try GoTemplateFunctions.call(name, [])
        case .pipeline(let pipeline): return try value(pipeline, dot)
        case .fields(let base, let names, let place):
            var current: JSON? = try value(base, dot)
            for name in names {
                switch current {
                case .object(let object)?:
                    current = object[name]
                    if current == nil, !template.allowsMissingKeys {
                        throw GoTemplateError(
                            line: place.line, column: place.column,
                            text: "<\(Self.described(operand))>: map has no entry for key \(JSON.quoted(name))")
                    }
                case nil:
                    guard template.allowsMissingKeys else {
                        throw GoTemplateError(
                            line: place.line, column: place.column,
                            text: "<\(Self.described(operand))>: nil data; no entry for key \(JSON.quoted(name))")
                    }
                case .null?:
                    throw GoTemplateError(
                        line: place.line, column: place.column,
                        text: "<\(Self.described(operand))>: nil pointer evaluating interface {}.\(name)")
                case let value?:
                    throw GoTemplateError(
                        line: place.line, column: place.column,
                        text: "<\(Self.described(operand))>: can't evaluate field \(name) in type \(Self.goType(value))")
                }
            }
            return current
        }
    }

    // MARK: - Go's ways

    static func isTrue(_ value: JSON?) -> Bool {
        switch value {
        case nil, .null?: false
        case .bool(let value)?: value
        case .string(let text)?: !text.isEmpty
        case .array(let elements)?: !elements.isEmpty
        case .object(let object)?: !object.isEmpty
        case let number?: number.double != 0
        }
    }

    static func shown(_ value: JSON?) -> String {
        guard let value, !value.isNull else { return "<no value>" }
        return GoText.of(value)
    }

    static func goType(_ value: JSON) -> String {
        switch value {
        case .bool: "bool"
        case .int: "int64"
        case .number: "float64"
        case .string: "string"
        case .array: "[]interface {}"
        case .object, .null: "interface {}"
        }
    }

    private static func described(_ operand: GoTemplate.Operand) -> String {
        switch operand {
        case .dot: "."
        case .literal(let value): value.text()
        case .function(let name): name
        case .variable(let name): "$" + name
        case .fields(.dot, let names, _): names.map { "." + $0 }.joined()
        case .fields(let base, let names, _): described(base) + names.map { "." + $0 }.joined()
        case .pipeline: "(…)"
        }
    }
}
