import CSQLite
import Glibc

extension LogFile {
    /// Marks the file as ours ("swks"), so that another program's database is not taken for a store.
    private static let applicationID: Int64 = 0x73_77_6B_73
    /// Version of the layout of tables and sums.
    private static let format: Int64 = 1

    /// Sees that a database is there that SQLite may open, and makes one where there is none.
    ///
    /// SQLite takes an empty file for a new database and throws away the log that stands beside it, so these cases are caught here.
    static func prepare(_ path: String) throws(StoreError) {
        var status: stat = stat()
        if stat(path, &status) != 0 {
            guard errno == ENOENT else { throw .system(errno, path, "cannot look at it") }
            if stat(path + "-wal", &status) == 0, status.st_size > 0 {
                throw .corrupt(path: path, detail: "it is missing, but its write-ahead log \(path)-wal is there")
            }
            return try create(path)
        }
        if status.st_size == 0 { throw .corrupt(path: path, detail: "it is empty; a store never is") }
    }

    /// Opens a database that is there, and sees that it is a store of this format.
    static func open(_ path: String, _ sealing: (any Sealing)? = nil) throws(StoreError) -> LogTables {
        do throws(SQLiteFailure) {
            let connection: SQLiteConnection = try SQLiteConnection(path: path)
            // Until all rows are read and found sound: a file that is refused stays as it is, its write-ahead log included.
            connection.keepsLogOnClose = true
            // Exclusive before the first read: the index of the write-ahead log then lives in memory, and no -shm file is made.
            try connection.run(
                """
                PRAGMA locking_mode = EXCLUSIVE;
                PRAGMA synchronous = FULL;
                PRAGMA journal_size_limit = 8388608;
                PRAGMA cache_size = -1024;
                """)
            guard try connection.integer("PRAGMA application_id") == applicationID else {
                throw .corrupt("it is an SQLite database, but not a store of swkube")
            }
            let found: Int64 = try connection.integer("PRAGMA user_version") ?? 0
            guard found == format else { throw .corrupt("its format is \(found), and this swkube reads format \(format)") }
            let mode: String? = try connection.text("PRAGMA journal_mode = WAL")
            guard mode == "wal" else {
                throw SQLiteFailure(code: SQLITE_IOERR, errno: 0, message: "its file system allows no write-ahead log")
            }
            return try LogTables(connection, sealing: sealing)
        } catch {
            throw error.storeError(path)
        }
    }

    /// Makes a new database beside the path and moves it there whole: a crash leaves either none or a complete one.
    static func create(_ path: String) throws(StoreError) {
        let draft: String = path + ".new"
        for leftover in [draft, draft + "-wal", draft + "-journal"] { unlink(leftover) }
        let descriptor: Int32 = Glibc.open(draft, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system(errno, path, "cannot create it") }
        defer { _ = Glibc.close(descriptor) }
        do throws(SQLiteFailure) {
            let connection: SQLiteConnection = try SQLiteConnection(path: draft)
            try connection.run(
                """
                PRAGMA locking_mode = EXCLUSIVE;
                PRAGMA synchronous = OFF;
                PRAGMA journal_mode = MEMORY;
                BEGIN;
                PRAGMA application_id = \(applicationID);
                PRAGMA user_version = \(format);
                \(LogTables.schema)
                COMMIT;
                PRAGMA journal_mode = WAL;
                """)
        } catch {
            throw error.storeError(path)
        }
        guard fsync(descriptor) == 0, rename(draft, path) == 0 else {
            throw .system(errno, path, "cannot create it")
        }
        try syncFolder(of: path)
    }

    private static func syncFolder(of path: String) throws(StoreError) {
        let folder: String = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor: Int32 = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if descriptor >= 0 { _ = Glibc.close(descriptor) } }
        guard descriptor >= 0, fsync(descriptor) == 0 else {
            throw .system(errno, folder, "cannot make the new file durable")
        }
    }
}

extension StoreError {
    /// A system call's failure: no room is told apart, as it passes.
    static func system(_ errno: Int32, _ path: String, _ what: String) -> StoreError {
        if errno == ENOSPC || errno == EDQUOT { return .full(path: path) }
        let reason: String = strerror(errno).map { String(cString: $0) } ?? "error \(errno)"
        return .io(path: path, errno: errno, message: "\(what): \(reason)")
    }
}

extension SQLiteFailure {
    /// A finding of our own.
    static func corrupt(_ detail: String) -> SQLiteFailure { SQLiteFailure(code: SQLITE_CORRUPT, errno: 0, message: detail) }

    /// A value that must not be written as it is.
    static func unsealed(_ key: String, _ failure: SealingFailure) -> SQLiteFailure {
        SQLiteFailure(code: SQLITE_AUTH, errno: 0, message: "\(key): \(failure.reason)")
    }

    /// What the store's callers can tell apart and act on.
    func storeError(_ path: String) -> StoreError {
        switch (primaryCode, errno) {
        case (SQLITE_FULL, _), (SQLITE_IOERR, ENOSPC), (SQLITE_IOERR, EDQUOT), (SQLITE_CANTOPEN, ENOSPC), (SQLITE_CANTOPEN, EDQUOT):
            .full(path: path)
        case (SQLITE_CORRUPT, _), (SQLITE_NOTADB, _):
            .corrupt(path: path, detail: message)
        case (SQLITE_AUTH, _):
            .unsealed(key: path, reason: message)
        case (SQLITE_BUSY, _):
            .inUse(path: path, pid: nil)
        default:
            .io(path: path, errno: errno, message: "\(message) (SQLite code \(code))")
        }
    }
}
