import HTTP
import Machinery

/// Text as it comes, such as a log, over WebSocket: an empty message that says it begins, then one for each piece.
///
/// Source: `Reader` of k8s.io/apiserver/pkg/util/wsstream.
struct WebSocketText: Sendable {
    private static let plain = "binary.k8s.io"
    private static let coded = "base64.binary.k8s.io"

    let pieces: AsyncThrowingStream<[UInt8], any Error>

    /// Takes the connection of an exchange over. `failed` gets what broke the text off.
    func serve(_ request: HTTPRequest, _ exchange: HTTPExchange, failed: @escaping @Sendable (any Error) -> Void) {
        let offered: [String] = StreamAccess.protocols(request.headers)
        let chosen: String? = offered.first { $0 == Self.plain || $0 == Self.coded }
        guard offered.isEmpty || chosen != nil else {
            return exchange.refuse(
                403, "requested protocol(s) are not supported: \(offered); supports [\"\" \"\(Self.coded)\" \"\(Self.plain)\"]")
        }
        guard let headers = WebSocketHandshake.agreement(to: request.headers, protocol: chosen) else {
            return exchange.refuse(400, "the request for WebSocket is not complete")
        }
        exchange.upgrade(headers, to: .webSocket) { connection in
            let task = Task {
                do {
                    try await copy(to: connection, isCoded: chosen == Self.coded)
                } catch  where connection.ending == nil {
                    failed(error)
                } catch {}
                connection.close()
            }
            connection.onClose { task.cancel() }
            // What a client says is thrown away; that it leaves is heard.
            Task { while await connection.next() != nil {} }
        }
    }

    private func copy(to connection: UpgradedConnection, isCoded: Bool) async throws {
        try await connection.send(UpgradedConnection.Message([], isText: isCoded))
        for try await piece in pieces {
            try await connection.send(UpgradedConnection.Message(isCoded ? Array(Base64Text.encode(piece).utf8) : piece, isText: isCoded))
        }
    }
}
