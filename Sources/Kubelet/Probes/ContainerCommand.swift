import Machinery
import Sandbox

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A program that runs beside a container's own for a moment: a probe or a hook.
struct ContainerCommand: Sendable {
    struct Outcome: Sendable {
        /// nil when it took too long and was killed.
        let exitCode: Int?
        /// What it wrote, 10 KiB at most.
        let output: String
    }

    let sandbox: Sandbox
    let process: ContainerProcess
    /// For the file that takes the output; it has no name for longer than a moment.
    let folder: String
    let clock: ClusterClock

    /// Throws ``SandboxError`` when the program can't be started, ``FileError`` when there is no place for its output.
    func run(limit: Duration) async throws -> Outcome {
        let input: Int32 = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(input) }
        let path: String = "\(folder)/output-\(UInt64.random(in: 0 ... .max))"
        let output: Int32 = open(path, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw FileError("open", path) }
        defer { close(output) }
        unlink(path)
        let session: ExecSession = try await sandbox.exec(process, input: input, output: output, error: output)
        let alarm: ClusterClock.Timer = clock.schedule(after: limit) { Self.kill(session.pid) }
        let exit: ContainerExit = try await session.exit()
        let isLate: Bool = !alarm.cancel()
        var bytes = [UInt8](repeating: 0, count: 10 << 10)
        let count: Int = pread(output, &bytes, bytes.count, 0)
        return Outcome(exitCode: isLate ? nil : Int(exit.exitCode), output: String(decoding: bytes[..<max(0, count)], as: UTF8.self))
    }

    /// It leads its process group.
    private static func kill(_ pid: Int32) {
        guard pid > 1 else { return }
        #if canImport(Glibc)
            _ = Glibc.kill(-pid, SIGKILL)
            _ = Glibc.kill(pid, SIGKILL)
        #else
            _ = Musl.kill(-pid, SIGKILL)
            _ = Musl.kill(pid, SIGKILL)
        #endif
    }
}
