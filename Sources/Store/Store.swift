/// A point in the history of a store: rises with each write, never reused.
///
/// A new store stands at revision 1; its first write gets 2. A write that failed may leave a gap.
package typealias Revision = UInt64

/// Keys, bytes and one revision counter: what the cluster remembers.
///
/// Writes are ordered by their revisions and acknowledged only after they are durable. Reads never wait for the disk.
/// All members may be called from any thread; reads see durable state unless they say otherwise.
/// Keys are ordered by their UTF-8 bytes. Every engine passes `StoreConformance` in TestSupport.
package protocol Store: AnyObject, Sendable {
    /// The newest durable revision.
    var revision: Revision { get }

    /// States at this revision and later can be read, and events after it are retained; 0 while nothing was compacted.
    var compacted: Revision { get }

    /// Why no write is taken any more until the store is opened again; nil while writes are. Reads go on.
    var failure: StoreError? { get }

    /// The newest version of a key, staged (not yet durable) writes included: the base of a read-modify-write. nil when absent or deleted.
    ///
    /// A write built on it with ``Condition/revision(_:)`` becomes durable only if the version that it builds on does.
    func newest(_ key: String) -> Entry?

    /// The durable version of a key; nil when absent.
    func get(_ key: String) -> Entry?

    /// The version of a key as it stood at a revision; nil when it was absent then.
    ///
    /// Throws ``StoreError/compacted(oldest:)`` and ``StoreError/future(current:)``.
    func get(_ key: String, at revision: Revision) throws(StoreError) -> Entry?

    /// Entries whose key starts with `prefix`, in the order of their keys.
    ///
    /// - Parameters:
    ///   - revision: the state to read; nil is the newest durable one.
    ///   - after: leave out this key and all before it (a `continue` token); nil starts at the first.
    ///   - limit: at most this many entries; nil is all. The rest is counted in ``Listing/remaining``.
    ///
    /// Throws ``StoreError/compacted(oldest:)`` and ``StoreError/future(current:)``.
    func list(prefix: String, at revision: Revision?, after: String?, limit: Int?) throws(StoreError) -> Listing

    /// How many durable keys start with `prefix`.
    func count(prefix: String) -> Int

    /// Stages one write; it has its place in the order of writes when this returns.
    ///
    /// `done` is called once, never on the caller's stack: after the write is durable and readable, with the new entry (for a delete, the
    /// tombstone), or with what prevented it: ``StoreError/conflict(key:current:)``, ``StoreError/full(path:)``,
    /// ``StoreError/io(path:errno:message:)``, ``StoreError/closed``. It runs on the store's own thread and holds up all writers while it runs: it must not block.
    func write(_ write: Write, done: @escaping @Sendable (Result<Entry, StoreError>) -> Void)

    /// Events with a revision over `after` whose key starts with `prefix`, oldest first.
    ///
    /// At most `limit` events are examined, whether they match or not; go on with the returned cursor. When the cursor equals
    /// ``revision``, all was seen. Throws ``StoreError/compacted(oldest:)`` and ``StoreError/future(current:)``.
    func events(prefix: String, after: Revision, limit: Int) throws(StoreError) -> (events: [Event], cursor: Revision)

    /// How much of the past is kept.
    var retention: Retention { get }

    /// Calls `wake` with the events of each durable batch, oldest first, from the store's own thread: after readers see them and before any
    /// of their writers is answered; then `answered`, when all of them are. Neither may block.
    ///
    /// The subscription ends with ``Subscription/cancel()`` or with the last reference to it; a wake already under way may still arrive.
    func subscribe(_ wake: @escaping @Sendable ([Event]) -> Void, answered: @escaping @Sendable () -> Void) -> Subscription

    /// Forgets what is needed only to read states before `revision`: its events up to and including that revision.
    ///
    /// `done` gets the compacted revision, which is later than `revision` when it was compacted further already, or
    /// ``StoreError/future(current:)``, or the failure of the disk. It is called as `done` of a write is.
    func compact(to revision: Revision, done: @escaping @Sendable (Result<Revision, StoreError>) -> Void)

    /// Makes staged writes durable, lets go of the files and returns.
    ///
    /// Reads go on answering from memory, writes fail with ``StoreError/closed``.
    ///
    /// Needed: an open store keeps itself alive. Called from within a `done` or `wake`, it returns before the files are free.
    func close()
}

extension Store {
    package func subscribe(_ wake: @escaping @Sendable ([Event]) -> Void) -> Subscription { subscribe(wake, answered: {}) }

    /// Writes and returns when the write is durable; errors as in ``write(_:done:)``.
    @discardableResult
    package func write(_ write: Write) async throws(StoreError) -> Entry {
        let result: Result<Entry, StoreError> = await withCheckedContinuation { continuation in
            self.write(write) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Compacts and returns the compacted revision; errors as in ``compact(to:done:)``.
    @discardableResult
    package func compact(to revision: Revision) async throws(StoreError) -> Revision {
        let result: Result<Revision, StoreError> = await withCheckedContinuation { continuation in
            self.compact(to: revision) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// All entries under a prefix as they stand now.
    package func list(prefix: String) throws(StoreError) -> Listing {
        try list(prefix: prefix, at: nil, after: nil, limit: nil)
    }
}
