/// Reads a state again and again until it is as wanted, and returns it. Waits in real time: what it waits for runs by itself.
///
/// Throws ``TestFailure`` with the last state, or the last error of `read`, when that takes longer than `limit`.
@discardableResult
package func eventually<State: Sendable>(
    _ what: String, within limit: Duration = .seconds(30), isolation: isolated (any Actor)? = #isolation,
    _ read: () async throws -> State, until isReached: (State) -> Bool
) async throws -> State {
    let deadline: ContinuousClock.Instant = .now + limit
    var pause: Duration = .milliseconds(2)
    while true {
        let last: String
        do {
            let state: State = try await read()
            if isReached(state) { return state }
            last = "\(state)"
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            last = "error: \(error)"
        }
        guard ContinuousClock.now < deadline else {
            throw TestFailure("\(what): not so within \(limit); last seen: \(last)")
        }
        try await Task.sleep(for: pause)
        pause = min(pause * 2, .milliseconds(50))
    }
}

/// The same for a state that is a claim.
package func eventually(
    _ what: String, within limit: Duration = .seconds(30), isolation: isolated (any Actor)? = #isolation,
    _ holds: () async throws -> Bool
) async throws {
    try await eventually(what, within: limit, holds, until: { $0 })
}
