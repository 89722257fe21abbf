#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Makes the folder that a `subPath` names. A container may have put symbolic links on the way: none is followed here, so that
/// nothing is made outside of the volume; where one is met, the sandbox decides whether it stays within.
enum SubPath {
    /// Throws ``FileError``.
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
