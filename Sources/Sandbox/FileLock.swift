import Glibc

/// Sole ownership of a data folder, held by a lock on a file in it; the kernel releases it when the process ends, however it ends.
package final class FileLock: Sendable {
    private let fd: Int32

    /// Takes the lock; nil when another process holds it. `text` is written into the file for humans and for ``holder(of:)``.
    package static func take(path: String, text: String) throws(SandboxError) -> FileLock? {
        let fd: Int32 = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard fd >= 0 else { throw SandboxError.system(call: "open", errno: errno, path: path) }
        let isFree: Bool = flock(fd, LOCK_EX | LOCK_NB) == 0
        let isWritten: Bool = isFree && ftruncate(fd, 0) == 0 && write(fd, text, text.utf8.count) == text.utf8.count
        if isWritten { return FileLock(fd: fd) }
        let reason: Int32 = errno
        close(fd)
        if !isFree, reason == EWOULDBLOCK { return nil }
        throw SandboxError.system(call: isFree ? "write" : "flock", errno: reason, path: path)
    }

    private init(fd: Int32) { self.fd = fd }

    /// The text of the process that holds the lock now; nil when none does.
    package static func holder(of path: String) -> String? {
        let fd: Int32 = open(path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return nil }
        defer { close(fd) }
        // A shared lock is refused exactly while somebody has the sole one; closing gives it back.
        return flock(fd, LOCK_SH | LOCK_NB) == 0 ? nil : text(ofFile: path)
    }

    /// Unlocks before it closes: a child that is being spawned on another thread may hold a copy of the descriptor for a moment.
    deinit {
        flock(fd, LOCK_UN)
        close(fd)
    }
}
