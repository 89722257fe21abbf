#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What a folder takes on its disk. Blocks for as long as looking at each file takes.
enum FolderSize {
    /// Bytes of all blocks below; links are not followed, other file systems not entered. What can't be read counts as nothing.
    static func bytes(_ path: String) -> Int64 {
        var facts = stat()
        guard lstat(path, &facts) == 0 else { return 0 }
        let size = Int64(facts.st_blocks) * 512
        guard facts.st_mode & S_IFMT == S_IFDIR else { return size }
        let fd: Int32 = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard fd >= 0 else { return size }
        return size + below(fd, facts.st_dev)
    }

    /// Takes over the descriptor of a folder.
    private static func below(_ fd: Int32, _ device: dev_t) -> Int64 {
        guard let stream = fdopendir(fd) else {
            close(fd)
            return 0
        }
        defer { closedir(stream) }
        var sum: Int64 = 0
        while let entry = readdir(stream) {
            let name: String = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            var facts = stat()
            guard name != ".", name != "..", fstatat(fd, name, &facts, AT_SYMLINK_NOFOLLOW) == 0, facts.st_dev == device else { continue }
            sum += Int64(facts.st_blocks) * 512
            guard facts.st_mode & S_IFMT == S_IFDIR else { continue }
            let child: Int32 = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            if child >= 0 { sum += below(child, device) }
        }
        return sum
    }
}
