import Glibc

/// The few things that the store does with files. All of them block.
enum StoreFiles {
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func makeFolder(_ path: String) throws(ImageError) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .system("mkdir", path) }
    }

    static func read(_ path: String) throws(ImageError) -> [UInt8] {
        let source = try FileSource(path: path)
        var bytes: [UInt8] = []
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { chunk.deallocate() }
        while case let count = try source.read(chunk), count > 0 { bytes += chunk[..<count] }
        return bytes
    }

    /// Puts the bytes in the file's place in one step and waits until the disk has them.
    static func replace(_ path: String, with bytes: [UInt8]) throws(ImageError) {
        let new: String = path + ".\(getpid()).\(UInt32.random(in: 0 ... .max)).new"
        let fd: Int32 = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard fd >= 0 else { throw .system("open", new) }
        var isDone = false
        defer {
            close(fd)
            if !isDone { unlink(new) }
        }
        try write(bytes, to: fd, new)
        guard fsync(fd) == 0 else { throw .system("fsync", new) }
        guard rename(new, path) == 0 else { throw .system("rename", path) }
        isDone = true
    }

    static func write(_ bytes: [UInt8], to fd: Int32, _ path: String) throws(ImageError) {
        var written = 0
        while written < bytes.count {
            let count: Int = bytes.withUnsafeBytes { Glibc.write(fd, $0.baseAddress.map { $0 + written }, bytes.count - written) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system("write", path) }
            written += count
        }
    }

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
}
