import Client

/// Says on a terminal what is waited for, once it takes more than a second: `waiting for pod/web-1 to be gone (3s)`.
enum Progress {
    /// Runs the body. What stands on the terminal goes when it ends, or when something else is written.
    ///
    /// - Parameter text: what is waited for, as it is then.
    static func during<Value: Sendable>(
        _ shell: Shell, _ text: @escaping @Sendable () -> String, _ body: () async throws -> Value
    ) async rethrows -> Value {
        guard let columns = shell.progressColumns else { return try await body() }
        let ticker = Task {
            let began: ContinuousClock.Instant = .now
            while (try? await Task.sleep(for: .seconds(1))) != nil {
                let seconds: Int64 = began.duration(to: .now).components.seconds
                // A line that is wider than the terminal could not be taken back.
                shell.output.transient(String("\(text()) (\(seconds)s)".prefix(columns - 1)))
            }
        }
        defer {
            ticker.cancel()
            shell.output.transient("")
        }
        return try await body()
    }
}
