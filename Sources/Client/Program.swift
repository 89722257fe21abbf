package import Glibc

/// A program that the client runs and waits for: an editor, a diff, a credential plugin.
package struct Program: Sendable {
    /// Found on PATH unless it is a path.
    package let name: String
    package let arguments: [String]
    /// What it finds as its own name; nil is `name`.
    package var shownName: String?
    /// Variables besides those of this process.
    package var environment: [(name: String, value: String)] = []
    /// Standard output is gathered and not shown.
    package var capturesOutput: Bool = false
    /// Ctrl-C means the program while it runs, and not this process.
    package var takesInterrupts: Bool = false
    /// Hears of the process when it has started.
    package var onStart: @Sendable (pid_t) -> Void = { _ in }

    package struct Outcome: Sendable {
        /// 128 and the signal for a program that a signal ended.
        package let code: Int32
        /// Empty unless it was to be gathered.
        package let output: [UInt8]
    }

    package init(_ name: String, _ arguments: [String]) {
        self.name = name
        self.arguments = arguments
    }

    /// Runs it to its end, blocking. Throws ``FileError`` when it cannot be started.
    package func run() throws(FileError) -> Outcome {
        var pipes: [Int32] = [-1, -1]
        if capturesOutput {
            if pipe(&pipes) != 0 { throw FileError(operation: "pipe", path: name, errno: errno) }
            for pipe in pipes { _ = fcntl(pipe, F_SETFD, FD_CLOEXEC) }
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if capturesOutput { posix_spawn_file_actions_adddup2(&actions, pipes[1], STDOUT_FILENO) }
        // This process ignores broken pipes; programs expect to end by them.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        let interrupts: [Int32] = takesInterrupts ? [SIGINT, SIGQUIT] : []
        var before: [sigaction] = []
        for number in interrupts {
            sigaddset(&signals, number)
            var (ignored, old): (sigaction, sigaction) = (sigaction(), sigaction())
            ignored.__sigaction_handler.sa_handler = SIG_IGN
            sigaction(number, &ignored, &old)
            before.append(old)
        }
        defer { for (number, var old) in zip(interrupts, before) { sigaction(number, &old, nil) } }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        // The threads that tasks run on take no signals; the program's first thread has to.
        var blocked = sigset_t()
        sigemptyset(&blocked)
        posix_spawnattr_setsigmask(&attributes, &blocked)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var process: pid_t = 0
        var failure: Int32 = Self.withCStrings([shownName ?? name] + arguments) { words in
            Self.withCStrings(variables) { variables in posix_spawnp(&process, name, &actions, &attributes, words, variables) }
        }
        // A folder of PATH that may not be read is no reason: the program is not there.
        if failure == EACCES, !name.contains("/"), Self.path(of: name, in: Self.searchPath) == nil { failure = ENOENT }
        if capturesOutput { close(pipes[1]) }
        defer { if capturesOutput { close(pipes[0]) } }
        if failure != 0 { throw FileError(operation: "run", path: name, errno: failure) }
        onStart(process)
        let output: [UInt8] = capturesOutput ? try LocalFile.read(pipes[0], name) : []
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return Outcome(code: status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F), output: output)
    }

    /// Becomes the program; returns only when it cannot be started, with errno. For whoever owns the process.
    package func replaceThisProcess() -> Int32 {
        signal(SIGPIPE, SIG_DFL)
        Self.withCStrings([shownName ?? name] + arguments) { words in
            Self.withCStrings(variables) { variables in _ = execve(name, words, variables) }
        }
        return errno
    }

    private var variables: [String] {
        var result: [String] = []
        var place: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = environ
        while let at = place, let entry = at.pointee {
            let text = String(cString: entry)
            if !environment.contains(where: { text.hasPrefix($0.name + "=") }) { result.append(text) }
            place = at + 1
        }
        return result + environment.map { "\($0.name)=\($0.value)" }
    }

    private static func withCStrings<R>(_ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> R) -> R {
        let strings: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) } + [nil]
        defer { for string in strings { free(string) } }
        return body(strings)
    }

    /// PATH of this process.
    static var searchPath: String { getenv("PATH").map { String(cString: $0) } ?? "" }

    /// Where a program stands on PATH; nil when it does not.
    package static func path(of name: String, in path: String) -> String? {
        path.split(separator: ":").lazy.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 && !LocalFile.isFolder($0) }
    }
}
