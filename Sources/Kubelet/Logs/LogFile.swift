#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A log file that is read from a place on, while it may grow.
final class LogFile {
    private let descriptor: Int32
    private var position: Int

    /// nil when the file is not there. `lines` begins at so many lines before the end.
    init?(_ path: String, lines: Int?) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        position = 0
        if let lines { position = start(ofLast: lines) }
    }

    /// Whether another file has taken the place of this one. What was written to this one before can still be read.
    func isReplaced(at path: String) -> Bool {
        var (mine, other) = (stat(), stat())
        guard fstat(descriptor, &mine) == 0, stat(path, &other) == 0 else { return false }
        return mine.st_ino != other.st_ino || mine.st_dev != other.st_dev
    }

    deinit { close(descriptor) }

    /// What follows, 64 KiB at most; empty at the end as it is now.
    func next() -> [UInt8] {
        let bytes: [UInt8] = read(at: position, count: 64 << 10)
        position += bytes.count
        return bytes
    }

    private func read(at offset: Int, count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            var result: Int
            repeat { result = pread(descriptor, buffer.baseAddress, count, off_t(offset)) } while result < 0 && errno == EINTR
            used = max(0, result)
        }
    }

    /// Walks back from the end, block by block.
    private func start(ofLast lines: Int) -> Int {
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else { return 0 }
        let size = Int(facts.st_size)
        guard lines > 0 else { return size }
        var found = 0
        var end: Int = size
        while end > 0 {
            let begin: Int = max(0, end - (64 << 10))
            let block: [UInt8] = read(at: begin, count: end - begin)
            for index in block.indices.reversed() where block[index] == UInt8(ascii: "\n") {
                // The newline that ends the last line opens none.
                if begin + index == size - 1 { continue }
                found += 1
                if found == lines { return begin + index + 1 }
            }
            end = begin
        }
        return 0
    }
}
