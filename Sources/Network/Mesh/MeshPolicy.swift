import HTTP
import Machinery
import Synchronization

/// What holds for the requests of one Service, or of one route: how many, to which endpoints, how often again. Remembers what it needs to
/// decide that.
package final class MeshPolicy: Sendable {
    private struct State {
        var limiter: MeshLimiter?
        var breaker: MeshBreaker<HTTPForwarder.Target>?
        var budget: MeshBudget
    }

    let settings: MeshSettings
    private let state: Mutex<State>

    init(_ settings: MeshSettings, now: ContinuousClock.Instant = .now) {
        self.settings = settings
        state = Mutex(
            State(
                limiter: settings.rateLimit.map { MeshLimiter(rate: $0, now: now) },
                breaker: settings.errors.map { MeshBreaker(most: $0, coolDown: settings.coolDown) },
                budget: MeshBudget(percent: settings.retries?.budget ?? MeshSettings.Retries.usualBudget, now: now)))
    }

    /// Whether one more request may come in; counts it.
    func takes(_ now: ContinuousClock.Instant = .now) -> Bool {
        state.withLock { state in
            guard state.limiter?.takes(now) ?? true else { return false }
            state.budget.note(now)
            return true
        }
    }

    /// Whether an endpoint is left alone because it failed lately.
    func isOut(_ target: HTTPForwarder.Target, _ now: ContinuousClock.Instant = .now) -> Bool {
        state.withLock { $0.breaker?.isOut(target, now) ?? false }
    }

    func note(_ target: HTTPForwarder.Target, isGood: Bool, _ now: ContinuousClock.Instant = .now) {
        state.withLock { $0.breaker?.note(target, isGood: isGood, now) }
    }

    /// Whether one more request may be sent again; counts it.
    func takesRetry(_ now: ContinuousClock.Instant = .now) -> Bool { state.withLock { $0.budget.takes(now) } }
}
