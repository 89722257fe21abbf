import Glibc

/// Room on the file system that a path lies on.
package struct DiskSpace: Sendable, Equatable {
    /// Bytes in all.
    package let capacity: Int64
    /// Bytes that this user may still write.
    package let available: Int64
    package let inodes: Int64
    package let availableInodes: Int64

    package var used: Int64 { capacity - available }
    package var usedInodes: Int64 { inodes - availableInodes }

    package init(capacity: Int64, available: Int64, inodes: Int64, availableInodes: Int64) {
        self.capacity = capacity
        self.available = available
        self.inodes = inodes
        self.availableInodes = availableInodes
    }

    /// Of the disk that a path is on. Throws ``SandboxError/system(call:errno:path:)``.
    package init(at path: String) throws(SandboxError) {
        var facts = statvfs()
        guard statvfs(path, &facts) == 0 else { throw SandboxError.system(call: "statvfs", errno: errno, path: path) }
        let block = Int64(facts.f_frsize)
        capacity = Int64(facts.f_blocks) * block
        available = Int64(facts.f_bavail) * block
        inodes = Int64(facts.f_files)
        availableInodes = Int64(facts.f_favail)
    }
}
