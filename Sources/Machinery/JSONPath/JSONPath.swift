/// A template in kubectl's dialect of JSONPath: text with actions in braces, `{range .items[*]}{.metadata.name}{"\n"}{end}`.
///
/// Fields that are missing give nothing, as `kubectl get` has it, unless ``allowsMissingKeys`` is false. Source: k8s.io/client-go/util/jsonpath.
public struct JSONPath: Sendable {
    /// A piece of the template.
    indirect enum Part: Sendable, Equatable {
        case text(String)
        case path([Step])
        case range([Step], [Part])
    }

    /// One step from values to values.
    indirect enum Step: Sendable, Equatable {
        case field(String)
        case wildcard
        /// The value and all that is below it.
        case recursive
        case index(Int)
        case slice(from: Int?, to: Int?, by: Int?)
        case union([[Step]])
        case filter(Filter)
        /// A literal: takes the place of the values.
        case literal(JSON)
    }

    /// Elements are kept where the comparison holds.
    struct Filter: Sendable, Equatable {
        enum Comparison: String, Sendable {
            case exists, equal = "==", notEqual = "!=", less = "<", atMost = "<=", more = ">", atLeast = ">="
        }

        let left: [Step]
        let comparison: Comparison
        let right: [Step]
    }

    public let source: String
    /// A field that the object has not is empty; otherwise it is an error.
    public var allowsMissingKeys: Bool = true
    let parts: [Part]

    /// Throws ``JSONPathError``.
    public init(_ template: String) throws {
        source = template
        parts = try JSONPathParser.parts(template)
    }

    /// Takes the forms that `--sort-by` and custom columns allow: `metadata.name`, `.metadata.name`, `{.metadata.name}`.
    public init(relaxed text: String) throws { try self.init(Self.relaxed(text)) }

    /// The expression with braces and a leading dot.
    public static func relaxed(_ text: String) -> String {
        var inner: Substring = text[...]
        if inner.hasPrefix("{"), inner.hasSuffix("}") { inner = inner.dropFirst().dropLast() }
        return inner.hasPrefix(".") || inner.hasPrefix("[") || inner.hasPrefix("$") ? "{\(inner)}" : "{.\(inner)}"
    }

    /// The template filled in for one object.
    public func text(_ object: JSON) throws -> String {
        do { return try evaluator.text(parts, object) } catch let error as JSONPathError { throw told(error, object) }
    }

    /// What the paths of the template lead to, in order; text is left out.
    public func values(_ object: JSON) throws -> [JSON] {
        do { return try evaluator.values(parts, object) } catch let error as JSONPathError { throw told(error, object) }
    }

    private var evaluator: JSONPathEvaluator { JSONPathEvaluator(allowsMissingKeys: allowsMissingKeys) }

    /// With the template and the object, as kubectl tells it.
    private func told(_ error: JSONPathError, _ object: JSON) -> JSONPathError {
        JSONPathError(
            "error executing jsonpath \(JSON.quoted(source)): Error executing template: \(error). Printing more information for debugging the "
                + "template:\n\ttemplate was:\n\t\t\(source)\n\tobject given to jsonpath engine was:\n\t\t\(GoText.syntax(of: object))\n\n\n"
        )
    }
}

/// What is wrong with a template, or with its use on an object.
public struct JSONPathError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}
