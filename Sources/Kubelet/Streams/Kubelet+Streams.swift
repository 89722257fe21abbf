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
}

/// What the node serves at paths of its own. Source: pkg/kubelet/server/server.go.
extension Kubelet {
    /// Connects to a port at a pod's address. Throws ``SandboxError``.
    package func connectAtAddress(to port: Int, uid: String) async throws -> DescriptorStream {
        guard let worker = worker(uid) else { throw SandboxError.gone }
        return try await worker.connectAtAddress(to: port)
    }

    private static let metrics = "text/plain; version=0.0.4; charset=utf-8"

    /// A page and its type; nil for a path that the node does not have.
    package func page(_ path: String) async -> (type: String, bytes: [UInt8])? {
        switch path {
        case "/healthz", "/healthz/ping", "/healthz/syncloop", "/healthz/log": return ("text/plain; charset=utf-8", Array("ok".utf8))
        case "/stats/summary": return ("application/json", await pages().summary.serialized())
        case "/metrics": return (Self.metrics, Array(await pages().nodeMetrics.utf8))
        case "/metrics/resource": return (Self.metrics, Array(await pages().resourceMetrics.utf8))
        case "/metrics/cadvisor": return (Self.metrics, Array(await pages().containerMetrics.utf8))
        case "/pods", "/runningpods/":
            var items: [JSON] = []
            for worker in workers { items.append(await worker.pod.json) }
            let list: JSON = ["kind": "PodList", "apiVersion": "v1", "metadata": [:], "items": .array(items)]
            return ("application/json", list.serialized())
        default:
            guard path == "/logs" || path.hasPrefix("/logs/") else { return nil }
            return await BlockingThread.run { NodeLogPage.make(String(path.dropFirst(5)), root: self.nodeLogs) }
        }
    }
}

/// A file or a list of files below the node's /var/log.
enum NodeLogPage {
    /// Largest file that is shown, in bytes; of longer ones the end is.
    private static let limit = 8 << 20

    /// nil for what is not there, or not below the root. Blocks.
    static func make(_ path: String, root: String) -> (type: String, bytes: [UInt8])? {
        let parts: [Substring] = path.split(separator: "/")
        guard !parts.contains("..") else { return nil }
        let place: String = parts.reduce(root) { $0 + "/" + $1 }
        switch Files.kind(place) {
        case .folder:
            let names: [String] = Files.names(in: place).sorted().map { Files.kind(place + "/" + $0) == .folder ? $0 + "/" : $0 }
            let lines: [String] = names.map { "<a href=\"\($0)\">\($0)</a>\n" }
            return (
                "text/html; charset=utf-8",
                Array(
                    ("<!doctype html>\n<meta name=\"viewport\" content=\"width=device-width\">\n<pre>\n" + lines.joined() + "</pre>\n").utf8
                )
            )
        case .file: return Files.read(place, last: limit).map { ("text/plain; charset=utf-8", $0) }
        default: return nil
        }
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
