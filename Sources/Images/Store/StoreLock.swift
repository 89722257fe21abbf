import Glibc

/// A lock on a file of the store, among all processes that use it; given back with the last reference, or the process.
final class StoreLock {
    enum Mode { case shared, exclusive }

    private let fd: Int32

    /// Waits for the lock. Blocks. Throws ``ImageError/file(call:errno:path:)``.
    init(_ path: String, _ mode: Mode) throws(ImageError) {
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard fd >= 0 else { throw .system("open", path) }
        while flock(fd, mode == .shared ? LOCK_SH : LOCK_EX) != 0 {
            guard errno == EINTR else { throw .system("flock", path) }
        }
    }

    /// The sole lock if nobody has any; nil otherwise.
    init?(ifFree path: String) {
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        if fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0 { return nil }
    }

    deinit {
        guard fd >= 0 else { return }
        flock(fd, LOCK_UN)
        close(fd)
    }
}
