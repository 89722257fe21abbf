package import API
import Machinery

/// What the parts of the cluster in this process ask the API server, under the names that clients of their own would give it.
///
/// Source: k8s.io/component-base/metrics/prometheus/restclient.
package final class ClientMetrics: Sendable {
    private struct Kind: Hashable {
        let verb: Verb
        let code: Int
    }

    /// There is no address to call between parts of one process.
    private static let host = MetricLabel("host", "in-process")

    private let requests = LabelTable<Kind, Metrics.Counter>(capacity: 512, overflow: Metrics.Counter()) { _ in Metrics.Counter() }
    private let durations = LabelTable<Verb, Metrics.Histogram>(capacity: 64, overflow: histogram()) { _ in histogram() }

    init(_ metrics: Metrics) {
        metrics.collect { [weak self] text in self?.write(&text) }
    }

    /// A request was answered.
    package func observe(_ verb: Verb, code: Int, _ duration: Duration) {
        requests[Kind(verb: verb, code: code)].add()
        durations[verb].observe(duration)
    }

    private static func histogram() -> Metrics.Histogram {
        Metrics.Histogram(bounds: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60])
    }

    private func write(_ text: inout MetricsText) {
        var counts: [[MetricLabel]: Int] = [:]
        for (kind, counter) in requests.all {
            let labels: [MetricLabel] = [
                MetricLabel("code", String(kind.code)), Self.host, MetricLabel("method", Self.method(kind.verb)),
            ]
            counts[labels, default: 0] += counter.value
        }
        text.family(
            "rest_client_requests_total", .counter, "Requests of the parts of this process, by code, method and host."
        ) { samples in
            for (labels, count) in counts { samples.add(labels, Double(count)) }
        }
        let durations = self.durations.all
        text.family("rest_client_request_duration_seconds", .histogram, "Time until their answer, by verb and host.") { samples in
            for (verb, histogram) in durations {
                histogram.write([Self.host, MetricLabel("verb", Self.method(verb, verb.rawValue))], to: &samples)
            }
        }
    }

    /// - Parameter other: a verb beside its method, where more than one verb has that.
    private static func method(_ verb: Verb, _ other: String? = nil) -> String {
        switch verb {
        case .create: "POST"
        case .update: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .deletecollection: other == nil ? "DELETE" : "DELETECOLLECTION"
        case .get: "GET"
        case .list: other == nil ? "GET" : "LIST"
        case .watch: other == nil ? "GET" : "WATCH"
        }
    }
}
