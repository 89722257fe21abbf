import API
import Machinery
import Store

/// How long writes take from their staging until they are durable, under the names that upstream has for its requests to etcd: dashboards
/// look for them. Reads come from memory and are no requests to a store, as they are none upstream where its cache answers.
///
/// Source: k8s.io/apiserver/pkg/storage/etcd3/metrics.
final class StoreRequestMetrics: Sendable {
    private struct Key: Hashable {
        /// `create`, `update` or `delete`.
        let operation: String
        let group: String
        let resource: String

        var labels: [MetricLabel] {
            [MetricLabel("group", group), MetricLabel("operation", operation), MetricLabel("resource", resource)]
        }
    }

    private final class Count: Sendable {
        let durations = Metrics.Histogram(bounds: RequestCount.seconds)
        let failures = Metrics.Counter()
    }

    private let counts = LabelTable<Key, Count>(capacity: 1024, overflow: Count()) { _ in Count() }

    init(_ metrics: Metrics) {
        metrics.collect { [weak self] text in self?.write(&text) }
    }

    func observe(_ operation: String, _ names: KindNames, _ duration: Duration, hasFailed: Bool) {
        let count: Count = counts[Key(operation: operation, group: names.group, resource: names.plural)]
        count.durations.observe(duration)
        if hasFailed { count.failures.add() }
    }

    private func write(_ text: inout MetricsText) {
        let all = counts.all
        text.family("etcd_request_duration_seconds", .histogram, "Time until a write of the store was durable.") { samples in
            for (key, count) in all { count.durations.write(key.labels, to: &samples) }
        }
        text.family("etcd_requests_total", .counter, "Writes of the store.") { samples in
            for (key, count) in all { samples.add(key.labels, Double(count.durations.count)) }
        }
        text.family("etcd_request_errors_total", .counter, "Writes that the store did not take, conflicts among them.") { samples in
            for (key, count) in all where count.failures.value > 0 { samples.add(key.labels, Double(count.failures.value)) }
        }
    }
}

extension APIServer {
    /// Writes to the store and counts it. - Parameter operation: `create`, `update` or `delete`.
    func write(
        _ write: Write, _ operation: String, _ call: Call, done: @escaping @Sendable (Result<Entry, StoreError>) -> Void
    ) {
        let began: ContinuousClock.Instant = .now
        var write: Write = write
        write.departs = call.later
        store.write(write) { [storeMetrics, names = call.type.storedNames, span = call.span] result in
            var hasFailed = false
            if case .failure = result { hasFailed = true }
            storeMetrics.observe(operation, names, began.duration(to: .now), hasFailed: hasFailed)
            span?.did("store \(operation)", since: began, [("resource", .text(names.qualifiedResource))], hasFailed: hasFailed)
            done(result)
        }
    }
}
