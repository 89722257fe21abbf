import CSQLite

/// What SQLite answered in place of what was asked.
struct SQLiteFailure: Error {
    /// Extended result code.
    let code: Int32
    /// Of the system call that failed last; 0 when none did.
    let errno: Int32
    let message: String

    var primaryCode: Int32 { code & 0xFF }
}

/// One connection to one database file. Used by one thread at a time.
final class SQLiteConnection {
    let handle: OpaquePointer
    /// As SQLite tells it after each commit.
    private let logPages: UnsafeMutablePointer<Int32> = .allocate(capacity: 1)

    /// Opens a file, which must be there.
    init(path: String) throws(SQLiteFailure) {
        var opened: OpaquePointer?
        let flags: Int32 = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let code: Int32 = sqlite3_open_v2(path, &opened, flags, nil)
        guard code == SQLITE_OK, let opened else {
            let failure: SQLiteFailure =
                opened.map { Self.failure($0, code) }
                ?? SQLiteFailure(code: code, errno: 0, message: "out of memory")
            sqlite3_close_v2(opened)
            throw failure
        }
        handle = opened
        logPages.initialize(to: 0)
        // In the place of SQLite's own hook, which moves the log into the database in the middle of a commit.
        sqlite3_wal_hook(
            handle,
            { pages, _, _, count in
                pages?.storeBytes(of: count, as: Int32.self)
                return SQLITE_OK
            }, logPages)
    }

    /// Moves the write-ahead log into the database and removes it.
    deinit {
        sqlite3_close_v2(handle)
        logPages.deallocate()
    }

    /// Bytes of the write-ahead log that the database does not have yet, as far as ``moveLog()`` was not called since the last commit.
    var logSize: Int { Int(logPages.pointee) * 4096 }

    /// Moves the write-ahead log into the database: some ten milliseconds for four megabytes, most of them for an fsync.
    func moveLog() throws(SQLiteFailure) {
        logPages.pointee = 0
        let code: Int32 = sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
        guard code == SQLITE_OK else { throw failure(code) }
    }

    /// Whether the write-ahead log is left as it is when the connection closes.
    var keepsLogOnClose: Bool = false {
        didSet { swkube_sqlite_no_checkpoint_on_close(handle, keepsLogOnClose ? 1 : 0) }
    }

    func run(_ sql: String) throws(SQLiteFailure) {
        let code: Int32 = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw failure(code) }
    }

    /// The first column of the first row, as text; nil without a row.
    func text(_ sql: String) throws(SQLiteFailure) -> String? {
        let statement: SQLiteStatement = try SQLiteStatement(self, sql)
        guard try statement.step() else { return nil }
        return String(decoding: statement.bytes(0), as: UTF8.self)
    }

    /// The first column of the first row, as a number; nil without a row.
    func integer(_ sql: String) throws(SQLiteFailure) -> Int64? {
        let statement: SQLiteStatement = try SQLiteStatement(self, sql)
        return try statement.step() ? statement.integer(0) : nil
    }

    /// Runs `body` in one transaction: all of it happens, durably, or none of it.
    func transaction(_ body: () throws(SQLiteFailure) -> Void) throws(SQLiteFailure) {
        do {
            try run("BEGIN IMMEDIATE")
            try body()
            try run("COMMIT")
        } catch {
            // SQLite has rolled back already for some failures (a full disk among them); a second ROLLBACK would be an error.
            if sqlite3_get_autocommit(handle) == 0 { try? run("ROLLBACK") }
            throw error
        }
    }

    func failure(_ code: Int32) -> SQLiteFailure { Self.failure(handle, code) }

    private static func failure(_ handle: OpaquePointer, _ code: Int32) -> SQLiteFailure {
        SQLiteFailure(code: code, errno: sqlite3_system_errno(handle), message: String(cString: sqlite3_errmsg(handle)))
    }
}

/// A prepared statement. Parameters count from 1, columns from 0, as in SQLite.
final class SQLiteStatement {
    private let connection: SQLiteConnection
    private let handle: OpaquePointer

    init(_ connection: SQLiteConnection, _ sql: String) throws(SQLiteFailure) {
        var prepared: OpaquePointer?
        let code: Int32 = sqlite3_prepare_v3(connection.handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard code == SQLITE_OK, let prepared else { throw connection.failure(code) }
        self.connection = connection
        handle = prepared
    }

    deinit { sqlite3_finalize(handle) }

    /// Whether there is a row.
    func step() throws(SQLiteFailure) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw connection.failure(code)
        }
    }

    /// Makes a statement ready for the next time before all of its rows were read.
    func reset() { sqlite3_reset(handle) }

    /// Runs a statement that gives no rows, and makes it ready for the next time.
    func run() throws(SQLiteFailure) {
        let code: Int32 = sqlite3_step(handle)
        guard code == SQLITE_DONE else {
            let failure: SQLiteFailure = connection.failure(code)
            sqlite3_reset(handle)
            throw failure
        }
        sqlite3_reset(handle)
    }

    func bind(_ parameter: Int32, _ value: Int64) { sqlite3_bind_int64(handle, parameter, value) }

    /// The bytes are not copied: they must stay until the statement has run.
    func bindText(_ parameter: Int32, _ bytes: UnsafeRawBufferPointer) {
        guard let start: UnsafeRawPointer = bytes.baseAddress else { return bindBlob(parameter, bytes) }
        let text: UnsafePointer<CChar> = start.assumingMemoryBound(to: CChar.self)
        sqlite3_bind_text64(handle, parameter, text, UInt64(bytes.count), nil, UInt8(SQLITE_UTF8))
    }

    /// The bytes are not copied: they must stay until the statement has run.
    func bindBlob(_ parameter: Int32, _ bytes: UnsafeRawBufferPointer) {
        if bytes.isEmpty {
            sqlite3_bind_zeroblob(handle, parameter, 0)
        } else {
            sqlite3_bind_blob64(handle, parameter, bytes.baseAddress, UInt64(bytes.count), nil)
        }
    }

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    /// The bytes of a text or blob column, valid until the next step.
    func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
        let start: UnsafeRawPointer? = sqlite3_column_blob(handle, column)
        return UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(handle, column)))
    }
}
