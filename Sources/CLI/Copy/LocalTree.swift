import Client
import Glibc
import Images
import Machinery

/// Files of this machine as a tar archive, and back. All of it blocks: to be run on a thread of its own.
struct LocalTree {
    let output: Output

    // MARK: - Out

    /// Writes a file or a folder with all below it to a descriptor, under another name. Links are kept as links, as kubectl keeps them.
    func pack(_ path: String, as name: String, to fd: Int32) throws {
        let writer = TarWriter { bytes in try Self.write(bytes, to: fd, "the archive") }
        try add(path, name, to: writer)
        try writer.finish()
    }

    private func add(_ path: String, _ name: String, to writer: TarWriter) throws {
        var facts = stat()
        guard lstat(path, &facts) == 0 else { throw Self.failure("lstat", path) }
        var entry = TarEntry(
            path: name, kind: .file, mode: UInt32(facts.st_mode) & 0o7777, user: facts.st_uid, group: facts.st_gid,
            seconds: Int64(facts.st_mtim.tv_sec))
        switch facts.st_mode & S_IFMT {
        case S_IFDIR:
            entry.kind = .folder
            try writer.begin(entry)
            for child in try LocalFile.names(in: path) { try add(path + "/" + child, name + "/" + child, to: writer) }
        case S_IFLNK:
            var target = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
            guard readlink(path, &target, Int(PATH_MAX)) >= 0 else { throw Self.failure("readlink", path) }
            entry.kind = .symbolicLink(to: String(decoding: target.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
            try writer.begin(entry)
        case S_IFREG: try addFile(path, &entry, Int64(facts.st_size), to: writer)
        default: output.note("warning: skipping \(JSON.quoted(path)): it is no file, folder or link")
        }
    }

    /// A file that grows meanwhile is taken as long as it was; one that shrinks is an error.
    private func addFile(_ path: String, _ entry: inout TarEntry, _ size: Int64, to writer: TarWriter) throws {
        let fd: Int32 = open(path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { throw Self.failure("open", path) }
        defer { close(fd) }
        entry.size = size
        try writer.begin(entry)
        var left: Int64 = size
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { buffer.deallocate() }
        while left > 0 {
            let count: Int = read(fd, buffer.baseAddress, Int(min(left, Int64(buffer.count))))
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw Self.failure("read", path) }
            if count == 0 { throw Failure("\(path) became shorter while it was copied") }
            try writer.add(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]))
            left -= Int64(count)
        }
        try writer.pad(size)
    }

    // MARK: - In

    /// Unpacks an archive that comes from a descriptor. Members begin with `prefix`, which `path` stands for.
    ///
    /// A container may send what it wants: nothing is written outside of the path, links are not made, and none that is there is followed.
    /// - Parameter source: of whom the warnings speak.
    func unpack(from fd: Int32, prefix: String, to path: String, source: String) throws {
        let reader = TarReader(FileSource(fd: fd, path: source), of: "what tar sent")
        while let entry = try reader.next() {
            guard entry.path.hasPrefix(prefix) else { throw Failure("tar contents corrupted") }
            let rest = String(entry.path.dropFirst(prefix.count))
            guard let parts = try? TarEntry.parts(of: rest) else {
                output.note("warning: file \(JSON.quoted(path + "/" + rest)) is outside target destination, skipping")
                continue
            }
            let target: String = parts.reduce(path) { $0 + "/" + $1 }
            switch entry.kind {
            case .folder: try makeFolder(parts, below: path)
            case .symbolicLink(let link):
                output.note(
                    "warning: skipping symlink: \(JSON.quoted(target)) -> \(JSON.quoted(link)) (consider using \"\(CLI.program) exec "
                        + "\(source) -- tar cf - ... | tar xf -\")")
            case .file, .hardLink:
                if !parts.isEmpty { try makeFolder(parts.dropLast(), below: path) }
                try write(reader, to: target, isTop: parts.isEmpty)
            case .pipe, .device: output.note("warning: skipping \(JSON.quoted(target)): it is no file, folder or link")
            }
        }
    }

    /// Makes a folder and those above it below a path; none of them may be a link.
    private func makeFolder(_ parts: some Collection<String>, below path: String) throws {
        var place: String = path
        for part in [""] + parts {
            if !part.isEmpty { place += "/" + part }
            if mkdir(place, 0o755) == 0 { continue }
            guard errno == EEXIST else { throw Self.failure("mkdir", place) }
            var facts = stat()
            // The path itself is the user's choice, and may be a link.
            let found: Int32 = part.isEmpty ? stat(place, &facts) : lstat(place, &facts)
            guard found == 0, facts.st_mode & S_IFMT == S_IFDIR else { throw Failure("mkdir \(place): not a directory") }
        }
    }

    private func write(_ reader: TarReader, to path: String, isTop: Bool) throws {
        let fd: Int32 = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | (isTop ? 0 : O_NOFOLLOW), 0o644)
        guard fd >= 0 else { throw Self.failure("open", path) }
        defer { close(fd) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count: Int = try reader.read(buffer)
            if count == 0 { return }
            try Self.write(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]), to: fd, path)
        }
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, to fd: Int32, _ path: String) throws {
        var sent = 0
        while sent < bytes.count {
            let count: Int = Glibc.write(fd, bytes.baseAddress?.advanced(by: sent), bytes.count - sent)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write", path) }
            sent += count
        }
    }

    static func failure(_ call: String, _ path: String) -> Failure {
        let reason: String = strerror(errno).map { String(cString: $0) } ?? "error \(errno)"
        return Failure("\(call) \(path): \(reason.prefix(1).lowercased())\(reason.dropFirst())")
    }
}
