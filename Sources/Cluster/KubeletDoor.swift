import API
import APIServer
import HTTP
import Kubelet
import Sandbox
import Synchronization

/// The way from the API server to what the kubelets run. The nodes need the server to exist first, so they are set later.
final class KubeletDoor: NodeDoor {
    private let state = Mutex<NodePool?>(nil)

    var nodes: NodePool? {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }

    /// The kubelet of the pod's node; nil when there is none, or the node is off.
    private func kubelet(of pod: ObjectKey) -> Kubelet? { nodes?.kubelet(ofPod: pod) }

    func log(_ request: LogRequest) async throws -> AsyncThrowingStream<[UInt8], any Error> {
        guard let kubelet = kubelet(of: request.pod) else { return AsyncThrowingStream { $0.finish() } }
        return try await kubelet.log(request)
    }

    func isRunning(_ container: String, in pod: PodID) async -> Bool {
        await kubelet(of: pod.key)?.isRunning(container, uid: pod.uid) ?? false
    }

    func program(_ request: ProgramRequest) async throws -> any NodeProgram {
        guard let kubelet = kubelet(of: request.pod.key) else { throw NoNode() }
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
        guard let kubelet = kubelet(of: pod.key) else { throw NoNode() }
        return try await kubelet.connect(to: port, uid: pod.uid)
    }
}

extension KubeletDoor {
    func socket(to port: Int, of pod: PodID) async throws -> Int32 {
        guard let kubelet = kubelet(of: pod.key) else { throw NoNode() }
        do {
            let stream: DescriptorStream = try await kubelet.connectAtAddress(to: port, uid: pod.uid)
            guard let socket = stream.take() else { throw HTTPError.closed(pod.key.name) }
            return socket
        } catch let error as SandboxError {
            throw HTTPError.unreachable(pod.key.name, reason: error.reason)
        }
    }

    func page(_ path: String, of node: String) async -> NodePage? {
        await nodes?.kubelet(of: node)?.page(path).map { NodePage(type: $0.type, bytes: $0.bytes) }
    }
}

/// The pod's node is switched off, or no machine.
private struct NoNode: Error, CustomStringConvertible {
    let description = "the pod's node runs no processes: it is switched off or simulated"
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
