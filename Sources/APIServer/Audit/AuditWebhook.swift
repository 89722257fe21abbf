package import Logging
package import Machinery
import Synchronization

/// Sends events of an audit to a webhook, many at a time, and tries again for a while when it does not take them.
///
/// Source: the defaults of `--audit-webhook-mode=batch`.
package final class AuditWebhook: AuditBackend {
    /// Events that may wait to be sent.
    private static let most = 10_000
    /// Events of one request.
    private static let batch = 400
    private static let attempts = 5

    private struct State {
        var waiting: [JSON] = []
        var sleeper: Task<Void, any Error>?
    }

    package let name = "webhook"
    private let send: @Sendable (_ body: [UInt8]) async throws -> Void
    private let log: Logger
    private let firstPause: Duration
    private let patience: Duration
    private let lost: Metrics.Counter
    private let state = Mutex(State())
    /// Sends one batch after the other.
    private let sending = Mutex<Task<Void, Never>?>(nil)

    /// - Parameters:
    ///   - send: posts an `EventList`; throws when it was not taken.
    ///   - firstPause: before the second attempt; twice as long before each further one.
    package init(
        metrics: Metrics, log: Logger, firstPause: Duration = .seconds(1), patience: Duration = .seconds(1),
        send: @escaping @Sendable (_ body: [UInt8]) async throws -> Void
    ) {
        self.send = send
        self.log = log
        self.firstPause = firstPause
        self.patience = patience
        lost = metrics.counter("apiserver_audit_error_total", "Events that a backend could not take.", [MetricLabel("plugin", "webhook")])
    }

    package func take(_ event: JSON) -> Bool {
        let (isTaken, isDue): (Bool, Bool) = state.withLock { state in
            guard state.waiting.count < Self.most else { return (false, false) }
            state.waiting.append(event)
            if state.sleeper == nil {
                state.sleeper = Task { [weak self, patience] in
                    try await Task.sleep(for: patience)
                    self?.go()
                }
            }
            return (true, state.waiting.count >= Self.batch)
        }
        if isDue { go() }
        return isTaken
    }

    package func flush() async {
        go()
        await sending.withLock { $0 }?.value
    }

    private func go() {
        let events: [JSON] = state.withLock { state in
            state.sleeper?.cancel()
            state.sleeper = nil
            defer { state.waiting = [] }
            return state.waiting
        }
        guard !events.isEmpty else { return }
        sending.withLock { sending in
            let before: Task<Void, Never>? = sending
            sending = Task { [self] in
                await before?.value
                var rest: ArraySlice<JSON> = events[...]
                while !rest.isEmpty {
                    await post(Array(rest.prefix(Self.batch)))
                    rest = rest.dropFirst(Self.batch)
                }
            }
        }
    }

    private func post(_ events: [JSON]) async {
        let list: JSON = ["kind": "EventList", "apiVersion": "audit.k8s.io/v1", "metadata": [:], "items": .array(events)]
        let body: [UInt8] = list.serialized()
        var pause: Duration = firstPause
        for attempt in 1...Self.attempts {
            do {
                return try await send(body)
            } catch {
                guard attempt < Self.attempts else {
                    lost.add(events.count)
                    return log.error(
                        "the audit webhook does not take events", metadata: ["events": "\(events.count)", "error": "\(error)"])
                }
                do { try await Task.sleep(for: pause) } catch { return }
                pause *= 2
            }
        }
    }
}
