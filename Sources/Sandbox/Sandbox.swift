import CSandbox
import Glibc
import Synchronization

/// A pod's processes and what surrounds them, by the hand of its sandbox parent.
///
/// The parent outlives this object and this process; ``SandboxRuntime/adopt(folder:maskedPaths:)`` finds it again.
package final class Sandbox: Sendable {
    /// Ends of containers, each until it is acknowledged; finishes when the parent has ended. For one consumer.
    package let events: AsyncStream<ContainerExit>
    package let folder: String

    private struct Greeting {
        var parent: Int32 = 0
        var startedAt: Int64 = 0
        var hasOneIdentity = false
    }

    private let maskedPaths: [String]
    let connection: Connection
    let reactor: Reactor
    private let greeting = Mutex(Greeting())
    /// Keeps the reactor's thread.
    private let runtime: SandboxRuntime

    init(folder: String, maskedPaths: [String], fd: Int32, reactor: Reactor, runtime: SandboxRuntime) {
        self.folder = folder
        self.maskedPaths = maskedPaths
        self.runtime = runtime
        self.reactor = reactor
        let (stream, continuation) = AsyncStream<ContainerExit>.makeStream()
        events = stream
        connection = Connection(
            fd: fd, reactor: reactor,
            onEvent: { message in
                if message.type == SANDBOX_EXITED { continuation.yield(ContainerExit(FieldReader(message.fields))) }
            }, onEnd: { continuation.finish() })
    }

    deinit { connection.close() }

    /// Exchanges versions and begins to watch.
    func greet(isBorn: Bool = false) async throws(SandboxError) {
        let fields = FieldReader(try await connection.request(SANDBOX_HELLO).fields)
        let version = Int(fields.number(SANDBOX_VERSION) ?? 0)
        guard version == Int(SANDBOX_PROTOCOL) else { throw SandboxError.incompatible(version: version) }
        greeting.withLock {
            $0.parent = Int32(clamping: fields.number(SANDBOX_PROCESS) ?? 0)
            $0.startedAt = fields.number(SANDBOX_STARTED_AT) ?? 0
            $0.hasOneIdentity = fields.number(SANDBOX_ONE_IDENTITY) == 1
        }
        // To the connection that it was born with the parent tells everything from the beginning.
        if !isBorn { _ = try await connection.request(SANDBOX_WATCH) }
    }

    /// Number of the parent as this process counts.
    package var parentProcess: Int32 { greeting.withLock { $0.parent } }

    /// Nanoseconds since 1970.
    package var startedAt: Int64 { greeting.withLock { $0.startedAt } }

    /// Whether only the user's own identity exists inside, under whatever number a container wants; then supplementary groups and
    /// owners of files cannot be given.
    package var hasOneIdentity: Bool { greeting.withLock { $0.hasOneIdentity } }

    /// Starts a container and waits until its program has begun.
    ///
    /// Throws ``SandboxError/setup(stage:errno:path:)`` when it cannot; then nothing of it is left but its folder and log file.
    package func start(_ container: ContainerProcess) async throws(SandboxError) -> StartedContainer {
        if mkdir(container.folder, 0o700) < 0, errno != EEXIST {
            throw SandboxError.system(call: "mkdir", errno: errno, path: container.folder)
        }
        let answer: Message = try await connection.request(SANDBOX_START) { container.write(to: &$0, masked: maskedPaths) }
        return StartedContainer(FieldReader(answer.fields))
    }

    /// Runs a program beside those of a running container, on three descriptors of the caller, which are copied.
    ///
    /// Of `process`, what concerns the program counts; the container's view is as it is.
    package func exec(
        _ process: ContainerProcess, input: Int32, output: Int32, error: Int32
    ) async throws(SandboxError) -> ExecSession {
        try await exec(process, descriptors: [input, output, error])
    }

    /// The same, without descriptors for a program that gets a terminal.
    func exec(_ process: ContainerProcess, descriptors: [Int32]) async throws(SandboxError) -> ExecSession {
        let result: Result<ExecSession, SandboxError> = await withCheckedContinuation { continuation in
            let session = Mutex<ExecSession?>(nil)
            connection.send(SANDBOX_EXEC, descriptors: descriptors) {
                process.writeProgram(to: &$0)
            } handler: { result in
                let known: ExecSession? = session.withLock { $0 }
                switch (result, known) {
                case (.success(let message), nil):
                    let begun = ExecSession(StartedContainer(FieldReader(message.fields)), terminal: message.descriptor)
                    session.withLock { $0 = begun }
                    continuation.resume(returning: .success(begun))
                    return true
                case (.failure(let error), nil): continuation.resume(returning: .failure(error))
                case (.success(let message), let known?): known.end(.success(ContainerExit(FieldReader(message.fields))))
                case (.failure(let error), let known?): known.end(.failure(error))
                }
                return false
            }
        }
        return try result.get()
    }

    /// Signals a container's process group, or only its first process. A container that has ended throws ESRCH.
    package func signal(_ container: String, _ number: Int32, wholeGroup: Bool = true) async throws(SandboxError) {
        _ = try await connection.request(SANDBOX_SIGNAL) {
            $0.text(SANDBOX_ID, container)
            $0.number(SANDBOX_SIGNAL_NUMBER, Int64(number))
            $0.flag(SANDBOX_WHOLE_GROUP, wholeGroup)
        }
    }

    /// All containers that were not acknowledged, the youngest first.
    package func state() async throws(SandboxError) -> [ContainerState] {
        FieldReader(try await connection.request(SANDBOX_STATE).fields).groups.map { ContainerState($0) }
    }

    /// Forgets a container that has ended; its end is not told again.
    package func acknowledge(_ container: String) async throws(SandboxError) {
        _ = try await connection.request(SANDBOX_ACKNOWLEDGE) { $0.text(SANDBOX_ID, container) }
    }

    /// Opens the container's log file anew, after it was moved away.
    package func reopenLog(_ container: String) async throws(SandboxError) {
        _ = try await connection.request(SANDBOX_REOPEN_LOG) { $0.text(SANDBOX_ID, container) }
    }

    /// Mounts memory on a folder as the sandbox sees it, for containers to share and to keep across their restarts.
    /// `size` in bytes, nil for half of the host's memory. The host sees the folder as it was.
    package func mountMemory(at path: String, size: Int64?, mode: UInt32 = 0o1777, group: UInt32? = nil) async throws(SandboxError) {
        _ = try await connection.request(SANDBOX_TMPFS) {
            $0.text(SANDBOX_PATH, path)
            $0.number(SANDBOX_SIZE, size ?? -1)
            $0.number(SANDBOX_MODE, Int64(mode))
            if let group { $0.number(SANDBOX_GROUP, Int64(group)) }
        }
    }

    /// Ends every process of the pod, TERM first and KILL after the grace period, and the parent. Returns when all are gone.
    package func shutdown(gracePeriod: Duration = .zero) async {
        let milliseconds: Int64 = gracePeriod.components.seconds * 1000 + gracePeriod.components.attoseconds / 1_000_000_000_000_000
        // A parent that is gone has taken its processes along: that is what was asked for.
        _ = try? await connection.request(SANDBOX_SHUTDOWN) { $0.number(SANDBOX_GRACE, milliseconds) }
        connection.close()
    }

    /// Kills the parent, and with it, by the kernel's hand, every process of the pod. For a parent that does not answer.
    package func kill() {
        let parent: Int32 = parentProcess
        // While the connection is open the parent lives, so its number is still its own.
        if parent > 1, connection.isOpen { Glibc.kill(parent, SIGKILL) }
    }
}
