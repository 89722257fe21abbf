import API
import Synchronization

/// Makes a watch's lines on a thread that may block, one batch ahead of the watch's own thread.
final class BatchAhead: Sendable {
    private struct State {
        var ready: Watcher.Batch?
        var isWorking = false
        /// Somebody asked while a batch was made: what it saw may be old.
        var isAskedAgain = false
        var poke: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// - Parameter poke: calls the watch's thread, which then asks for what is ready.
    func onReady(_ poke: @escaping @Sendable () -> Void) { state.withLock { $0.poke = poke } }

    /// What is ready; an empty batch when nothing is, and then `make` begins.
    func next(on lane: SlowLane, _ make: @escaping @Sendable () -> Watcher.Batch) -> Watcher.Batch {
        let (batch, begins): (Watcher.Batch, Bool) = state.withLock { state in
            if let ready = state.ready {
                state.ready = nil
                return (ready, false)
            }
            guard !state.isWorking else {
                state.isAskedAgain = true
                return (Watcher.Batch(), false)
            }
            state.isWorking = true
            return (Watcher.Batch(), true)
        }
        if begins { lane.run({ [self] in work(make) }, refuse: { [self] _ in done(Self.end) }) }
        return batch
    }

    /// Of a watch for which there is no thread: clients begin another one.
    private static let end: Watcher.Batch = {
        var batch = Watcher.Batch()
        batch.isEnd = true
        return batch
    }()

    private func work(_ make: @Sendable () -> Watcher.Batch) {
        while true {
            let batch: Watcher.Batch = make()
            let isNews: Bool = !batch.pieces.isEmpty || batch.isEnd
            let goesOn: Bool = state.withLock { state in
                guard !isNews, state.isAskedAgain else { return false }
                state.isAskedAgain = false
                return true
            }
            if !goesOn { return done(isNews ? batch : nil) }
        }
    }

    private func done(_ batch: Watcher.Batch?) {
        let poke: (@Sendable () -> Void)? = state.withLock { state in
            state.isWorking = false
            let mustAsk: Bool = batch != nil || state.isAskedAgain
            state.isAskedAgain = false
            state.ready = batch
            return mustAsk ? state.poke : nil
        }
        poke?()
    }
}
