import Machinery
import Synchronization

/// The requests that share their labels: how many came to each end, how long they took, how much they answered.
///
/// Invariant: `codes` is memory of this object alone and its elements are atomic, which is what makes the class `Sendable`.
final class RequestCount: @unchecked Sendable {
    let labels: RequestLabels
    let durations = Metrics.Histogram(bounds: RequestCount.seconds)
    /// Without the time that webhooks took, from 50 ms on.
    let ownDurations = Metrics.Histogram(bounds: Array(RequestCount.seconds.dropFirst(2)))
    let sizes = Metrics.Histogram(bounds: RequestCount.bytes, steps: 1)
    /// Long-running ones that go on.
    let running = Metrics.Gauge()
    /// Of each status, by its place in `statuses`; the last is for all others.
    private let codes: UnsafeMutableBufferPointer<Atomic<Int>>

    init(_ labels: RequestLabels) {
        self.labels = labels
        codes = .allocate(capacity: Self.statuses.count + 1)
        for i in 0...Self.statuses.count { codes.initializeElement(at: i, to: Atomic<Int>(0)) }
    }

    deinit {
        codes.deinitialize()
        codes.deallocate()
    }

    /// - Parameter waited: what of the time webhooks took.
    func ended(_ status: Int, after duration: Duration, waited: Duration = .zero) {
        add(status)
        durations.observe(duration)
        ownDurations.observe(duration - waited)
    }

    func add(_ status: Int) {
        codes[Self.statuses.firstIndex(of: status) ?? Self.statuses.count].wrappingAdd(1, ordering: .relaxed)
    }

    /// Each status that was answered, and how often.
    var answered: [(status: String, count: Int)] {
        (0..<codes.count).compactMap { i in
            let count: Int = codes[i].load(ordering: .relaxed)
            return count == 0 ? nil : (i < Self.statuses.count ? String(Self.statuses[i]) : "0", count)
        }
    }

    /// The likeliest first.
    private static let statuses: [Int] = [
        200, 201, 404, 409, 403, 422, 400, 401, 429, 410, 500, 504, 503, 202, 101, 301, 304, 405, 406, 408, 412, 413, 415, 431, 501, 502,
    ]

    /// Source: `requestLatencies` and `responseSizes` of k8s.io/apiserver/pkg/endpoints/metrics.
    static let seconds: [Double] = [
        0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
    ]
    private static let bytes: [Double] = Metrics.Histogram.exponential(from: 1000, factor: 10, count: 7)
}

/// A request that lasts as long as the client likes, from its start until the last reference goes.
final class LongRequest: Sendable {
    private let count: RequestCount
    private let began: ContinuousClock.Instant
    /// Events that were sent to it and others like it.
    let events: Metrics.Counter?
    private let audit: AuditRecord?

    init(_ count: RequestCount, events: Metrics.Counter?, audit: AuditRecord?) {
        self.count = count
        self.audit = audit
        self.events = events
        began = .now
        count.running.add()
    }

    deinit {
        count.running.add(-1)
        count.ended(200, after: began.duration(to: .now))
        audit?.ended()
    }
}
