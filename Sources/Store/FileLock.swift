import Glibc

/// An exclusive claim on a path by this process: an flock on a file that holds the process id.
///
/// The kernel lets go of it when the process dies, however it dies. The file stays:
/// if it were removed, two processes could each lock their own.
final class FileLock {
    private let descriptor: Int32

    /// - Parameter path: of the lock file; made with mode 0600 when missing. Throws ``StoreError/inUse(path:pid:)`` naming `owner`.
    init(path: String, owner: String) throws(StoreError) {
        let opened: Int32 = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw .system(errno, path, "cannot open the lock file") }
        if flock(opened, LOCK_EX | LOCK_NB) != 0 {
            let failure: Int32 = errno
            let holder: Int32? = Self.holder(opened)
            _ = Glibc.close(opened)
            if failure == EWOULDBLOCK { throw .inUse(path: owner, pid: holder) }
            throw .system(failure, path, "cannot lock it")
        }
        // Last of what can fail: once it is set, a throw would run `deinit` too, and close the number a second time.
        descriptor = opened
        // The process id is for the message of a second opener only: a full disk must not keep the store from opening.
        ftruncate(descriptor, 0)
        let text: [UInt8] = Array("\(getpid())\n".utf8)
        pwrite(descriptor, text, text.count, 0)
    }

    /// Unlocks before it closes: a child that is being spawned on another thread may hold a copy of the descriptor for a moment.
    deinit {
        _ = flock(descriptor, LOCK_UN)
        _ = Glibc.close(descriptor)
    }

    private static func holder(_ descriptor: Int32) -> Int32? {
        var bytes: [UInt8] = Array(repeating: 0, count: 16)
        let count: Int = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: bytes[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }
}
