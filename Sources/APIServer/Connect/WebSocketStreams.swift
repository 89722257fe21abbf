import API
import HTTP
import Machinery

/// A program's streams as channels of a WebSocket: stdin 0, stdout 1, stderr 2, errors 3, window size 4.
struct WebSocketStreams: RemoteStreams {
    let connection: UpgradedConnection
    let channels: ChannelProtocol

    /// - Parameter request: the first channel that is written to gets an empty message, which tells the client that all stands.
    init(_ connection: UpgradedConnection, _ channels: ChannelProtocol, _ request: ProgramRequest) {
        self.connection = connection
        self.channels = channels
        connection.post(channels.message(request.hasOutput ? 1 : request.hasError ? 2 : 3, []))
    }

    func receive(_ take: @escaping @Sendable (RemoteEvent) async -> Void) async {
        while let message = await connection.next() {
            guard let (channel, bytes) = channels.read(message) else { continue }
            switch channel {
            case 0: if !bytes.isEmpty { await take(.input(bytes)) }
            case 4:
                if let (rows, columns) = TerminalSize.read(bytes) { await take(.resize(rows: rows, columns: columns)) }
            case ChannelProtocol.close where channels.version >= 5:
                if bytes.first == 0 { await take(.inputEnd) }
            default: break
            }
        }
    }

    func send(_ bytes: [UInt8], to output: RemoteOutput) async throws {
        try await connection.send(channels.message(output == .output ? 1 : 2, bytes))
    }

    func end(_ outcome: ProgramOutcome) async {
        let text: [UInt8] = channels.version >= 4 ? outcome.status.serialized() : Array(outcome.text.utf8)
        if !text.isEmpty { connection.post(channels.message(3, text)) }
        connection.close()
    }

    func gone() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            connection.onClose { continuation.resume() }
        }
    }
}

/// The size of a window on the wire: `{"Width":80,"Height":24}`.
enum TerminalSize {
    static func read(_ bytes: some Collection<UInt8>) -> (rows: UInt16, columns: UInt16)? {
        guard let json = try? JSON(parsing: Array(bytes)), let columns = json["Width"]?.int, let rows = json["Height"]?.int else {
            return nil
        }
        return (UInt16(clamping: rows), UInt16(clamping: columns))
    }
}
