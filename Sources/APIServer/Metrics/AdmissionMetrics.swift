import API
import Machinery

/// How long admission takes: as a whole and by plugin.
///
/// Source: k8s.io/apiserver/pkg/admission/metrics.
final class AdmissionMetrics: Sendable {
    /// Whether objects are changed or only looked at.
    enum Step: String, CaseIterable {
        case admit
        case validate
    }

    /// What is told apart beside the name.
    struct Labels: Hashable {
        let step: Step
        let operation: AdmissionOperation
        let isRejected: Bool

        fileprivate var place: Int {
            (step == .admit ? 0 : 8) + (Self.operations.firstIndex(of: operation) ?? 0) * 2 + (isRejected ? 1 : 0)
        }

        fileprivate static let operations: [AdmissionOperation] = [.create, .update, .delete, .connect]
        fileprivate static let all: [Labels] = Step.allCases.flatMap { step in
            operations.flatMap { operation in
                [false, true].map { Labels(step: step, operation: operation, isRejected: $0) }
            }
        }

        var metric: [MetricLabel] {
            [
                MetricLabel("operation", operation.rawValue), MetricLabel("rejected", isRejected ? "true" : "false"),
                MetricLabel("type", step.rawValue),
            ]
        }
    }

    /// Names of the plugins, in their order.
    private let names: [String]
    private let steps: [Metrics.Histogram]
    /// Of each plugin those of `Labels.all`.
    private let plugins: [Metrics.Histogram]

    init(_ plugins: [any AdmissionPlugin], _ metrics: Metrics) {
        names = plugins.map { type(of: $0).name }
        steps = Labels.all.map { _ in Self.plugin() }
        self.plugins = plugins.flatMap { _ in Labels.all.map { _ in Self.plugin() } }
        metrics.collect { [weak self] text in self?.write(&text) }
    }

    private static func plugin() -> Metrics.Histogram { Metrics.Histogram(bounds: [0.005, 0.025, 0.1, 0.5, 1, 2.5]) }

    /// Runs a step of each plugin, one after the other, until one refuses.
    func run(
        _ step: Step, _ operation: AdmissionOperation, _ plugins: [AdmissionChain.Step],
        _ body: (any AdmissionPlugin) throws(APIStatus) -> Void
    ) throws(APIStatus) {
        let passed = Labels(step: step, operation: operation, isRejected: false).place
        let began: ContinuousClock.Instant = .now
        var last: ContinuousClock.Instant = began
        for plugin in plugins {
            do {
                try body(plugin.plugin)
            } catch {
                let now: ContinuousClock.Instant = .now
                self.plugins[plugin.place * Labels.all.count + passed + 1].observe(last.duration(to: now))
                steps[passed + 1].observe(began.duration(to: now))
                throw error
            }
            let now: ContinuousClock.Instant = .now
            self.plugins[plugin.place * Labels.all.count + passed].observe(last.duration(to: now))
            last = now
        }
        steps[passed].observe(began.duration(to: last))
    }

    private func write(_ text: inout MetricsText) {
        text.family("apiserver_admission_step_admission_duration_seconds", .histogram, "Time that admission took.") { samples in
            for labels in Labels.all where steps[labels.place].count > 0 { steps[labels.place].write(labels.metric, to: &samples) }
        }
        text.family("apiserver_admission_controller_admission_duration_seconds", .histogram, "Time that a plugin took.") { samples in
            for (index, name) in names.enumerated() {
                for labels in Labels.all {
                    let histogram: Metrics.Histogram = plugins[index * Labels.all.count + labels.place]
                    if histogram.count > 0 { histogram.write([MetricLabel("name", name)] + labels.metric, to: &samples) }
                }
            }
        }
    }
}

/// How long webhooks take to answer.
final class WebhookMetrics: Sendable {
    struct Key: Hashable {
        let name: String
        let labels: AdmissionMetrics.Labels
    }

    private let durations = LabelTable<Key, Metrics.Histogram>(capacity: 512, overflow: histogram()) { _ in histogram() }

    init(_ metrics: Metrics) {
        metrics.collect { [weak self] text in
            text.family("apiserver_admission_webhook_admission_duration_seconds", .histogram, "Time until a webhook had answered.") {
                for (key, histogram) in self?.durations.all ?? [] {
                    histogram.write([MetricLabel("name", key.name)] + key.labels.metric, to: &$0)
                }
            }
        }
    }

    private static func histogram() -> Metrics.Histogram { Metrics.Histogram(bounds: [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 25]) }

    func observe(_ name: String, _ labels: AdmissionMetrics.Labels, _ duration: Duration) {
        durations[Key(name: name, labels: labels)].observe(duration)
    }
}
