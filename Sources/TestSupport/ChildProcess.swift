import Glibc
import Synchronization

/// A started program and our ends of its three pipes. Used by one thread at a time.
struct ChildProcess: Sendable {
    private let id: pid_t
    private let name: String
    private let input: Int32
    private let output: Int32
    private let error: Int32

    /// Held from the making of pipes until they are marked: a program started in between would inherit them and keep them open.
    private static let starting = Mutex(())

    init(_ executable: String, _ arguments: [String], environment: [String: String]?) throws {
        self = try Self.starting.withLock { _ in try Self(starting: executable, arguments, environment) }
    }

    private init(starting executable: String, _ arguments: [String], _ environment: [String: String]?) throws {
        let pipes: [(read: Int32, write: Int32)] = try (0..<3).map { _ in try Self.makePipe() }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, pipes[0].read, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, pipes[1].write, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, pipes[2].write, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Signals that some test ignores or blocks must end a program of another all the same.
        var (none, all): (sigset_t, sigset_t) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var words: [UnsafeMutablePointer<CChar>?] = ([executable] + arguments).map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] =
            (environment ?? Command.environment).map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in words + variables { free(text) } }
        var id: pid_t = 0
        let failure: Int32 = posix_spawnp(&id, executable, &actions, &attributes, &words, &variables)
        for end in [pipes[0].read, pipes[1].write, pipes[2].write] { close(end) }
        guard failure == 0 else {
            for end in [pipes[0].write, pipes[1].read, pipes[2].read] { close(end) }
            throw TestFailure("cannot start \(executable): \(String(cString: strerror(failure)))")
        }
        self.id = id
        name = ([executable] + arguments).joined(separator: " ")
        input = pipes[0].write
        output = pipes[1].read
        error = pipes[2].read
    }

    /// Ends the process and those it started. It is reaped by whoever waits in ``finish(input:within:)``.
    func kill() { _ = Glibc.kill(-id, SIGKILL) }

    /// Blocks: feeds and drains the pipes until both outputs are closed, then reaps.
    func finish(input bytes: [UInt8], within limit: Duration) throws -> Command.Outcome {
        let deadline: ContinuousClock.Instant = .now + limit
        _ = fcntl(input, F_SETFL, O_NONBLOCK)
        // A program that does not read its input must not end the tests.
        signal(SIGPIPE, SIG_IGN)
        var rest: ArraySlice<UInt8> = bytes[...]
        var texts: [Int32: [UInt8]] = [output: [], error: []]
        var open: Set<Int32> = rest.isEmpty ? [output, error] : [output, error, input]
        if rest.isEmpty { close(input) }
        while open.contains(output) || open.contains(error) {
            let left: Duration = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { throw stop(open, texts, limit) }
            var polled: [pollfd] = open.map { pollfd(fd: $0, events: Int16($0 == input ? POLLOUT : POLLIN), revents: 0) }
            guard poll(&polled, nfds_t(polled.count), 200) >= 0 || errno == EINTR else { break }
            for entry in polled where entry.revents != 0 {
                let isDone: Bool = entry.fd == input ? feed(&rest) : drain(entry.fd, &texts)
                guard isDone else { continue }
                open.remove(entry.fd)
                close(entry.fd)
            }
        }
        if open.contains(input) { close(input) }
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        return Command.Outcome(
            code: status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F),
            output: String(decoding: texts[output] ?? [], as: UTF8.self), error: String(decoding: texts[error] ?? [], as: UTF8.self))
    }

    private func feed(_ rest: inout ArraySlice<UInt8>) -> Bool {
        let count: Int = rest.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
        if count < 0 { return errno != EAGAIN && errno != EINTR }
        rest = rest.dropFirst(count)
        return rest.isEmpty
    }

    private func drain(_ fd: Int32, _ texts: inout [Int32: [UInt8]]) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count: Int = read(fd, &chunk, chunk.count)
        if count < 0 { return errno != EINTR }
        texts[fd]?.append(contentsOf: chunk[..<count])
        return count == 0
    }

    private func stop(_ open: Set<Int32>, _ texts: [Int32: [UInt8]], _ limit: Duration) -> TestFailure {
        kill()
        for fd in open { close(fd) }
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        func text(_ fd: Int32) -> String { String(decoding: texts[fd] ?? [], as: UTF8.self) }
        return TestFailure("\(name): no end within \(limit); stdout: \(text(output)) stderr: \(text(error))")
    }

    private static func makePipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw TestFailure("cannot make a pipe: \(String(cString: strerror(errno)))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }
}

/// Threads for calls that block: the pool that runs tasks has as many threads as the machine has processors.
enum BackgroundThread {
    private final class Work {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    static func run(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let work = Unmanaged.passRetained(Work(body))
        let failure: Int32 = pthread_create(
            &thread, nil,
            { argument in
                // Proved: the argument is the work that was retained for it.
                Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue().body()
                return nil
            }, work.toOpaque())
        guard failure == 0 else {
            work.release()
            return body()
        }
        pthread_detach(thread)
    }
}
