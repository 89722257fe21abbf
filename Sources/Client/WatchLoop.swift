package import Logging
package import Machinery

/// Keeps a list and watch going: again at once when the server ended it, later and later after failures.
package struct WatchLoop: Sendable {
    let clock: ClusterClock
    let log: Logger
    /// For the log.
    let what: String

    package init(clock: ClusterClock, log: Logger, what: String) {
        self.clock = clock
        self.log = log
        self.what = what
    }

    /// Returns when the task is cancelled.
    package func run(_ follow: @Sendable () async throws -> Void) async {
        var failures = 0
        while !Task.isCancelled {
            do {
                try await follow()
                failures = 0
            } catch is CancellationError {
                return
            } catch {
                failures += 1
                if !Task.isCancelled { log.debug("a watch broke off", metadata: ["kind": "\(what)", "error": "\(error)"]) }
                try? await clock.sleep(for: .milliseconds(min(50 << min(failures, 8), 10_000)))
            }
        }
    }
}
