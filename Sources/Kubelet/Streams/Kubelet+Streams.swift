import API
import Machinery
package import Sandbox

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What the API server asks a node for beside logs. Errors are sentences for whoever asked there.
extension Kubelet {
    /// Whether a container of the pod with this uid runs.
    package func isRunning(_ container: String, uid: String) async -> Bool { await worker(uid)?.running(container) != nil }

    /// Runs a program in a container.
    ///
    /// - Parameter hasTerminal: the window has no size until its client tells it.
    package func exec(
        _ command: [String], in container: String, uid: String, streams: ProgramStreams.Choice, hasTerminal: Bool
    ) async throws -> RemoteProgram {
        guard let worker = worker(uid) else { throw StreamError("pod does not exist") }
        let terminal: WindowSize? = hasTerminal ? WindowSize(rows: 0, columns: 0) : nil
        return RemoteProgram(streams: try await worker.exec(command, in: container, terminal: terminal, streams: streams))
    }

    /// Attaches to a container.
    package func attach(_ container: String, uid: String, streams: ProgramStreams.Choice) async throws -> RemoteProgram {
        guard let worker = worker(uid) else { throw StreamError("pod does not exist") }
        return RemoteProgram(streams: try await worker.attach(container, streams: streams))
    }

    /// Connects to a port of a pod, as the pod's own processes reach it at localhost.
    package func connect(to port: Int, uid: String) async throws -> DescriptorStream {
        guard let worker = worker(uid) else { throw StreamError("pod does not exist") }
        return try await worker.connect(to: port)
    }

    /// Connects to a port at a pod's address. Throws ``SandboxError``.
    package func connectAtAddress(to port: Int, uid: String) async throws -> DescriptorStream {
        guard let worker = worker(uid) else { throw SandboxError.gone }
        return try await worker.connectAtAddress(to: port)
    }
}

/// A program that runs, or is watched, for somebody outside.
package struct RemoteProgram: Sendable {
    package let streams: ProgramStreams

    /// Waits for the end of a program that was run; nil at once for a container that was attached to.
    package func exitCode() async throws -> Int? {
        guard let session = streams.session else { return nil }
        return Int(try await session.exit().exitCode)
    }

    /// Whoever it ran for is gone: it hears so by its streams, and has a second to end before it is killed.
    package func hangUp() async {
        streams.close()
        guard let session = streams.session, !session.hasEnded else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = try? await session.exit() }  // that the sandbox is gone is an end too
            group.addTask { try? await Task.sleep(for: .seconds(1)) }
            await group.next()
            // It leads its process group.
            if !session.hasEnded, session.pid > 1 {
                kill(-session.pid, SIGKILL)
                kill(session.pid, SIGKILL)
            }
            group.cancelAll()
        }
    }
}
