import CSandbox
import Glibc

/// Makes sandboxes and finds those that outlived an earlier main process. One for each main process; it owns one thread.
package final class SandboxRuntime: Sendable {
    private let executable: String
    private let reactor: Reactor

    /// `executable` is the program whose `main` calls `swkube_sandbox_main` when it is called `swkube-sandbox`.
    package init(executable: String = "/proc/self/exe") throws(SandboxError) {
        self.executable = executable
        reactor = try Reactor()
    }

    deinit { reactor.stop() }

    /// Starts a sandbox: an own mount, PID, IPC and UTS namespace with the sandbox parent as process 1.
    ///
    /// Throws ``SandboxError/setup(stage:errno:path:)`` when the host forbids a piece (`user namespace`, `proc`, `shm` …).
    package func create(_ configuration: SandboxConfiguration) async throws(SandboxError) -> Sandbox {
        let executable: String = self.executable
        let birth: Birth = try await reactor.perform { () -> Result<Birth, SandboxError> in
            Result { () throws(SandboxError) -> Birth in try Birth(configuration, executable: executable) }
        }
        let sandbox = Sandbox(
            folder: configuration.folder, maskedPaths: configuration.maskedPaths, fd: birth.socket, reactor: reactor, runtime: self)
        // The first process ends as soon as it has named the namespaces' users, so this does not wait.
        defer {
            reactor.run {
                var status: Int32 = 0
                while waitpid(birth.pid, &status, 0) < 0, errno == EINTR {}
            }
        }
        try await sandbox.greet(isBorn: true)
        return sandbox
    }

    /// Finds the living sandbox of a folder; nil when there is none (any more). Ends that were not acknowledged come as events.
    package func adopt(folder: String, maskedPaths: [String] = []) async throws(SandboxError) -> Sandbox? {
        let fd: Int32 = swkube_connect(folder, "socket", Int32(SOCK_STREAM.rawValue))
        if fd == -ENOENT || fd == -ECONNREFUSED { return nil }
        guard fd >= 0 else { throw SandboxError.system(call: "connect", errno: -fd, path: folder + "/socket") }
        let sandbox = Sandbox(folder: folder, maskedPaths: maskedPaths, fd: fd, reactor: reactor, runtime: self)
        do throws(SandboxError) {
            try await sandbox.greet()
        } catch .gone {
            return nil
        }
        return sandbox
    }

    /// What a sandbox that has ended noted of its containers, the youngest first; nothing where it left no whole record. One that was
    /// killed left as running what it ran last. Blocks.
    package static func record(folder: String) -> [ContainerState] {
        let lines: [Substring] = text(ofFile: folder + "/state").split(separator: "\n")
        return lines.last == "end" ? lines.compactMap { ContainerState(recorded: $0) } : []
    }

    /// Kills what a sandbox left in the host's PID namespace when its parent was killed. Does nothing for a sandbox with one of its own,
    /// whose processes the kernel ends. `folder` is as it was at the start, and its last but one component unique on the machine. Blocks.
    package static func endLeftovers(folder: String) {
        let first: Substring = text(ofFile: folder + "/state").prefix { $0 != "\n" }
        let parts: [Substring] = folder.split(separator: "/")
        guard first.hasSuffix(" host"), parts.count > 1 else { return }
        swkube_kill_mounting(String(parts[parts.count - 2]))
    }

    /// The birth of a parent: its first process, and the connection that it is born with.
    private struct Birth: Sendable {
        let pid: pid_t
        let socket: Int32

        init(_ configuration: SandboxConfiguration, executable: String) throws(SandboxError) {
            let folder: String = configuration.folder
            if mkdir(folder, 0o700) < 0, errno != EEXIST { throw SandboxError.system(call: "mkdir", errno: errno, path: folder) }
            var pair: [Int32] = [-1, -1]
            guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &pair) == 0 else {
                throw SandboxError.system(call: "socketpair", errno: errno, path: "")
            }
            let arguments: [String] =
                [SWKUBE_SANDBOX_NAME, folder, configuration.hostname, configuration.userNamespace ? "1" : "0", configuration.id]
                + configuration.settings
            let cluster: ClusterNetwork? = configuration.cluster
            let started: Result<pid_t, SandboxError> = startSession(
                executable, arguments, environment: [],
                inherited: [pair[1]] + (cluster.map { [$0.userNamespace ?? -1, $0.networkNamespace] } ?? []))
            close(pair[1])
            switch started {
            case .success(let pid):
                self.pid = pid
                socket = pair[0]
            case .failure(let error):
                close(pair[0])
                throw error
            }
        }
    }
}

/// Starts a program in its own session; see `swkube_spawn`. A nil environment is inherited.
func startSession(
    _ executable: String, _ arguments: [String], environment: [String]?, input: Int32 = -1, output: Int32 = -1, error: Int32 = -1,
    inherited: [Int32] = []
) -> Result<pid_t, SandboxError> {
    var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    var envp: [UnsafeMutablePointer<CChar>?] = (environment ?? []).map { strdup($0) } + [nil]
    defer { for pointer in argv + envp { free(pointer) } }
    var pid: pid_t = 0
    let result: Int32 = argv.withUnsafeMutableBufferPointer { argv in
        envp.withUnsafeMutableBufferPointer { envp in
            // Proved: both arrays hold at least the nil at their end.
            swkube_spawn(
                &pid, executable, argv.baseAddress!, environment == nil ? nil : envp.baseAddress!, input, output, error, inherited,
                Int32(inherited.count))
        }
    }
    return result == 0 ? .success(pid) : .failure(.system(call: "posix_spawn", errno: result, path: executable))
}
