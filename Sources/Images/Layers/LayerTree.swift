import Glibc

/// A folder that is looked into part by part without ever following a symbolic link, so that nothing outside of it is seen or changed.
struct LayerTree: ~Copyable {
    enum Kind: Equatable {
        case folder
        case symbolicLink(to: String)
        /// An overlay's mark that a name of the layers below is gone: a character device without number.
        case whiteout
        case other
    }

    let path: String
    let fd: Int32

    /// Throws ``ImageError/file(call:errno:path:)``.
    init(_ path: String) throws(ImageError) {
        self.path = path
        fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        if fd < 0 { throw .system("open", path) }
    }

    deinit { if fd >= 0 { close(fd) } }

    /// A descriptor of a folder, for the caller to close; nil when a part is missing or no folder.
    func openFolder(_ parts: some Collection<String>) -> Int32? {
        var current: Int32 = dup(fd)
        for part in parts {
            let next: Int32 = openat(current, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            close(current)
            guard next >= 0 else { return nil }
            current = next
        }
        return current
    }

    /// What lies at a place; nil for nothing. `blocked` says that something on the way there is no folder, or is gone.
    func look(_ parts: [String]) -> (kind: Kind?, facts: stat, blocked: Bool) {
        var facts = stat()
        guard let name = parts.last else { return (.folder, facts, false) }
        var current: Int32 = dup(fd)
        defer { close(current) }
        for part in parts.dropLast() {
            let next: Int32 = openat(current, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard next >= 0 else { return (nil, facts, errno != ENOENT) }
            close(current)
            current = next
        }
        guard fstatat(current, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 else { return (nil, facts, false) }
        return (Self.kind(facts, in: current, name), facts, false)
    }

    static func kind(_ facts: stat, in folder: Int32, _ name: String) -> Kind {
        switch facts.st_mode & S_IFMT {
        case S_IFDIR: return .folder
        case S_IFCHR where facts.st_rdev == 0: return .whiteout
        case S_IFLNK:
            var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
            let count: Int = bytes.withUnsafeMutableBytes { bytes in
                bytes.baseAddress.map { readlinkat(folder, name, $0.assumingMemoryBound(to: CChar.self), bytes.count) } ?? -1
            }
            return .symbolicLink(to: String(decoding: bytes[..<max(0, count)], as: UTF8.self))
        default: return .other
        }
    }

    /// Names in a folder of the tree.
    func names(in parts: [String]) -> [String] {
        guard let folder = openFolder(parts) else { return [] }
        guard let stream = fdopendir(folder) else {
            close(folder)
            return []
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name: String = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
