import Glibc
import Testing

/// A process that a test starts, reads line by line, and may kill.
final class Child {
    let id: pid_t
    private let output: UnsafeMutablePointer<FILE>

    /// The helper program, which the package builds beside the test bundle.
    static let crasher: String = {
        var buffer: [CChar] = Array(repeating: 0, count: 4096)
        let count: Int = readlink("/proc/self/exe", &buffer, buffer.count)
        let path: String = String(decoding: buffer.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.lastIndex(of: "/").map { String(path[...$0]) + "store-crasher" } ?? "store-crasher"
    }()

    init(_ arguments: [String]) throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions: posix_spawn_file_actions_t = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        var id: pid_t = 0
        let failure: Int32 = posix_spawnp(&id, arguments[0], &actions, nil, &words, environ)
        for word in words { free(word) }
        posix_spawn_file_actions_destroy(&actions)
        close(ends[1])
        try #require(failure == 0, "cannot start \(arguments[0]): \(String(cString: strerror(failure)))")
        self.id = id
        output = try #require(fdopen(ends[0], "r"))
    }

    deinit { fclose(output) }

    /// The next line without its end; nil at the end of the output, and for a line that death cut short.
    func line() -> String? {
        var (text, size): (UnsafeMutablePointer<CChar>?, Int) = (nil, 0)
        defer { free(text) }
        let count: Int = getline(&text, &size, output)
        guard count > 0, let text, text[count - 1] == CChar(UInt8(ascii: "\n")) else { return nil }
        text[count - 1] = 0
        return String(cString: text)
    }

    /// All lines that are left.
    func lines() -> [String] { Array(sequence(state: (), next: { _ in self.line() })) }

    func kill() { _ = Glibc.kill(id, SIGKILL) }

    /// Waits for the end of the process; its exit code, or nil when a signal ended it.
    @discardableResult
    func wait() -> Int32? {
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : nil
    }
}

/// What `store-crasher` writes for a key and revision.
func pattern(_ key: String, _ revision: UInt64) -> [UInt8] {
    // Most fit a page of the database; some need several.
    let size: Int = Int(revision &* 2_654_435_761 % (revision % 16 == 0 ? 20_000 : 700))
    let line: String = "\(key)@\(revision) "
    var bytes: [UInt8] = Array(String(repeating: line, count: size / line.utf8.count + 1).utf8)
    bytes.removeLast(bytes.count - size)
    return bytes
}
