import Synchronization

/// The store in one process on one SQLite file: state and history in memory, one row on disk for each write.
///
/// Three owners of state, and the way of a write through them:
/// `staging` gives it its revision under a short lock; the writer thread takes all that waits, makes it durable in one transaction
/// with one fsync, and moves it into `published`, which readers see; then it tells subscribers, acknowledges each write,
/// and tells subscribers that this is done.
/// While a batch is on its way to the disk, the next one gathers: more writers make larger batches, not more fsyncs.
package final class SQLiteStore: Store {
    let log: LogFile
    let indexer: Indexer
    let sealing: (any Sealing)?
    package let retention: Retention
    let staging: Mutex<Staging>
    let published: Mutex<Published>
    let subscribers = Mutex<Subscribers>(Subscribers())
    let bell = Bell()
    let committed: @Sendable (_ writes: Int, _ time: Duration) -> Void
    private let thread = Mutex<WriterThread?>(nil)

    /// Opens the store, or makes a new one where there is no file.
    ///
    /// - Parameters:
    ///   - path: of the database, in a folder that exists; `-wal` and `.lock` stand beside it. Files are made with mode 0600.
    ///   - retention: bounds of the history.
    ///   - sealing: what stands on the disk for a value; nil is the value. What was written otherwise is written anew at the opening.
    ///   - committed: told of each transaction on the store's own thread: how many writes it made durable, and how long the disk took.
    ///   - index: makes ``Entry/index``.
    ///
    /// Throws ``StoreError/inUse(path:pid:)``, ``StoreError/corrupt(path:detail:)``, ``StoreError/full(path:)`` and
    /// ``StoreError/io(path:errno:message:)``.
    package init(
        path: String, retention: Retention = Retention(), sealing: (any Sealing)? = nil,
        committed: @escaping @Sendable (_ writes: Int, _ time: Duration) -> Void = { _, _ in },
        index: @escaping @Sendable (String, [UInt8]) -> any AnyObject & Sendable
    ) throws(StoreError) {
        indexer = Indexer(index)
        self.retention = retention
        self.committed = committed
        self.sealing = sealing
        log = try LogFile(path: path, sealing: sealing)
        let state: Published = try log.load(indexer: indexer)
        staging = Mutex(Staging(last: state.revision))
        published = Mutex(state)
        do throws(WriterThread.Errno) {
            let writer: WriterThread = try WriterThread { self.runWriter() }
            thread.withLock { $0 = writer }
        } catch {
            throw .system(error.value, path, "cannot start the writer thread")
        }
    }

    package var revision: Revision { published.withLock { $0.revision } }

    package var compacted: Revision { published.withLock { $0.compacted } }

    package var failure: StoreError? { staging.withLock { $0.isClosed ? nil : $0.refusal } }

    package func newest(_ key: String) -> Entry? {
        staging.withLock { $0.newest(key, durable: get) }
    }

    package func get(_ key: String) -> Entry? {
        published.withLock { $0.current[key] }
    }

    package func get(_ key: String, at revision: Revision) throws(StoreError) -> Entry? {
        try snapshot.entry(key, at: revision)
    }

    package func list(prefix: String, at revision: Revision?, after: String?, limit: Int?) throws(StoreError) -> Listing {
        try snapshot.listing(prefix: prefix, at: revision, after: after, limit: limit)
    }

    package func count(prefix: String) -> Int {
        let entries: SortedEntries = snapshot.current
        return entries.count(in: entries.range(prefix: prefix, after: nil))
    }

    package func events(prefix: String, after: Revision, limit: Int) throws(StoreError) -> (events: [Event], cursor: Revision) {
        try snapshot.events(prefix: prefix, after: after, limit: limit)
    }

    package func write(_ write: Write, done: @escaping @Sendable (Result<Entry, StoreError>) -> Void) {
        if write.kind != .delete, let refusal = sealing?.refusal(of: write.key) {
            return WriterThread.runSoon { done(.failure(.unsealed(key: write.key, reason: refusal.reason))) }
        }
        let place: Staging.Place = staging.withLock { $0.stage(write, indexer: indexer, durable: get, done: done) }
        guard case .patient = place, let departs = write.departs else { return wake(place, done) }
        departs { [self] in if staging.withLock({ $0.departs() }) { bell.ring() } }
    }

    package func compact(to revision: Revision, done: @escaping @Sendable (Result<Revision, StoreError>) -> Void) {
        wake(staging.withLock { $0.stage(.compaction(to: revision, done: done)) }, done)
    }

    /// Writes anew what stands otherwise on the disk than it would be written today; how many rows that were. Writes wait meanwhile.
    package func reseal() async throws(StoreError) -> Int {
        try await withCheckedContinuation { continuation in
            let done: @Sendable (Result<Int, StoreError>) -> Void = { continuation.resume(returning: $0) }
            wake(staging.withLock { $0.stage(.resealing(done: done)) }, done)
        }.get()
    }

    /// Has the writer thread take what was staged.
    private func wake<Value>(_ place: Staging.Place, _ done: @escaping @Sendable (Result<Value, StoreError>) -> Void) {
        switch place {
        case .first: bell.ring()
        case .patient, .behind: break
        case .refused(let error): WriterThread.runSoon { done(.failure(error)) }
        }
    }

    /// How much of the past is kept: events, and bytes that only they hold.
    package var retained: (events: Int, bytes: Int) { published.withLock { ($0.history.count, $0.history.bytes) } }

    package func subscribe(
        _ wake: @escaping @Sendable ([Event]) -> Void, answered: @escaping @Sendable () -> Void
    ) -> Subscription {
        let id: Int = subscribers.withLock { $0.add(Subscriber(wake: wake, answered: answered)) }
        // What only the subscriber held is let go of outside of the lock: it may have a subscription of its own.
        return Subscription { [weak self] in _ = self?.subscribers.withLock { $0.remove(id) } }
    }

    package func close() {
        staging.withLock { $0.close() }
        let thread: WriterThread? = self.thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        guard let thread else { return }
        bell.ring()
        if thread.isCurrent { thread.detach() } else { thread.join() }
    }

    /// The readers' state as it stands: a copy of a few references, read without the lock.
    var snapshot: Published { published.withLock { $0 } }
}

/// Those who want to be woken.
struct Subscriber: Sendable {
    let wake: @Sendable ([Event]) -> Void
    let answered: @Sendable () -> Void
}

struct Subscribers {
    private var members: [Int: Subscriber] = [:]
    private var next = 0

    mutating func add(_ subscriber: Subscriber) -> Int {
        next += 1
        members[next] = subscriber
        return next
    }

    mutating func remove(_ id: Int) -> Subscriber? { members.removeValue(forKey: id) }

    var all: [Subscriber] { Array(members.values) }
}
