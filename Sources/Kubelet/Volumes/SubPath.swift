#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Places in a volume. A container may have put symbolic links on the way: none is followed here, so that
/// nothing is made or read outside of the volume; where one is met, the sandbox decides whether a mount stays within.
enum SubPath {
    /// The bytes of a file, 64 KiB at most; nil when it is not there, or not a plain file reached without links.
    static func read(_ path: String, below folder: String) -> [UInt8]? {
        let parts: [Substring] = path.split(separator: "/").filter { $0 != "." }
        var fd: Int32 = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        for (index, part) in parts.enumerated() where fd >= 0 {
            let isLast: Bool = index == parts.count - 1
            // A pipe in place of the file must not hold anybody up.
            let next: Int32 =
                part == ".." ? -1 : openat(fd, String(part), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | (isLast ? O_NONBLOCK : O_DIRECTORY))
            close(fd)
            fd = next
        }
        guard fd >= 0 else { return nil }
        defer { close(fd) }
        var facts = stat()
        guard fstat(fd, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return nil }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count: Int = pread(fd, &bytes, bytes.count, 0)
        return count < 0 ? nil : Array(bytes[..<count])
    }

    /// Makes the folder that a `subPath` names. Throws ``FileError``.
    static func make(_ path: String, below folder: String) throws(FileError) {
        var fd: Int32 = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard fd >= 0 else { throw FileError("open", folder) }
        defer { close(fd) }
        for part in path.split(separator: "/") where part != "." {
            let name = String(part)
            if mkdirat(fd, name, 0o755) != 0, errno != EEXIST { throw FileError("mkdir", folder + "/" + path) }
            let next: Int32 = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard next >= 0 else { return }  // a file or a link
            close(fd)
            fd = next
        }
    }
}
