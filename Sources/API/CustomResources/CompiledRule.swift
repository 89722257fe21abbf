import CEL
import Machinery

/// One rule of `x-kubernetes-validations`, ready to be evaluated.
struct CompiledRule: Sendable {
    let text: String
    /// nil for an empty rule, and for one that does not compile.
    let program: Program?
    /// Why there is no program, in the words of the server's refusal.
    let failure: String?
    let messageProgram: Program?
    let messageFailure: String?
    let isOldSelfOptional: Bool
    private let message: String
    private let reason: String?
    private let fieldPath: [String]

    /// Most bytes of a message that an expression makes. Source: `MaxEvaluatedMessageExpressionSizeBytes` of k8s.io/apiserver/pkg/apis/cel.
    private static let messageLimit = 5 * 1024

    var usesOldSelf: Bool { program?.uses.contains(1) ?? false }

    /// - Parameter json: an element of `x-kubernetes-validations`.
    init(_ json: JSON, _ declaration: Declaration) {
        text = json["rule"]?.string ?? ""
        message = json["message"]?.string ?? ""
        reason = json["reason"]?.string
        fieldPath = RuleFieldPath.steps(json["fieldPath"]?.string ?? "")
        isOldSelfOptional = json["optionalOldSelf"] == true
        let environment = Environment([
            Environment.Variable("self", declaration),
            isOldSelfOptional ? Environment.Variable("oldSelf", optional: declaration) : Environment.Variable("oldSelf", declaration),
        ])
        (program, failure) = Self.compile(text, in: environment, .bool, "", "cel expression must evaluate to a bool")
        (messageProgram, messageFailure) = Self.compile(
            json["messageExpression"]?.string ?? "", in: environment, .string, "messageExpression ",
            "messageExpression must evaluate to a string")
    }

    private static func compile(
        _ text: String, in environment: Environment, _ type: ValueType, _ name: String, _ complaint: String
    ) -> (Program?, String?) {
        guard !text.allSatisfy(\.isWhitespace) else { return (nil, nil) }
        do throws(CompilationError) {
            let program = try Program(text, in: environment)
            guard program.type == type else { return (nil, complaint) }
            return (program, nil)
        } catch {
            return (nil, "\(name)compilation failed: \(error.description)")
        }
    }

    func inputs(_ value: Value, _ old: JSON?, _ declaration: Declaration) -> [Value] {
        guard usesOldSelf else { return [value, .null] }
        let before: Value? = old.map { Value($0, declaration) }
        return [value, isOldSelfOptional ? before.map { Value.optional(.some($0)) } ?? .noValue : before ?? .null]
    }

    /// What a rule is called in errors: its message, or its text.
    private var shown: String { String((message.isEmpty ? text : message)[...].trimmed) }

    /// An error that an evaluation ended with.
    func explanation(_ error: EvaluationError) -> String {
        switch error.kind {
        case .noOverload:
            "'\(error.description)': call arguments did not match a supported operator, function or macro signature for rule: \(shown)"
        case .tooExpensive:
            "'\(error.description)': no further validation rules will be run due to call cost exceeds limit for rule: \(shown)"
        case .failed: "\(error.description) evaluating rule: \(shown)"
        }
    }

    /// Tells that the rule is broken. False when the message took what was left of the budget.
    func report(_ path: Path, _ type: String, _ inputs: [Value], _ budget: inout Int64, _ problems: inout Problems) -> Bool {
        let here: Path = fieldPath.isEmpty ? path.shown : fieldPath.reduce(path) { $0.child($1) }
        var detail: String = message.isEmpty ? "failed rule: " + shown : shown
        if let messageProgram {
            let outcome: Program.Outcome = messageProgram.evaluate(inputs)
            guard outcome.cost <= UInt64(max(budget, 0)) else {
                problems.invalid(
                    here, .string(type),
                    "messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run")
                return false
            }
            budget -= Int64(outcome.cost)
            switch outcome.result {
            case .success(.string(let text)):
                let trimmed = String(text[...].trimmed)
                if !trimmed.isEmpty, trimmed.utf8.count <= Self.messageLimit, !trimmed.contains("\n") { detail = trimmed }
            case .failure(let error) where error.kind == .tooExpensive:
                problems.invalid(
                    here, .string(type),
                    "no further validation rules will be run due to call cost exceeds limit for messageExpression: "
                        + JSON.quoted(messageProgram.source))
                return false
            default: break
            }
        }
        switch reason {
        case "FieldValueForbidden": problems.forbidden(here, detail)
        case "FieldValueRequired": problems.required(here, detail)
        case "FieldValueDuplicate": problems.duplicate(here, .string(type))
        default: problems.invalid(here, .string(type), detail)
        }
        return true
    }
}

extension Path {
    /// As upstream shows it in the errors of rules: the object itself has no name.
    var shown: Path { if case .root = self { Path("<nil>") } else { self } }
}

/// The `fieldPath` of a rule: `.spec.name`, or `.labels['a/b']` in what upstream reads of old.
enum RuleFieldPath {
    static func steps(_ text: String) -> [String] {
        text.split(separator: ".").map(String.init)
    }

    /// What is wrong with a path for a schema; nil for a good one. Source: `ValidFieldPath` of
    /// k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel, without array notation.
    static func complaint(_ text: String, _ schema: JSON) -> String? {
        var schema: JSON = schema
        var rest: Substring = text[...]
        while !rest.isEmpty {
            if rest.hasPrefix("[") { return "array notation is not allowed" }
            guard rest.hasPrefix(".") else { return "expected [ or . but got: \(rest.prefix { $0 != "." && $0 != "[" })" }
            rest = rest.dropFirst()
            guard !rest.isEmpty else { return "unexpected end of JSON path" }
            let name: Substring = rest.prefix { $0 != "." && $0 != "[" && $0 != "]" }
            rest = rest[name.endIndex...]
            if let inner = schema[["properties", String(name)]] {
                schema = inner
            } else if schema["properties"] == nil, let values = schema["additionalProperties"], values.object != nil {
                schema = values
            } else {
                return "does not refer to a valid field"
            }
        }
        return nil
    }
}
