import Machinery

/// A template in the language of Go's `text/template`, as `-o go-template` takes it.
///
/// Source: pkg.go.dev/text/template; the functions `exists`, `base64decode` are kubectl's own.
struct GoTemplate: Sendable {
    /// A piece of a template.
    indirect enum Node: Sendable {
        case text(String)
        case output(Pipeline)
        case condition(Pipeline, then: [Node], otherwise: [Node])
        case range(Pipeline, body: [Node], otherwise: [Node])
        case with(Pipeline, body: [Node], otherwise: [Node])
        case call(String, Pipeline?)
        case leave, next
    }

    /// Commands whose results go from one to the next, perhaps into variables.
    struct Pipeline: Sendable {
        var variables: [String] = []
        /// `=` and not `:=`
        var assigns: Bool = false
        var commands: [[Operand]] = []
    }

    /// A word of a command.
    indirect enum Operand: Sendable {
        case dot
        case literal(JSON)
        case function(String)
        case variable(String)
        /// Fields below an operand: `.metadata.name`, `$x.name`, `(index . 0).name`.
        case fields(Operand, [String], Place)
        case pipeline(Pipeline)
    }

    /// Where something stands in the template: its line, from 1, and its bytes from the start of that line.
    struct Place: Sendable {
        let line: Int
        let column: Int
    }

    let source: String
    let allowsMissingKeys: Bool
    let nodes: [Node]
    /// Templates that the template itself defines.
    let definitions: [String: [Node]]

    /// Throws ``Failure`` in kubectl's words.
    init(_ source: String, allowsMissingKeys: Bool = true) throws {
        self.source = source
        self.allowsMissingKeys = allowsMissingKeys
        do {
            var parser: GoTemplateParser = try GoTemplateParser(source)
            nodes = try parser.template()
            definitions = parser.definitions
        } catch let error as GoTemplateError {
            throw Failure("error parsing template \(source), template: output:\(error.line): \(error.text)")
        }
    }

    /// The template filled in for one object. Throws ``GoTemplateFailure``.
    ///
    /// - Parameter isTyped: in errors, the object's JSON has its members as Go declares them.
    func text(_ object: JSON, isTyped: Bool = false) throws -> String {
        var evaluation = GoTemplateEvaluation(self, object)
        do {
            try evaluation.run()
            return evaluation.text
        } catch let error as GoTemplateError {
            let what = "template: output:\(error.line):\(error.column): executing \"output\" at \(error.text)"
            let raw: String = (isTyped ? GoForm.ordered(object) : object.sortedByKey).text(JSONStyle(escapeHTML: true))
            throw GoTemplateFailure(
                output: evaluation.text + "Error executing template: \(what). Printing more information for debugging the template:\n"
                    + "\ttemplate was:\n\t\t\(source)\n\traw data was:\n\t\t\(raw)\n\tobject given to template engine was:\n\t\t\(GoText.of(object))\n\n",
                failure: Failure("error executing template \(JSON.quoted(source)): \(what)"))
        }
    }
}

/// What is wrong with a template, and where.
struct GoTemplateError: Error {
    let line: Int
    var column: Int = 0
    let text: String
}

/// A template that does not fit its object.
struct GoTemplateFailure: Error {
    /// For standard output, where kubectl shows it: what was written before the error, then the template and the object.
    let output: String
    let failure: Failure
}
