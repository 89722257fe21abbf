import Machinery

/// A compiled expression. Evaluating it changes nothing in it.
package struct Program: Sendable {
    /// What came of an evaluation.
    package struct Outcome: Sendable {
        package let result: Result<Value, EvaluationError>
        package let cost: UInt64

        /// True, false, or nil for any other value.
        package var bool: Bool? { if case .success(.bool(let value)) = result { value } else { nil } }
    }

    package let source: String
    /// Of the value.
    package let type: ValueType
    /// At the worst, for data that are as large as their declarations allow; `UInt64.max` for more than can be counted.
    package let estimatedCost: UInt64
    /// Variables of the environment that the expression speaks of.
    package let uses: Set<Int>
    private let step: Step
    private let localCount: Int

    /// What one evaluation may cost. Source: `PerCallLimit` of k8s.io/apiserver/pkg/apis/cel.
    package static let callLimit: UInt64 = 1_000_000

    /// Throws ``CompilationError`` with everything that is wrong.
    package init(_ source: String, in environment: Environment) throws(CompilationError) {
        let began: ContinuousClock.Instant = .now
        defer { ExpressionTimes.compilation.observe(began.duration(to: .now)) }
        let scalars: [Unicode.Scalar] = Array(source.unicodeScalars)
        let expression: Expression
        do throws(Parser.Failure) {
            expression = try Parser.parse(scalars)
        } catch {
            throw CompilationError(issues: [Issue(error.message, at: error.offset, in: scalars)])
        }
        var checker = Checker(environment)
        checker.check(expression)
        let issues: [Issue] = checker.issues.map { Issue($0.message, at: $0.offset, in: scalars) }
        guard issues.isEmpty else { throw CompilationError(issues: issues) }
        self.source = source
        type = checker.unification.resolved(expression.type, freeAs: .dyn)
        uses = checker.used
        localCount = checker.localCount
        var estimator = CostEstimator(checker.unification)
        estimatedCost = estimator.cost(expression).most
        step = Planner.step(expression)
    }

    /// - Parameter inputs: values of the environment's variables, in their order; those that the expression does not use may be anything.
    package func evaluate(_ inputs: [Value], limit: UInt64 = Program.callLimit) -> Outcome {
        let began: ContinuousClock.Instant = .now
        defer { ExpressionTimes.evaluation.observe(began.duration(to: .now)) }
        let frame = Frame(inputs: inputs, localCount: localCount, limit: limit)
        do throws(EvaluationError) {
            return Outcome(result: .success(try step.evaluate(frame)), cost: frame.cost)
        } catch {
            return Outcome(result: .failure(error), cost: frame.cost)
        }
    }
}
