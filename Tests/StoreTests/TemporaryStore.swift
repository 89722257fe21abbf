import Glibc
import Store
import TestSupport

/// A folder for one test's store; gone with its last reference.
final class TemporaryStore: Sendable {
    let folder: String

    init() {
        var template: [CChar] = Array("/tmp/swkube-store-XXXXXX".utf8CString)
        folder = mkdtemp(&template).map { String(cString: $0) } ?? "/tmp"
        precondition(folder != "/tmp", "cannot make a temporary folder")
    }

    deinit {
        for suffix in ["", "-wal", "-shm", ".lock", ".new", ".copy"] { unlink(path + suffix) }
        rmdir(folder)
    }

    var path: String { folder + "/store.db" }

    func open(_ retention: Retention = Retention()) throws -> SQLiteStore {
        try SQLiteStore(path: path, retention: retention) { IndexProbe(key: $0, value: $1) }
    }

    /// Runs `body` on an open store and closes it.
    func use(_ body: (SQLiteStore) async throws -> Void) async throws {
        let store: SQLiteStore = try open()
        defer { store.close() }
        try await body(store)
    }
}

extension SQLiteStore {
    @discardableResult
    func put(_ key: String, _ value: String) async throws(StoreError) -> Entry {
        try await write(Write(.put, key) { _ in Array(value.utf8) })
    }
}
