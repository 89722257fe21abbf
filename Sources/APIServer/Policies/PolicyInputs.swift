import API
import CEL
import Machinery

/// What the expressions of one policy see of one request, and what they may still spend.
///
/// Belongs to one thread.
final class PolicyInputs {
    /// What all expressions of a policy may cost for one request. Source: `RuntimeCELCostBudget` of k8s.io/apiserver/pkg/apis/cel.
    static let budget: UInt64 = 10_000_000
    /// The same for match conditions. Source: `RuntimeCELCostBudgetMatchConditions`.
    static let conditionBudget: UInt64 = budget / 4

    enum Failure: Error {
        /// An expression is none.
        case compilation(String)
        /// An expression has no value.
        case evaluation(String)
        /// All that may be spent is spent.
        case exhausted
    }

    private var values: [Value]
    private(set) var left: UInt64

    init(
        object: JSON?, old: JSON?, request: JSON, namespace: JSON?, judge: PolicyJudge, resource: AccessQuestion, params: JSON?,
        variables: [String: PolicyExpression], budget: UInt64 = PolicyInputs.budget
    ) {
        func value(_ json: JSON?) -> Value { json.map { Value($0, .dyn) } ?? .null }
        values = [
            value(object), value(old), PolicyEnvironment.value(request: request), PolicyEnvironment.value(namespace: namespace),
            .object(AuthorizerValue(judge)), .object(AuthorizerValue(judge, resource: resource)), .null, value(params),
        ]
        left = budget
        values[PolicyEnvironment.Place.variables.rawValue] = .object(LazyVariables(variables, values))
    }

    /// Shows another object to the expressions that follow, and makes the variables anew.
    func show(_ object: JSON, variables: [String: PolicyExpression]) {
        values[PolicyEnvironment.Place.object.rawValue] = Value(object, .dyn)
        values[PolicyEnvironment.Place.variables.rawValue] = .object(LazyVariables(variables, values))
    }

    func evaluate(_ expression: PolicyExpression) throws(Failure) -> Value {
        guard let program = expression.program else {
            throw .compilation("compilation error: " + (expression.failure ?? ""))
        }
        let outcome: Program.Outcome = program.evaluate(values)
        guard outcome.cost <= left else {
            left = 0
            throw .exhausted
        }
        left -= outcome.cost
        switch outcome.result {
        case .success(let value): return value
        case .failure(let error):
            throw .evaluation("expression '\(expression.text)' resulted in error: \(error.description)")
        }
    }

    /// Whether all conditions hold; one that does not makes up for errors of others. Throws ``Failure`` for the first error otherwise.
    func match(_ conditions: [PolicyExpression]) throws(Failure) -> Bool {
        var failure: Failure?
        for condition in conditions {
            do throws(Failure) {
                if case .bool(false) = try evaluate(condition) { return false }
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return true
    }
}

extension PolicyInputs.Failure {
    var text: String {
        switch self {
        case .compilation(let text), .evaluation(let text): text
        case .exhausted: "validation failed due to running out of cost budget, no further validation rules will be run"
        }
    }

    var fault: PolicyMetrics.Fault {
        switch self {
        case .compilation: .compilation
        case .evaluation: .evaluation
        case .exhausted: .exhausted
        }
    }
}

/// The variables of a policy: each is made when an expression asks for it, and once for a request.
///
/// A variable knows only those before it, so that none can lead back to itself.
private final class LazyVariables: FieldedValue, @unchecked Sendable {
    private let expressions: [String: PolicyExpression]
    private let inputs: [Value]
    private var made: [String: Result<Value, EvaluationError>] = [:]

    init(_ expressions: [String: PolicyExpression], _ inputs: [Value]) {
        self.expressions = expressions
        self.inputs = inputs
    }

    var typeName: String { "kubernetes.variables" }

    func isEqual(to other: any OpaqueValue) -> Bool { (other as? LazyVariables) === self }

    func field(_ name: String, _ frame: Frame) throws(EvaluationError) -> Value? {
        if let known = made[name] { return try known.get() }
        guard let expression = expressions[name] else { return nil }
        let result: Result<Value, EvaluationError>
        if let program = expression.program {
            var values: [Value] = inputs
            values[PolicyEnvironment.Place.variables.rawValue] = .object(self)
            let outcome: Program.Outcome = program.evaluate(values, limit: frame.remaining)
            try frame.chargeInner(outcome.cost)
            result = outcome.result.mapError { error in
                EvaluationError("composited variable \"\(name)\" fails to evaluate: \(error.description)", error.kind)
            }
        } else {
            result = .failure(
                EvaluationError("composited variable \"\(name)\" fails to compile: \(expression.failure ?? "")"))
        }
        made[name] = result
        return try result.get()
    }
}
