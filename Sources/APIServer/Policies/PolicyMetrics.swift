import Machinery

/// How often validating policies came to a conclusion that is worth counting, and how long it took. What passes without an error is not
/// counted.
///
/// Source: k8s.io/apiserver/pkg/admission/plugin/policy/validating/metrics.
final class PolicyMetrics: Sendable {
    /// What followed from a broken rule, or from an expression without a value.
    enum Action: String { case allow, audit, deny, warn }

    /// Why an expression has no value.
    enum Fault: String {
        case none = "no_error"
        case compilation = "compile_error"
        case evaluation = "invalid_error"
        case exhausted = "out_of_budget"
    }

    private struct Check: Hashable {
        let policy: String
        let binding: String
        let action: Action
        let fault: Fault

        var labels: [MetricLabel] {
            [
                MetricLabel("enforcement_action", action.rawValue), MetricLabel("error_type", fault.rawValue),
                MetricLabel("policy", policy),
                MetricLabel("policy_binding", binding),
            ]
        }
    }

    private let checks = LabelTable<Check, Metrics.Histogram>(capacity: 512, overflow: histogram()) { _ in histogram() }

    init(_ metrics: Metrics) {
        metrics.collect { [weak self] text in self?.write(&text) }
    }

    func observe(_ action: Action, _ fault: Fault, _ policy: String, _ binding: String, _ duration: Duration) {
        checks[Check(policy: policy, binding: binding, action: action, fault: fault)].observe(duration)
    }

    private static func histogram() -> Metrics.Histogram { Metrics.Histogram(bounds: [0.0000005, 0.001, 0.01, 0.1, 1]) }

    private func write(_ text: inout MetricsText) {
        let all = checks.all
        text.family("apiserver_validating_admission_policy_check_total", .counter, "Conclusions of policies, by what was enforced.") {
            for (check, histogram) in all { $0.add(check.labels, Double(histogram.count)) }
        }
        text.family("apiserver_validating_admission_policy_check_duration_seconds", .histogram, "Time until such a conclusion.") {
            for (check, histogram) in all { histogram.write(check.labels, to: &$0) }
        }
    }
}
