import Synchronization

/// Spans that wait to be sent to collectors, some hundred at a time. What a collector does not take is lost, which is said once.
package final class TraceQueue<Collector: Hashable & Sendable>: Sendable {
    package typealias Item = (source: String, span: TraceSpan)

    private struct State {
        var waiting: [Collector: [Item]] = [:]
        var complaints: [Collector: String] = [:]
    }

    /// Of one collector, in memory.
    private static var most: Int { 4096 }
    /// In one request.
    private static var batch: Int { 512 }
    /// What comes within it goes together.
    private static var pause: Duration { .milliseconds(200) }

    private let state = Mutex(State())
    private let pokes: AsyncStream<Void>
    private let poke: AsyncStream<Void>.Continuation

    package init() { (pokes, poke) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    /// - Parameter source: what the span is told of: a Service, a part of the cluster.
    package func add(_ span: TraceSpan, of source: String, to collector: Collector) {
        state.withLock { state in
            let waiting: Int = state.waiting[collector]?.count ?? 0
            if waiting < Self.most { state.waiting[collector, default: []].append((source, span)) }
        }
        poke.yield()
    }

    /// Sends until the task is cancelled.
    ///
    /// - Parameters:
    ///   - send: returns what went wrong; nil for nothing.
    ///   - complain: of a collector that does not take its spans, once for each reason.
    package func run(
        send: (ArraySlice<Item>, Collector) async -> String?, complain: (Collector, String) -> Void
    ) async {
        for await _ in pokes {
            if Task.isCancelled { return }
            try? await ContinuousClock().sleep(for: Self.pause)
            let waiting: [Collector: [Item]] = state.withLock { state in
                defer { state.waiting = [:] }
                return state.waiting
            }
            for (collector, items) in waiting {
                var problem: String?
                for start in stride(from: 0, to: items.count, by: Self.batch) where problem == nil {
                    problem = await send(items[start..<min(items.count, start + Self.batch)], collector)
                }
                let isNew: Bool = state.withLock { state in
                    defer { state.complaints[collector] = problem }
                    return problem != nil && state.complaints[collector] != problem
                }
                if isNew, let problem { complain(collector, problem) }
            }
        }
    }
}
