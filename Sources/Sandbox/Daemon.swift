import Glibc

/// A program of ours that goes on in the background after the command that started it.
package struct Daemon: Sendable {
    package let pid: Int32
    private let readiness: Int32

    /// Variable by which a daemon learns the descriptor on which it reports.
    private static let variable = "SWKUBE_READY_FD"

    /// Starts it in its own session, without a terminal; what it prints is appended to `logPath`, mode 0600.
    ///
    /// A nil environment is this process's own. Blocks for about a millisecond.
    package static func spawn(
        executable: String = "/proc/self/exe", arguments: [String], environment: [(name: String, value: String)]? = nil, logPath: String
    ) throws(SandboxError) -> Daemon {
        let log: Int32 = open(logPath, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard log >= 0 else { throw SandboxError.system(call: "open", errno: errno, path: logPath) }
        defer { close(log) }
        var pipe: [Int32] = [-1, -1]
        guard Glibc.pipe(&pipe) == 0 else { throw SandboxError.system(call: "pipe", errno: errno, path: "") }
        for end in pipe { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(pipe[1]) }
        let variables: [String] =
            (environment.map { $0.map { "\($0.name)=\($0.value)" } } ?? currentEnvironment()) + ["\(variable)=3"]
        let started: Result<pid_t, SandboxError> = startSession(
            executable, arguments, environment: variables, output: log, error: log, inherited: [pipe[1]])
        switch started {
        case .success(let pid): return Daemon(pid: pid, readiness: pipe[0])
        case .failure(let error):
            close(pipe[0])
            throw error
        }
    }

    /// Blocks until the daemon reports or ends. Returns its report; nil when it ended without one: then its log says why.
    package func waitUntilReady() -> String? {
        defer { close(readiness) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1024)
        while true {
            let count: Int = read(readiness, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            bytes.append(contentsOf: chunk[..<count])
        }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// In the daemon: sends its one report to the command that waits, `ready` or a sentence that says what failed. Later calls do nothing.
    package static func report(_ text: String) {
        guard let value = getenv(variable), let fd = Int32(String(cString: value)) else { return }
        unsetenv(variable)
        _ = write(fd, text, text.utf8.count)  // a command that was interrupted does not wait any more
        close(fd)
    }

    private static func currentEnvironment() -> [String] {
        var result: [String] = []
        var at: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = environ
        while let place = at, let entry = place.pointee {
            result.append(String(cString: entry))
            at = place + 1
        }
        return result
    }
}
