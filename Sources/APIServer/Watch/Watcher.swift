import API
import Machinery
import Store
import Synchronization

/// One watch: a cursor over the store's events and the form in which the client sees them.
///
/// It holds no queue of its own: a slow client's cursor falls behind, and ends with 410 when its events are compacted.
package final class Watcher: Sendable {
    /// Lines that follow each other, each one JSON document. No pieces and no end: nothing is new.
    package struct Batch: Sendable {
        package var pieces: [[UInt8]] = []
        /// Bytes of the objects in it.
        var size = 0
        package var isEnd = false
    }

    private struct State {
        var cursor: Revision
        /// Objects that stood there when the watch began and are still to be told.
        var initial: ArraySlice<Entry>
        /// The bookmark that closes the initial objects is still to be sent.
        var owesInitialEnd: Bool
        var owesBookmark = false
        var endsWhenIdle = false
        var isEnded = false
    }

    private let store: any Store
    private let prefix: String
    private let selection: Selection
    private let encoder: EventEncoder
    private let state: Mutex<State>
    /// Set when lines are made with the help of somebody outside, for whom the watch's own thread must not wait.
    private let lane: SlowLane?
    let ahead = BatchAhead()
    /// What the watch is about, as ``ObjectKeys/resource(of:)`` names it.
    var resource: Substring { ObjectKeys.resource(of: prefix) }
    /// Seconds after which the server ends the watch.
    let timeout: Int
    let wantsBookmarks: Bool
    /// Whether what is watched may stop being served.
    let mayEnd: Bool

    init(
        store: any Store, prefix: String, selection: Selection, encoder: EventEncoder, after: Revision, initial: [Entry],
        owesInitialEnd: Bool, timeout: Int, wantsBookmarks: Bool, mayEnd: Bool = false, lane: SlowLane? = nil
    ) {
        self.store = store
        self.prefix = prefix
        self.selection = selection
        self.encoder = encoder
        self.timeout = timeout
        self.wantsBookmarks = wantsBookmarks
        self.mayEnd = mayEnd
        self.lane = lane
        state = Mutex(State(cursor: after, initial: initial[...], owesInitialEnd: owesInitialEnd))
    }

    /// The next lines, some hundred at most and not many bytes; call again until a batch is empty.
    package func next(_ framing: EventFraming = .json) -> Batch {
        guard let lane else { return made(framing) }
        return ahead.next(on: lane) { [self] in made(framing) }
    }

    private func made(_ framing: EventFraming) -> Batch {
        state.withLock { state in
            guard !state.isEnded else { return Batch(isEnd: true) }
            var batch = Batch()
            do {
                while batch.size < Self.mostBytes, let entry = state.initial.popFirst() {
                    try encoder.add(.added, entry, framing, to: &batch.pieces)
                    batch.size += entry.value.count
                }
                guard state.initial.isEmpty else { return batch }
                if state.owesInitialEnd {
                    state.owesInitialEnd = false
                    encoder.addBookmark(state.cursor, closesInitialEvents: true, framing, to: &batch.pieces)
                }
                while batch.pieces.isEmpty, state.cursor < store.revision {
                    let (events, cursor) = try store.events(prefix: prefix, after: state.cursor, limit: Self.most)
                    state.cursor = try add(events, framing, to: &batch) ?? cursor
                }
            } catch {
                state.isEnded = true
                encoder.addError(
                    error as? APIStatus ?? .expired("too old resource version: \(state.cursor) (\(store.compacted))"), framing,
                    to: &batch.pieces)
                batch.isEnd = true
                return batch
            }
            if state.owesBookmark, batch.pieces.isEmpty {
                state.owesBookmark = false
                encoder.addBookmark(state.cursor, closesInitialEvents: false, framing, to: &batch.pieces)
            }
            if state.endsWhenIdle, batch.pieces.isEmpty {
                state.isEnded = true
                batch.isEnd = true
            }
            return batch
        }
    }

    /// The next batch that finds nothing new carries a bookmark.
    func owesBookmark() { state.withLock { $0.owesBookmark = true } }

    /// The next batch is the last.
    func finish() { state.withLock { $0.isEnded = true } }

    /// The first batch that finds nothing new is the last.
    func finishWhenIdle() { state.withLock { $0.endsWhenIdle = true } }

    /// Events that are looked at in one go.
    private static let most = 500
    /// A batch ends with the object that reaches this: large objects must not stand in memory by the hundred.
    private static let mostBytes = 256 * 1024

    /// Adds events up to the size of a batch; where that was reached before the end, the revision to go on from.
    private func add(_ events: [StoreEvent], _ framing: EventFraming, to batch: inout Batch) throws(APIStatus) -> Revision? {
        for event in events {
            let count: Int = batch.pieces.count
            try add(event, framing, to: &batch.pieces)
            if batch.pieces.count > count { batch.size += event.entry.value.count }
            if batch.size >= Self.mostBytes { return event.revision }
        }
        return nil
    }

    /// What an event means to a client that sees only objects that match its selectors.
    private func add(_ event: StoreEvent, _ framing: EventFraming, to pieces: inout [[UInt8]]) throws(APIStatus) {
        let matched: Bool = event.previous.map(selection.matches) ?? false
        if event.isDelete {
            if matched { try encoder.add(.deleted, event.entry, framing, to: &pieces) }
        } else if selection.matches(event.entry) {
            try encoder.add(matched ? .modified : .added, event.entry, framing, to: &pieces)
        } else if matched, let previous = event.previous {
            try encoder.addLast(previous, at: event.revision, framing, to: &pieces)
        }
    }
}
