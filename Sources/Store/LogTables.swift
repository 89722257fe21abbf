import CSQLite

/// The tables of the log, and the statements on them.
///
///     log(revision, created, deleted, key, sum, value)     the retained writes and the newest version of each key
///     compaction(revision)                                 one row: the compacted revision
///
/// A write appends one row and changes nothing else, so its bytes are written once. The current state is the newest row of each key, found
/// by reading the whole table when the store opens; the store needs the values in memory anyway, and each row is checked on the way.
/// Compaction deletes the rows that only older states need.
final class LogTables {
    let connection: SQLiteConnection
    private let insert: SQLiteStatement
    private let delete: SQLiteStatement
    private let setCompacted: SQLiteStatement
    /// nil writes values as they are.
    let sealing: (any Sealing)?

    static let schema: String = """
        CREATE TABLE log (
            revision INTEGER PRIMARY KEY,
            created INTEGER NOT NULL,
            deleted INTEGER NOT NULL,
            key TEXT NOT NULL,
            sum INTEGER NOT NULL,
            value BLOB NOT NULL
        );
        CREATE TABLE compaction (revision INTEGER NOT NULL);
        INSERT INTO compaction VALUES (0);
        """

    init(_ connection: SQLiteConnection, sealing: (any Sealing)? = nil) throws(SQLiteFailure) {
        self.connection = connection
        self.sealing = sealing
        insert = try SQLiteStatement(
            connection, "INSERT INTO log (revision, created, deleted, key, sum, value) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
        delete = try SQLiteStatement(connection, "DELETE FROM log WHERE revision = ?1")
        setCompacted = try SQLiteStatement(connection, "UPDATE compaction SET revision = ?1")
    }

    /// Bytes that stand in the write-ahead log only.
    var logSize: Int { connection.logSize }

    func moveLog() throws(SQLiteFailure) { try connection.moveLog() }

    func append(_ events: [Event]) throws(SQLiteFailure) {
        // A statement alone is a transaction already.
        if events.count == 1 { return try append(events[0]) }
        try connection.transaction { () throws(SQLiteFailure) in
            for event in events { try append(event) }
        }
    }

    func compact(to revision: Revision, deleting obsolete: [Revision]) throws(SQLiteFailure) {
        try connection.transaction { () throws(SQLiteFailure) in
            for revision in obsolete {
                delete.bind(1, Int64(revision))
                try delete.run()
            }
            setCompacted.bind(1, Int64(revision))
            try setCompacted.run()
        }
    }

    /// Fills a new log with a state that has no past: one transaction, after which it is complete.
    func fill(_ entries: [Entry], at revision: Revision) throws(SQLiteFailure) {
        try connection.transaction { () throws(SQLiteFailure) in
            for entry in entries { try append(Event(entry: entry, previous: nil, isDelete: false)) }
            setCompacted.bind(1, Int64(revision))
            try setCompacted.run()
        }
        connection.keepsLogOnClose = false
    }

    func load(indexer: Indexer) throws(SQLiteFailure) -> Published {
        guard let compacted: Int64 = try connection.integer("SELECT revision FROM compaction"), compacted >= 0 else {
            throw .corrupt("the row of the compacted revision is missing")
        }
        var stale: [Revision] = []
        var loading: Loading = Loading(compacted: Revision(compacted), indexer: indexer)
        let rows: SQLiteStatement = try SQLiteStatement(
            connection, "SELECT revision, created, deleted, key, sum, value FROM log ORDER BY revision")
        while try rows.step() {
            let row: Row = Row(
                revision: Revision(bitPattern: rows.integer(0)), created: Revision(bitPattern: rows.integer(1)),
                isDelete: rows.integer(2) != 0, key: rows.bytes(3), value: rows.bytes(5))
            guard UInt64(bitPattern: rows.integer(4)) == row.sum else {
                throw .corrupt("the row of revision \(row.revision) does not match its checksum")
            }
            let (value, isStale): ([UInt8], Bool) = try open(row.value, key: row.key, row.revision)
            if isStale { stale.append(row.revision) }
            loading.add(row, value: value)
        }
        let published: Published = try loading.published()
        connection.keepsLogOnClose = false
        try rewrite(stale)
        sqlite3_db_release_memory(connection.handle)
        return published
    }

    private func append(_ event: Event) throws(SQLiteFailure) {
        let entry: Entry = event.entry
        insert.bind(1, Int64(entry.revision))
        insert.bind(2, Int64(entry.created))
        insert.bind(3, event.isDelete ? 1 : 0)
        let stored: [UInt8] = try seal(entry.value, key: entry.key)
        let result: Result<Void, SQLiteFailure> = entry.key.withKeyBytes { key in
            stored.withUnsafeBytes { value in
                let row: Row = Row(
                    revision: entry.revision, created: entry.created, isDelete: event.isDelete,
                    key: UnsafeRawBufferPointer(key), value: value)
                insert.bindText(4, row.key)
                insert.bind(5, Int64(bitPattern: row.sum))
                insert.bindBlob(6, row.value)
                return Result { () throws(SQLiteFailure) in try insert.run() }
            }
        }
        try result.get()
    }
}

/// One row of the log.
struct Row {
    let revision: Revision
    let created: Revision
    let isDelete: Bool
    let key: UnsafeRawBufferPointer
    let value: UnsafeRawBufferPointer

    /// Over all that the row says.
    var sum: UInt64 {
        var checksum: Checksum = Checksum()
        checksum.add(revision)
        checksum.add(created)
        checksum.add(isDelete ? 1 : 0)
        checksum.add(key)
        checksum.add(value)
        return checksum.value
    }
}
