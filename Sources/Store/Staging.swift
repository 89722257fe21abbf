/// Writes that have their revision and wait for the disk, and the state that they will make.
///
/// Invariants: revisions in `queue` rise; `newest` holds, for each key with a write in the queue or in the batch
/// under way, the last such write.
struct Staging {
    /// What the writer thread takes from the queue, in the order of arrival.
    enum Item {
        case write(Event, done: @Sendable (Result<Entry, StoreError>) -> Void)
        /// A condition that does not hold is answered behind the writes that it was compared with, as these may fail yet.
        case refusal(key: String, StoreError, done: @Sendable (Result<Entry, StoreError>) -> Void)
        case compaction(to: Revision, done: @Sendable (Result<Revision, StoreError>) -> Void)
        case resealing(done: @Sendable (Result<Int, StoreError>) -> Void)
    }

    /// What became of a wish to be staged.
    enum Place {
        /// The writer thread must be woken.
        case first
        /// The same, but when whoever wrote says so: ``departs()``.
        case patient
        /// The writer thread was woken.
        case behind
        /// Not staged: the store takes nothing any more.
        case refused(StoreError)
    }

    private(set) var isClosed = false
    /// Why nothing is taken any more.
    private(set) var refusal: StoreError?
    private var last: Revision
    private var newest: [Key: Event] = [:]
    private var queue: [Item] = []

    /// Whether the writer thread was woken for the queue.
    private var isAwaited = false

    /// - Parameter last: the newest durable revision.
    init(last: Revision) { self.last = last }

    /// Gives a write its revision and its place.
    ///
    /// - Parameter durable: what readers see of the key; asked only when no write of it is staged.
    mutating func stage(
        _ write: Write, indexer: Indexer, durable: (String) -> Entry?, done: @escaping @Sendable (Result<Entry, StoreError>) -> Void
    ) -> Place {
        if let refusal { return .refused(refusal) }
        let base: Entry? = newest(write.key, durable: durable)
        guard write.isAllowed(on: base) else {
            queue.append(.refusal(key: write.key, .conflict(key: write.key, current: base?.revision), done: done))
            return place(isPatient: write.departs != nil)
        }
        last += 1
        let entry: Entry = Entry(
            key: base?.key ?? write.key, value: write.value(last), revision: last, created: base?.created ?? last, indexer: indexer)
        let event: Event = Event(entry: entry, previous: base, isDelete: write.kind == .delete)
        newest[Key(entry.key)] = event
        queue.append(.write(event, done: done))
        return place(isPatient: write.departs != nil)
    }

    /// Gives a place to what is no write: a compaction, a resealing.
    mutating func stage(_ item: Item) -> Place {
        if let refusal { return .refused(refusal) }
        queue.append(item)
        return place(isPatient: false)
    }

    /// The newest version of a key, staged or else durable.
    func newest(_ key: String, durable: (String) -> Entry?) -> Entry? {
        guard let staged: Event = newest[Key(key)] else { return durable(key) }
        return staged.isDelete ? nil : staged.entry
    }

    /// All that waits; what it stages stays in force until ``settle(_:)`` or ``fail(_:)``.
    mutating func take() -> [Item] {
        defer {
            queue = []
            isAwaited = false
        }
        return queue
    }

    /// The events are durable and published: readers' state answers for them from now on.
    mutating func settle(_ events: [Event]) {
        for event in events {
            let key: Key = Key(event.entry.key)
            if newest[key]?.revision == event.revision { newest[key] = nil }
        }
    }

    /// The events did not become durable. Takes back what was staged on top of them and returns it, to be failed too.
    ///
    /// After a failure that says nothing of what the disk has now, that is all that was staged, and no more is taken.
    mutating func fail(_ events: [Event], _ error: StoreError) -> [Item] {
        guard !error.isLasting else {
            refusal = refusal ?? error
            newest = [:]
            return take()
        }
        let keys: Set<Key> = Set(events.map { Key($0.entry.key) })
        for key in keys { newest[key] = nil }
        let failed: [Item] = queue.filter { $0.builds(on: keys) }
        if !failed.isEmpty { queue.removeAll { $0.builds(on: keys) } }
        return failed
    }

    mutating func close() {
        isClosed = true
        refusal = .closed
    }

    /// A patient write is to go now. Returns whether the writer thread must be woken: it may have taken the write with others.
    mutating func departs() -> Bool {
        guard !isAwaited, !queue.isEmpty else { return false }
        isAwaited = true
        return true
    }

    /// Of the item that was queued last.
    private mutating func place(isPatient: Bool) -> Place {
        guard !isAwaited else { return .behind }
        if isPatient { return .patient }
        isAwaited = true
        return .first
    }
}

extension Staging.Item {
    func builds(on keys: Set<Key>) -> Bool {
        switch self {
        case .write(let event, _): keys.contains(Key(event.entry.key))
        case .refusal(let key, _, _): keys.contains(Key(key))
        case .compaction, .resealing: false
        }
    }
}

extension Write {
    fileprivate func isAllowed(on base: Entry?) -> Bool {
        if kind == .delete, base == nil { return false }
        switch condition {
        case .any: return true
        case .absent: return base == nil
        case .revision(let revision): return base?.revision == revision
        }
    }
}
