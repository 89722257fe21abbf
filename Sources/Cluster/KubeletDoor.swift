import API
import APIServer
import HTTP
import Kubelet
import Sandbox
import Synchronization

/// The way from the API server to what the kubelet runs. The kubelet needs the server to exist first, so it is set later.
final class KubeletDoor: NodeDoor {
    private let state = Mutex<Kubelet?>(nil)

    var kubelet: Kubelet? {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }

    func log(_ request: LogRequest) async throws -> AsyncThrowingStream<[UInt8], any Error> {
        guard let kubelet else { return AsyncThrowingStream { $0.finish() } }
        return try await kubelet.log(request)
    }

    func isRunning(_ container: String, in pod: PodID) async -> Bool {
        await kubelet?.isRunning(container, uid: pod.uid) ?? false
    }

    func program(_ request: ProgramRequest) async throws -> any NodeProgram {
        guard let kubelet else { throw NoNode() }
        let streams = ProgramStreams.Choice(input: request.hasInput, output: request.hasOutput, error: request.hasError)
        let uid: String = request.pod.uid
        let program: RemoteProgram =
            if let command = request.command {
                try await kubelet.exec(command, in: request.container, uid: uid, streams: streams, hasTerminal: request.hasTerminal)
            } else {
                try await kubelet.attach(request.container, uid: uid, streams: streams)
            }
        return NodeProgramOfKubelet(program: program)
    }

    func connect(to port: Int, of pod: PodID) async throws -> any NodeStream {
        guard let kubelet else { throw NoNode() }
        return try await kubelet.connect(to: port, uid: pod.uid)
    }
}

extension KubeletDoor {
    func socket(to port: Int, of pod: PodID) async throws -> Int32 {
        guard let kubelet else { throw NoNode() }
        do {
            let stream: DescriptorStream = try await kubelet.connectAtAddress(to: port, uid: pod.uid)
            guard let socket = stream.take() else { throw HTTPError.closed(pod.key.name) }
            return socket
        } catch let error as SandboxError {
            throw HTTPError.unreachable(pod.key.name, reason: error.reason)
        }
    }

    func page(_ path: String, of node: String) async -> NodePage? {
        await kubelet?.page(path).map { NodePage(type: $0.type, bytes: $0.bytes) }
    }
}

/// The cluster was started without a node.
private struct NoNode: Error, CustomStringConvertible {
    let description = "this cluster has no node"
}

extension DescriptorStream: NodeStream {}

private struct NodeProgramOfKubelet: NodeProgram {
    let program: RemoteProgram

    var input: (any NodeStream)? { program.streams.input }
    var output: (any NodeStream)? { program.streams.output }
    var error: (any NodeStream)? { program.streams.error }

    func resize(rows: UInt16, columns: UInt16) async { await program.streams.resize(WindowSize(rows: rows, columns: columns)) }
    func exitCode() async throws -> Int? { try await program.exitCode() }
    func hangUp() async { await program.hangUp() }
}
