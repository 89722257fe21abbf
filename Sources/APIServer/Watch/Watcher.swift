package import API
package import Machinery
import Store
import Synchronization

/// One watch: a cursor over the store's events and the form in which the client sees them.
///
/// It holds no queue of its own: a slow client's cursor falls behind, and ends with 410 when its events are compacted.
package final class Watcher: Sendable {
    /// Lines that follow each other, each one JSON document. No pieces and no end: nothing is new.
    package struct Batch: Sendable {
        package var pieces: [[UInt8]] = []
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
    private let writes: ResourceWrites
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
    /// Counts this watch while it lasts, and its events.
    private let account: LongRequest?

    init(
        store: any Store, writes: ResourceWrites, prefix: String, selection: Selection, encoder: EventEncoder, after: Revision,
        initial: [Entry],
        owesInitialEnd: Bool, timeout: Int, wantsBookmarks: Bool, mayEnd: Bool = false, lane: SlowLane? = nil,
        account: LongRequest? = nil
    ) {
        self.store = store
        self.writes = writes
        self.prefix = prefix
        self.selection = selection
        self.encoder = encoder
        self.timeout = timeout
        self.wantsBookmarks = wantsBookmarks
        self.mayEnd = mayEnd
        self.lane = lane
        self.account = account
        state = Mutex(State(cursor: after, initial: initial[...], owesInitialEnd: owesInitialEnd))
    }

    /// The next lines, some hundred at most and not many bytes; call again until a batch is empty.
    package func next(_ framing: EventFraming = .json) -> Batch {
        guard let lane else { return made(framing) }
        return ahead.next(on: lane) { [self] in made(framing) }
    }

    private func made(_ framing: EventFraming) -> Batch {
        let (told, isEnd): ([WatchedChange], Bool) = tell()
        var batch = Batch(isEnd: isEnd)
        do throws(APIStatus) {
            for change in told { try encoder.add(change, framing, to: &batch.pieces) }
        } catch {
            finish()
            encoder.addError(error, framing, to: &batch.pieces)
            batch.isEnd = true
        }
        return batch
    }

    /// Whether ``changes()`` can tell what is watched.
    package var tellsTrees: Bool { lane == nil && encoder.tellsTrees }

    /// The next changes as trees, for readers in this process; without any and without an end nothing is new.
    ///
    /// - Parameter omitsManagedFields: objects come without them.
    package func changes(
        omitsManagedFields: Bool
    ) throws(APIStatus) -> (changes: [(kind: String, object: JSON)], isEnd: Bool) {
        let (told, isEnd): ([WatchedChange], Bool) = tell()
        var changes: [(kind: String, object: JSON)] = []
        changes.reserveCapacity(told.count)
        for change in told { changes.append(try encoder.tree(change, omitsManagedFields: omitsManagedFields)) }
        return (changes, isEnd)
    }

    private func tell() -> (told: [WatchedChange], isEnd: Bool) {
        let (told, isEnd): ([WatchedChange], Bool) = take()
        if !told.isEmpty { account?.events?.add(told.count) }
        return (told, isEnd)
    }

    private func take() -> (told: [WatchedChange], isEnd: Bool) {
        state.withLock { state in
            guard !state.isEnded else { return ([], true) }
            var told: [WatchedChange] = []
            var size = 0
            while size < Self.mostBytes, let entry = state.initial.popFirst() {
                told.append(.object(.added, entry))
                size += entry.value.count
            }
            guard state.initial.isEmpty else { return (told, false) }
            if state.owesInitialEnd {
                state.owesInitialEnd = false
                told.append(.bookmark(state.cursor, closesInitialEvents: true))
            }
            if let quiet = writes.quiet(resource, since: state.cursor) { state.cursor = quiet }
            do throws(StoreError) {
                while told.isEmpty, state.cursor < store.revision {
                    let (events, cursor) = try store.events(prefix: prefix, after: state.cursor, limit: Self.most)
                    state.cursor = add(events, to: &told) ?? cursor
                }
            } catch {
                state.isEnded = true
                told.append(.error(.expired("too old resource version: \(state.cursor) (\(store.compacted))")))
                return (told, true)
            }
            if state.owesBookmark, told.isEmpty {
                state.owesBookmark = false
                told.append(.bookmark(state.cursor, closesInitialEvents: false))
            }
            if state.endsWhenIdle, told.isEmpty { state.isEnded = true }
            return (told, state.isEnded)
        }
    }

    /// The next batch that finds nothing new carries a bookmark.
    package func owesBookmark() { state.withLock { $0.owesBookmark = true } }

    /// The next batch is the last.
    func finish() { state.withLock { $0.isEnded = true } }

    /// The first batch that finds nothing new is the last.
    func finishWhenIdle() { state.withLock { $0.endsWhenIdle = true } }

    /// Whether all was told, or is no longer to be told.
    var isOver: Bool { state.withLock { $0.isEnded } }

    /// Events that are looked at in one go.
    private static let most = 500
    /// A batch ends with the object that reaches this: large objects must not stand in memory by the hundred.
    private static let mostBytes = 256 * 1024

    /// Adds events up to the size of a batch; where that was reached before the end, the revision to go on from.
    private func add(_ events: [StoreEvent], to told: inout [WatchedChange]) -> Revision? {
        var size = 0
        for event in events {
            guard let change = change(event) else { continue }
            told.append(change)
            size += event.entry.value.count
            if size >= Self.mostBytes { return event.revision }
        }
        return nil
    }

    /// What an event means to a client that sees only objects that match its selectors.
    private func change(_ event: StoreEvent) -> WatchedChange? {
        let matched: Bool = event.previous.map(selection.matches) ?? false
        if event.isDelete { return matched ? .object(.deleted, event.entry) : nil }
        if selection.matches(event.entry) { return .object(matched ? .modified : .added, event.entry) }
        guard matched, let previous = event.previous else { return nil }
        return .last(previous, at: event.revision)
    }
}

/// What a watch has to tell, before it takes a form.
enum WatchedChange: Sendable {
    /// An object as it stands in the store.
    case object(EventEncoder.Kind, Entry)
    /// An object that no longer matches: as it was, with the revision of the change.
    case last(Entry, at: Revision)
    case bookmark(Revision, closesInitialEvents: Bool)
    case error(APIStatus)
}
