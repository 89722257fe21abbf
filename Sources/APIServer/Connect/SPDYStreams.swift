import HTTP
import Machinery
import Synchronization

/// A program's streams as streams of SPDY, told apart by the field `streamtype`: stdin, stdout, stderr, error, resize.
///
/// Source: k8s.io/kubelet/pkg/cri/streaming/remotecommand/httpstream.go.
final class SPDYStreams: RemoteStreams {
    /// Protocols over SPDY; the first versions differ only in what the error stream says and in the absence of `resize`.
    static let served: [String] = ["v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"]

    private let session: SPDYSession
    private let connection: UpgradedConnection
    private let version: Int
    private let streams: [String: SPDYStream]
    private let reading: Task<Void, Never>

    /// Waits for the streams that the client has to open, 30 seconds at most; nil when they don't come.
    init?(_ connection: UpgradedConnection, protocol name: String, _ request: ProgramRequest) async {
        let session = SPDYSession(connection, isClient: false)
        self.session = session
        self.connection = connection
        version = Int(name.dropFirst().prefix(while: \.isNumber)) ?? 1
        reading = Task { await session.run() }
        var wanted: Set<String> = ["error"]
        if request.hasInput { wanted.insert("stdin") }
        if request.hasOutput { wanted.insert("stdout") }
        if request.hasError { wanted.insert("stderr") }
        if request.hasTerminal, version >= 3 { wanted.insert("resize") }
        let limit = Task {
            try await Task.sleep(for: .seconds(30))
            connection.close()
        }
        var streams: [String: SPDYStream] = [:]
        for await stream in session.incoming {
            guard let type = stream["streamtype"], wanted.contains(type), streams[type] == nil else {
                stream.reset()
                continue
            }
            stream.accept()
            streams[type] = stream
            if streams.count == wanted.count { break }
        }
        limit.cancel()
        self.streams = streams
        if streams.count < wanted.count { return nil }
    }

    func receive(_ take: @escaping @Sendable (RemoteEvent) async -> Void) async {
        await withDiscardingTaskGroup { group in
            if let input = streams["stdin"] {
                group.addTask {
                    while let bytes = await input.read() { await take(.input(bytes)) }
                    await take(.inputEnd)
                }
            }
            if let resize = streams["resize"] {
                group.addTask {
                    var pending: [UInt8] = []
                    while let bytes = await resize.read() {
                        pending += bytes
                        // One JSON value after the other, each closed by its brace.
                        while let end = pending.firstIndex(of: UInt8(ascii: "}")) {
                            if let (rows, columns) = TerminalSize.read(pending[...end]) {
                                await take(.resize(rows: rows, columns: columns))
                            }
                            pending.removeSubrange(...end)
                        }
                    }
                }
            }
            group.addTask { await self.gone() }
        }
    }

    func send(_ bytes: [UInt8], to output: RemoteOutput) async throws {
        try await streams[output == .output ? "stdout" : "stderr"]?.write(bytes)
    }

    func end(_ outcome: ProgramOutcome) async {
        streams["stdout"]?.finish()
        streams["stderr"]?.finish()
        let text: [UInt8] = version >= 4 ? outcome.status.serialized() : Array(outcome.text.utf8)
        if !text.isEmpty { try? await streams["error"]?.write(text) }  // a client that is gone needs no answer
        streams["error"]?.finish()
        session.close()
    }

    func gone() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            connection.onClose { continuation.resume() }
        }
    }

    deinit { reading.cancel() }
}
