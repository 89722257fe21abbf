#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Why something with a file did not happen: the call, the system's reason and the path.
struct FileError: Error, Sendable, CustomStringConvertible {
    let call: String
    let errno: Int32
    let path: String

    init(_ call: String, _ path: String) {
        self.call = call
        #if canImport(Glibc)
            errno = Glibc.errno
        #else
            errno = Musl.errno
        #endif
        self.path = path
    }

    /// `mkdir /a/b: permission denied`
    var description: String {
        guard let text = strerror(errno) else { return "\(call) \(path): error \(errno)" }
        let words = String(cString: text)
        return "\(call) \(path): " + words.prefix(1).lowercased() + words.dropFirst()
    }
}

/// The few things that the kubelet does with files. All of them block, for as long as the disk's cache takes.
enum Files {
    /// What lies at a path; links are followed.
    enum Kind: Equatable { case folder, file, socket, characterDevice, blockDevice, other }

    /// nil when nothing is there, or nothing that this user may see.
    static func kind(_ path: String) -> Kind? {
        var facts = stat()
        guard stat(path, &facts) == 0 else { return nil }
        switch facts.st_mode & S_IFMT {
        case S_IFDIR: return .folder
        case S_IFREG: return .file
        case S_IFSOCK: return .socket
        case S_IFCHR: return .characterDevice
        case S_IFBLK: return .blockDevice
        default: return .other
        }
    }

    /// Bytes of a file; 0 when it is not there.
    static func size(_ path: String) -> Int {
        var facts = stat()
        return stat(path, &facts) == 0 ? Int(facts.st_size) : 0
    }

    /// Makes a folder and those above it that are missing. The mode holds for what is made, whatever the process's umask says.
    static func makeFolder(_ path: String, mode: mode_t = 0o700) throws(FileError) {
        if mkdir(path, mode) == 0 {
            guard chmod(path, mode) == 0 else { throw FileError("chmod", path) }
            return
        }
        switch errno {
        case EEXIST:
            guard kind(path) == .folder else { throw FileError("mkdir", path) }
        case ENOENT:
            guard let parent = parent(of: path) else { throw FileError("mkdir", path) }
            try makeFolder(parent, mode: mode)
            try makeFolder(path, mode: mode)
        default: throw FileError("mkdir", path)
        }
    }

    /// `/a` for `/a/b`; nil for what has no folder above it.
    static func parent(of path: String) -> String? {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return nil }
        return String(path[..<slash])
    }

    /// Writes a whole new file, or replaces the bytes of one that is there.
    static func write(_ bytes: [UInt8], to path: String, mode: mode_t) throws(FileError) {
        let fd: Int32 = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard fd >= 0 else { throw FileError("open", path) }
        defer { close(fd) }
        var written = 0
        while written < bytes.count {
            let count: Int = bytes[written...].withUnsafeBytes { systemWrite(fd, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileError("write", path) }
            written += count
        }
        guard fchmod(fd, mode) == 0 else { throw FileError("chmod", path) }
    }

    /// The whole file, or its last `limit` bytes; nil when it can't be read.
    static func read(_ path: String, last limit: Int = .max) -> [UInt8]? {
        let fd: Int32 = open(path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return nil }
        defer { close(fd) }
        var facts = stat()
        guard fstat(fd, &facts) == 0 else { return nil }
        var at: Int = max(0, Int(facts.st_size) - limit)
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count: Int = pread(fd, &chunk, chunk.count, off_t(at))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: chunk[..<count])
            at += count
        }
    }

    /// Names in a folder without `.` and `..`, in no order; none when it can't be read.
    static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name: String = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Where a symbolic link leads; nil when there is none.
    static func destination(of link: String) -> String? {
        var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count: Int = bytes.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map { readlink(link, $0.assumingMemoryBound(to: CChar.self), bytes.count) } ?? -1
        }
        return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// Makes a symbolic link, in place of one that is there, in one step.
    static func link(to destination: String, at path: String) throws(FileError) {
        let new: String = path + "_tmp"
        unlink(new)
        guard symlink(destination, new) == 0 else { throw FileError("symlink", new) }
        guard rename(new, path) == 0 else { throw FileError("rename", path) }
    }

    static func setMode(_ path: String, _ mode: mode_t) throws(FileError) {
        guard chmod(path, mode) == 0 else { throw FileError("chmod", path) }
    }

    /// Removes one file or link; what is not there is removed already.
    static func remove(_ path: String) throws(FileError) {
        if unlink(path) != 0, errno != ENOENT { throw FileError("unlink", path) }
    }
}

/// The system's `write`, which ``Files/write(_:to:mode:)`` hides.
private func systemWrite(_ fd: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    #if canImport(Glibc)
        Glibc.write(fd, bytes, count)
    #else
        Musl.write(fd, bytes, count)
    #endif
}
