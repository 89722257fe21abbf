import Glibc

/// A system call on a file that failed, in the words of Go: `open /x: no such file or directory`.
package struct FileError: Error, Sendable, Hashable, CustomStringConvertible {
    package let operation: String
    package let path: String
    package let errno: Int32

    package var description: String { "\(operation) \(path): \(reason)" }

    /// The system's word for the errno, with a small first letter as Go has it.
    package var reason: String { Self.reason(of: errno) }

    package static func reason(of errno: Int32) -> String {
        let text: String = String(cString: strerror(errno))
        return text.prefix(1).lowercased() + text.dropFirst()
    }
    package var isMissing: Bool { errno == ENOENT }
}

/// Whole files, without Foundation.
package enum LocalFile {
    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Paths that a shell's pattern stands for, in the order of their names; none where nothing fits.
    package static func matching(_ pattern: String) -> [String] {
        guard pattern.contains(where: { "*?[".contains($0) }) else { return [] }
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, 0, nil, &found) == 0 else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
    }

    package static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    package static func read(_ path: String) throws(FileError) -> [UInt8] {
        let descriptor: Int32 = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(operation: "open", path: path, errno: errno) }
        defer { close(descriptor) }
        return try read(descriptor, path)
    }

    /// Everything up to the end of an open file, such as standard input.
    package static func read(_ descriptor: Int32, _ path: String) throws(FileError) -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count: Int = Glibc.read(descriptor, &piece, piece.count)
            if count > 0 { bytes += piece[..<count] }
            if count == 0 { return bytes }
            if count < 0, errno != EINTR { throw FileError(operation: "read", path: path, errno: errno) }
        }
    }

    /// Names in a folder, sorted, without `.` and `..`.
    package static func names(in folder: String) throws(FileError) -> [String] {
        guard let stream = opendir(folder) else { throw FileError(operation: "open", path: folder, errno: errno) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name: String = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Puts the bytes in the file's place in one step: a reader sees the old text or the new one. Missing folders are made (0700).
    /// A symbolic link is followed, so that it stays one.
    package static func replace(_ path: String, with bytes: [UInt8], mode: UInt32 = 0o600) throws(FileError) {
        let target: String = resolved(path)
        try makeFolder(parent(of: target))
        let temporary: String = "\(target).\(getpid()).tmp"
        let descriptor: Int32 = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw FileError(operation: "open", path: temporary, errno: errno) }
        do {
            defer { close(descriptor) }
            var sent: Int = 0
            while sent < bytes.count {
                let count: Int = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress?.advanced(by: sent), bytes.count - sent) }
                if count < 0, errno == EINTR { continue }
                guard count > 0, count >= 0 else { return try fail("write", temporary) }
                sent += count
            }
            guard fsync(descriptor) == 0 else { return try fail("fsync", temporary) }
        }
        guard rename(temporary, target) == 0 else { return try fail("rename", temporary) }
    }

    package static func makeFolder(_ path: String) throws(FileError) {
        guard !path.isEmpty, !isFolder(path) else { return }
        try makeFolder(parent(of: path))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw FileError(operation: "mkdir", path: path, errno: errno) }
    }

    /// The folder of a path; empty for a bare name.
    package static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The path from the root, through links where it is there.
    package static func absolute(_ path: String) -> String {
        let path: String = resolved(path)
        // What is not there has no real path; it is named from where we are.
        guard !path.hasPrefix("/"), let here = getcwd(nil, 0) else { return path }
        defer { free(here) }
        return String(cString: here) + "/" + path
    }

    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    /// Removes the half-written file and throws.
    private static func fail(_ operation: String, _ path: String) throws(FileError) {
        let error = FileError(operation: operation, path: path, errno: errno)
        unlink(path)
        throw error
    }
}
