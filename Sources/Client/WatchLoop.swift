package import Logging

/// Keeps a list and watch going: again at once when the server ended it, later and later after failures.
package struct WatchLoop: Sendable {
    let log: Logger
    /// For the log.
    let what: String

    package init(log: Logger, what: String) {
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
                // In the host's time: a cluster whose clock stands still would otherwise go on with a copy that shows nothing new.
                try? await Task.sleep(for: .milliseconds(min(50 << min(failures, 8), 10_000)))
            }
        }
    }
}
