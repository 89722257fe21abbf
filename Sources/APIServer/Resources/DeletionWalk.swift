import API
import Store
import Synchronization

/// Many objects that are deleted side by side: their writes share what one costs on the disk. The first failure ends the walk.
final class DeletionWalk: Sendable {
    private struct State {
        var rest: ArraySlice<Entry>
        /// Lanes that have not come to the end.
        var lanes: Int
        var failure: APIStatus?
    }

    /// One object's deletion in a lane: it is started, and it is answered. Whoever comes second goes on with the lane, so that what is
    /// answered at once, as in a dry run, is a loop and no recursion.
    final class Turn: Sendable {
        private let isHalfDone = Atomic<Bool>(false)

        /// Called at both ends; true for the second.
        func isOver() -> Bool { isHalfDone.exchange(true, ordering: .acquiringAndReleasing) }
    }

    /// How many are deleted at a time; at least one lane, which then finds nothing.
    let width: Int
    private let state: Mutex<State>
    private let done: @Sendable (APIStatus?) -> Void

    /// - Parameter done: called once, when every lane has come to the end.
    init(_ entries: [Entry], done: @escaping @Sendable (APIStatus?) -> Void) {
        width = max(1, min(64, entries.count))
        state = Mutex(State(rest: entries[...], lanes: width))
        self.done = done
    }

    /// The next object for a lane; nil when there is none for it any more.
    func next() -> Entry? {
        let (entry, isEnd, failure): (Entry?, Bool, APIStatus?) = state.withLock { state in
            if let entry = state.rest.popFirst() { return (entry, false, nil) }
            state.lanes -= 1
            return (nil, state.lanes == 0, state.failure)
        }
        if isEnd { done(failure) }
        return entry
    }

    func fail(_ status: APIStatus) {
        state.withLock { state in
            state.failure = state.failure ?? status
            state.rest = []
        }
    }
}
