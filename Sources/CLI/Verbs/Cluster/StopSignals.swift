import Dispatch
import Glibc
import Synchronization

/// SIGINT and SIGTERM as something to wait for, from the moment this is made.
///
/// Invariant: `sources` does not change after `init`, which is what makes the class `Sendable`.
final class StopSignals: @unchecked Sendable {
    private struct State {
        var isStopped = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())
    private let sources: [any DispatchSourceSignal]

    init() {
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            return DispatchSource.makeSignalSource(signal: number, queue: .global())
        }
        for source in sources {
            source.setEventHandler { [weak self] in self?.stop() }
            source.resume()
        }
    }

    /// Returns when the first of them came.
    func wait() async {
        await withCheckedContinuation { continuation in
            let isStopped: Bool = state.withLock { state in
                if !state.isStopped { state.waiter = continuation }
                return state.isStopped
            }
            if isStopped { continuation.resume() }
        }
    }

    private func stop() {
        state.withLock { state in
            state.isStopped = true
            defer { state.waiter = nil }
            return state.waiter
        }?.resume()
    }
}
