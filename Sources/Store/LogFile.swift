/// The store on disk: the SQLite file, the claim on it, and what its failures mean to the store's callers.
///
/// Handed from the opening thread to the writer thread, which then is the only one to touch it.
final class LogFile: @unchecked Sendable {
    let path: String

    private var lock: FileLock?
    /// nil once closed.
    private var tables: LogTables?

    /// Opens the file, or makes it when it is missing.
    ///
    /// Throws ``StoreError/inUse(path:pid:)``, ``StoreError/corrupt(path:detail:)`` and what the system says.
    init(path: String, sealing: (any Sealing)? = nil) throws(StoreError) {
        self.path = path
        lock = try FileLock(path: path + ".lock", owner: path)
        try Self.prepare(path)
        tables = try Self.open(path, sealing)
    }

    /// Reads everything and checks it; the entries get `indexer`.
    func load(indexer: Indexer) throws(StoreError) -> Published {
        try perform { (tables: LogTables) throws(SQLiteFailure) in try tables.load(indexer: indexer) }
    }

    /// Adds events in one transaction, durable when this returns.
    func append(_ events: [Event]) throws(StoreError) {
        try perform { (tables: LogTables) throws(SQLiteFailure) in try tables.append(events) }
    }

    /// Deletes rows and sets the compacted revision, in one transaction, durable when this returns.
    func compact(to revision: Revision, deleting obsolete: [Revision]) throws(StoreError) {
        try perform { (tables: LogTables) throws(SQLiteFailure) in try tables.compact(to: revision, deleting: obsolete) }
    }

    /// Writes anew what stands otherwise on the disk than it would be written today; how many rows that were.
    func reseal() throws(StoreError) -> Int {
        try perform { (tables: LogTables) throws(SQLiteFailure) in try tables.reseal() }
    }

    /// Whether the write-ahead log is long enough to be moved into the database when nobody writes.
    var isLong: Bool { (tables?.logSize ?? 0) > 4 << 20 }
    /// Whether it is so long that writers must wait until it is moved: some 20,000 writes of a KB, so that fewer than one in a hundred waits
    /// even when as many as there are connections do so at once.
    var isTooLong: Bool { (tables?.logSize ?? 0) > 64 << 20 }

    /// Moves the write-ahead log into the database. Should that fail, all stays where it is, durable, and is tried again when there is more.
    func moveLog() { try? tables?.moveLog() }

    /// Moves the write-ahead log into the database, closes the files and only then lets others in.
    func close() {
        tables = nil
        lock = nil
    }

    private func perform<Result>(_ body: (LogTables) throws(SQLiteFailure) -> Result) throws(StoreError) -> Result {
        guard let tables else { throw .closed }
        do throws(SQLiteFailure) {
            return try body(tables)
        } catch {
            throw error.storeError(path)
        }
    }
}
