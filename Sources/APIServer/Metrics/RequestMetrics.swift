import API
import Machinery
import Synchronization

/// Counts the requests of an API server under upstream's names.
///
/// Source: k8s.io/apiserver/pkg/endpoints/metrics.
final class RequestMetrics: Sendable {
    private let counts = LabelTable<RequestLabels, RequestCount>(capacity: 2048, overflow: RequestCount(.other)) { RequestCount($0) }
    private let events = LabelTable<GroupVersionResource, Metrics.Counter>(capacity: 512, overflow: Metrics.Counter()) { _ in
        Metrics.Counter()
    }
    private let reading: Metrics.Gauge
    private let writing: Metrics.Gauge

    init(_ metrics: Metrics) {
        let help = "Requests that are being answered, long-running ones aside."
        reading = metrics.gauge("apiserver_current_inflight_requests", help, [MetricLabel("request_kind", "readOnly")])
        writing = metrics.gauge("apiserver_current_inflight_requests", help, [MetricLabel("request_kind", "mutating")])
        metrics.collect { [weak self] text in self?.write(&text) }
    }

    /// A request whose end is still to be told.
    final class Request: Sendable {
        fileprivate let count: RequestCount
        fileprivate let gauge: Metrics.Gauge?
        fileprivate let began: ContinuousClock.Instant
        /// Time that webhooks took, in nanoseconds.
        private let webhookTime = Atomic<Int>(0)

        fileprivate init(count: RequestCount, gauge: Metrics.Gauge?) {
            self.count = count
            self.gauge = gauge
            began = .now
        }

        /// A webhook was waited for.
        func waited(_ duration: Duration) { webhookTime.wrappingAdd(Int(duration.nanoseconds), ordering: .relaxed) }

        func ended(_ status: Int, bytes: Int?) {
            gauge?.add(-1)
            count.ended(status, after: began.duration(to: .now), waited: .nanoseconds(webhookTime.load(ordering: .relaxed)))
            if let bytes { count.sizes.observe(steps: bytes) }
        }

        /// It goes on as a stream, which the token stands for.
        func isStreaming(events: Metrics.Counter? = nil, audit: AuditRecord?) -> LongRequest {
            gauge?.add(-1)
            return LongRequest(count, events: events, audit: audit)
        }
    }

    func begin(_ labels: RequestLabels) -> Request {
        let gauge: Metrics.Gauge? = labels.isLongRunning ? nil : labels.isMutating ? writing : reading
        gauge?.add()
        return Request(count: counts[labels], gauge: gauge)
    }

    /// A request was refused by flow control before anything was done for it. Source: `RecordDroppedRequest`.
    func dropped(_ labels: RequestLabels) { counts[labels].add(429) }

    /// What was asked for until now, by its labels.
    var asked: [RequestLabels] { counts.all.map(\.key) }

    /// Events that were sent to watches of a resource.
    func events(of resource: GroupVersionResource) -> Metrics.Counter { events[resource] }

    private func write(_ text: inout MetricsText) {
        let all: [RequestCount] = counts.all.map(\.value)
        text.family("apiserver_request_total", .counter, "Requests, by what was asked for and answered.") { samples in
            for count in all {
                for (status, number) in count.answered {
                    samples.add([MetricLabel("code", status)] + count.labels.labels, Double(number))
                }
            }
        }
        text.family("apiserver_request_duration_seconds", .histogram, "Time from a request to its answer; of streams to their end.") {
            for count in all where count.durations.count > 0 { count.durations.write(count.labels.labels, to: &$0) }
        }
        text.family("apiserver_request_sli_duration_seconds", .histogram, "The same without what webhooks took.") {
            for count in all where count.ownDurations.count > 0 { count.ownDurations.write(count.labels.longRunningLabels, to: &$0) }
        }
        text.family("apiserver_response_sizes", .histogram, "Bytes of answers, before they are compressed.") { samples in
            for count in all where count.sizes.count > 0 {
                count.sizes.write(count.labels.labels.filter { $0.name != "dry_run" }, to: &samples)
            }
        }
        text.family("apiserver_longrunning_requests", .gauge, "Watches, sessions and proxied connections that go on.") { samples in
            for count in all where count.labels.isLongRunning {
                samples.add(count.labels.longRunningLabels, Double(count.running.value))
            }
        }
        text.family("apiserver_watch_events_total", .counter, "Events that were sent to watches.") { samples in
            for (resource, counter) in events.all {
                samples.add(
                    [
                        MetricLabel("group", resource.group), MetricLabel("resource", resource.resource),
                        MetricLabel("version", resource.version),
                    ], Double(counter.value))
            }
        }
    }
}
