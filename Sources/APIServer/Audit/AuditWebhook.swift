package import Machinery
import Synchronization

/// Sends events of an audit to a webhook, many at a time, and tries again for a while when it does not take them.
///
/// No request waits for it. What it has no room for, and what the webhook does not take in the end, is lost and told.
/// Source: the defaults of `--audit-webhook-mode=batch`.
package final class AuditWebhook: AuditBackend {
    /// How much is sent, and how long is waited.
    package struct Pace: Sendable {
        /// Events that may wait to be sent, with those under way.
        package var most = 10_000
        /// Events of one request.
        package var batch = 400
        package var attempts = 5
        /// Before the second attempt; twice as long before each further one.
        package var firstPause: Duration = .seconds(1)
        /// How long an event waits for others.
        package var patience: Duration = .seconds(1)
        /// How long an end waits for what is under way.
        package var lastPatience: Duration = .seconds(10)

        package init() {}
    }

    private struct State {
        var waiting: [JSON] = []
        /// Taken from those that wait, and not yet answered.
        var underWay = 0
        var isEnding = false
        /// Sends one batch after the other; there while there is something to send.
        var sender: Task<Void, Never>?
        /// Waits for a batch to fill.
        var sleeper: Task<Void, any Error>?
    }

    private let pace: Pace
    private let loss: AuditLoss
    private let send: @Sendable (_ body: [UInt8]) async throws -> Void
    private let state = Mutex(State())

    /// - Parameter send: posts an `EventList`; throws when it was not taken.
    package init(pace: Pace = Pace(), loss: AuditLoss, send: @escaping @Sendable (_ body: [UInt8]) async throws -> Void) {
        self.pace = pace
        self.loss = loss
        self.send = send
    }

    package func take(_ event: JSON) {
        let isTaken: Bool = state.withLock { state in
            guard state.waiting.count + state.underWay < pace.most else { return false }
            state.waiting.append(event)
            if state.sender == nil { state.sender = Task { await self.run() } }
            if state.waiting.count >= pace.batch { state.sleeper?.cancel() }
            return true
        }
        if !isTaken { loss.add(1, "the webhook has no room for more than \(pace.most)") }
    }

    package func flush() async {
        let sender: Task<Void, Never>? = state.withLock { state in
            state.isEnding = true
            state.sleeper?.cancel()
            return state.sender
        }
        let end = Task { [pace] in
            try await Task.sleep(for: pace.lastPatience)
            sender?.cancel()
        }
        await sender?.value
        end.cancel()
        state.withLock { $0.isEnding = false }
    }

    // MARK: - The sender

    private func run() async {
        while let sleeper = rest() {
            // It ends early when there are enough.
            _ = try? await sleeper.value
            let events: [JSON] = state.withLock { state in
                let events: ArraySlice<JSON> = state.waiting.prefix(pace.batch)
                state.waiting.removeFirst(events.count)
                state.underWay = events.count
                return Array(events)
            }
            await post(events)
            state.withLock { $0.underWay = 0 }
        }
    }

    /// What to wait for before the next batch is sent; nil when there is nothing more to send: then there is no sender any more.
    private func rest() -> Task<Void, any Error>? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                (state.sender, state.sleeper) = (nil, nil)
                return nil
            }
            let time: Duration = state.isEnding || state.waiting.count >= pace.batch ? .zero : pace.patience
            let sleeper = Task { try await Task.sleep(for: time) }
            state.sleeper = sleeper
            return sleeper
        }
    }

    private func post(_ events: [JSON]) async {
        let list: JSON = ["kind": "EventList", "apiVersion": "audit.k8s.io/v1", "metadata": [:], "items": .array(events)]
        let body: [UInt8] = list.serialized()
        var pause: Duration = pace.firstPause
        for attempt in 1...pace.attempts {
            do {
                try Task.checkCancellation()
                return try await send(body)
            } catch {
                guard attempt < pace.attempts, !Task.isCancelled else {
                    return loss.add(events.count, "the webhook does not take them: \(error)")
                }
                try? await Task.sleep(for: pause)
                pause *= 2
            }
        }
    }
}
