import FoundationEssentials
import Glibc

/// Files that only their owner may read, written whole or not at all.
enum PrivateFile {
    static func read(_ path: String) throws(ClusterError) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ClusterError("cannot read \(path): \(String(cString: strerror(errno)))")
        }
        return Array(data)
    }

    /// Reads a file of secrets. Throws ``ClusterError`` for one that others than its owner may read.
    ///
    /// - Parameter content: what the file holds, in the plural: `keys`, `tokens`.
    static func read(_ path: String, holding content: String) throws(ClusterError) -> [UInt8] {
        var facts = stat()
        guard stat(path, &facts) == 0 else { throw ClusterError("cannot read \(path): \(String(cString: strerror(errno)))") }
        guard facts.st_mode & 0o077 == 0 else {
            throw ClusterError("\(path) holds \(content), and others than its owner may read it. Take that away: chmod 600 \(path)")
        }
        return try read(path)
    }

    /// Writes a new file beside the old one, mode 0600, makes it durable and puts it in the old one's place.
    static func write(_ bytes: [UInt8], to path: String) throws(ClusterError) {
        let temporary: String = path + ".new"
        func failure() -> ClusterError { ClusterError("cannot write \(path): \(String(cString: strerror(errno)))") }
        unlink(temporary)
        let fd: Int32 = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard fd >= 0 else { throw failure() }
        var rest: ArraySlice<UInt8> = bytes[...]
        while !rest.isEmpty {
            let count: Int = rest.withUnsafeBytes { Glibc.write(fd, $0.baseAddress, $0.count) }
            guard count > 0 else {
                close(fd)
                throw failure()
            }
            rest = rest.dropFirst(count)
        }
        let isSynced: Bool = fsync(fd) == 0
        guard close(fd) == 0, isSynced, rename(temporary, path) == 0 else { throw failure() }
    }
}
