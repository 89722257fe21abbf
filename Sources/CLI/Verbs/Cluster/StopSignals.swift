import Dispatch
import Glibc
import Sandbox
import Synchronization

/// SIGINT, SIGTERM, SIGPWR and the end of a process as something to wait for, from the moment this is made.
///
/// Invariant: `sources` and `owner` do not change after `init`, which is what makes the class `Sendable`.
final class StopSignals: @unchecked Sendable {
    private struct State {
        var isStopped = false
        var ownerEnded = false
        var isPowerFailing = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())
    private let sources: [any DispatchSourceSignal]
    private let owner: (any DispatchSourceRead)?

    /// - Parameter process: whose end is waited for, too.
    init(owner process: Int32? = nil) {
        let numbers: [Int32] = [SIGINT, SIGTERM, SIGPWR]
        sources = numbers.map { number in
            signal(number, SIG_IGN)
            return DispatchSource.makeSignalSource(signal: number, queue: .global())
        }
        let descriptor: Int32? = process.flatMap { Host.end(of: $0) }
        owner = descriptor.map { DispatchSource.makeReadSource(fileDescriptor: $0) }
        for (number, source) in zip(numbers, sources) {
            source.setEventHandler { [weak self] in self?.stop(isPowerFailing: number == SIGPWR) }
            source.resume()
        }
        owner?.setEventHandler { [weak self] in self?.stop(ownerEnded: true) }
        owner?.setCancelHandler { if let descriptor { close(descriptor) } }
        owner?.resume()
        // It had ended before it could be watched.
        if process != nil, descriptor == nil { stop(ownerEnded: true) }
    }

    /// True when the owner's end came first.
    var ownerEnded: Bool { state.withLock { $0.ownerEnded } }

    /// True when SIGPWR came first: the machine goes down, and what runs on it is to end in order.
    var isPowerFailing: Bool { state.withLock { $0.isPowerFailing } }

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

    private func stop(ownerEnded: Bool = false, isPowerFailing: Bool = false) {
        if ownerEnded { owner?.cancel() }
        state.withLock { state in
            if !state.isStopped { (state.ownerEnded, state.isPowerFailing) = (ownerEnded, isPowerFailing) }
            state.isStopped = true
            defer { state.waiter = nil }
            return state.waiter
        }?.resume()
    }
}
