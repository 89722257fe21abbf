import Synchronization

/// A program that runs beside a container's own.
package final class ExecSession: Sendable {
    /// Number of its process as this process counts; it leads its process group.
    package let pid: Int32
    /// Nanoseconds since 1970.
    package let startedAt: Int64

    private struct State {
        var result: Result<ContainerExit, SandboxError>?
        /// The outer side of its terminal, until somebody takes it.
        var terminal: Descriptor?
        var waiters: [CheckedContinuation<Result<ContainerExit, SandboxError>, Never>] = []
    }

    private let state: Mutex<State>

    init(_ started: StartedContainer, terminal: Descriptor? = nil) {
        state = Mutex(State(terminal: terminal))
        pid = started.pid
        startedAt = started.startedAt
    }

    /// The outer side of its terminal, for the one who reads it: the terminal hangs up when it is closed everywhere.
    func takeTerminal() -> Descriptor? {
        state.withLock { state in
            defer { state.terminal = nil }
            return state.terminal
        }
    }

    /// Whether its end is known.
    package var hasEnded: Bool { state.withLock { $0.result != nil } }

    /// Waits for its end. Throws ``SandboxError/gone`` when the sandbox ended first.
    package func exit() async throws(SandboxError) -> ContainerExit {
        let result: Result<ContainerExit, SandboxError> = await withCheckedContinuation { continuation in
            let known: Result<ContainerExit, SandboxError>? = state.withLock { state in
                if state.result == nil { state.waiters.append(continuation) }
                return state.result
            }
            if let known { continuation.resume(returning: known) }
        }
        return try result.get()
    }

    func end(_ result: Result<ContainerExit, SandboxError>) {
        let waiters = state.withLock { state in
            state.result = result
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(returning: result) }
    }
}
