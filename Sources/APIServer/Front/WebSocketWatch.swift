import API
import HTTP
import Machinery

/// A watch over WebSocket, as pages in browsers ask for it: one message for each event.
///
/// Source: `HandleWS` of k8s.io/apiserver/pkg/endpoints/handlers/watch.go.
struct WebSocketWatch: Sendable {
    let watcher: Watcher
    let framing: EventFraming
    let hasBetaName: Bool
    let hub: WatchHub
    private let reader = SlowReader()

    init(watcher: Watcher, framing: EventFraming, hasBetaName: Bool, hub: WatchHub) {
        (self.watcher, self.framing, self.hasBetaName, self.hub) = (watcher, framing, hasBetaName, hub)
    }

    /// Takes the connection of an exchange over.
    func serve(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        // Of the protocols that a client offers, those that carry its token are no protocols; one that is left alone is agreed to.
        let offered: [String] = WebSocketHandshake.protocols(request.headers).filter { !$0.hasPrefix(WebSocketToken.prefix) }
        guard let headers = WebSocketHandshake.agreement(to: request.headers, protocol: offered.count == 1 ? offered[0] : nil) else {
            return exchange.refuse(.badRequest("the request does not ask for WebSocket as RFC 6455 has it"), as: .raw)
        }
        exchange.upgrade(headers, to: .webSocket) { connection in follow(connection, exchange) }
    }

    private func follow(_ connection: UpgradedConnection, _ exchange: HTTPExchange) {
        let registration: WatchRegistration = hub.register(
            watcher, group: .loop(exchange.loop), execute: { exchange.execute($0) }, pump: { pump(connection, exchange) })
        connection.onClose { registration.end() }
        // What a client says is thrown away; that it leaves is heard.
        Task { while await connection.next() != nil {} }
    }

    private func pump(_ connection: UpgradedConnection, _ exchange: HTTPExchange) {
        while connection.isWritable, connection.ending == nil {
            let batch: Watcher.Batch = watcher.next(framing)
            for message in messages(batch.pieces) { connection.post(message) }
            if batch.isEnd { return connection.close() }
            if batch.pieces.isEmpty { return }
        }
        guard connection.ending == nil else { return }
        if watcher.isOver { return connection.close() }
        reader.wait({ connection.onWritable($0) }) { exchange.execute { pump(connection, exchange) } }
    }

    private func messages(_ pieces: [[UInt8]]) -> [UpgradedConnection.Message] {
        switch framing {
        // Messages have their length already.
        case .protobuf: return pieces.map { UpgradedConnection.Message(Array($0.dropFirst(MemoryLayout<UInt32>.size))) }
        case .json:
            let lines: [[UInt8]] = hasBetaName ? BetaName.events(pieces) : [Array(pieces.joined())]
            return lines.flatMap { $0.split(separator: UInt8(ascii: "\n")) }.map {
                UpgradedConnection.Message($0 + [UInt8(ascii: "\n")], isText: true)
            }
        }
    }
}

/// The token of a client that can't send an `Authorization` header: browsers let pages choose the protocols of a WebSocket and nothing else.
///
/// Source: k8s.io/apiserver/pkg/authentication/request/websocket.
enum WebSocketToken {
    /// What stands before the token, which is base64url without padding.
    static let prefix = "base64url.bearer.authorization.k8s.io."

    /// nil for a request that is no WebSocket or carries no token. Throws ``APIStatus/unauthorized`` for one that can't be read, for two, and
    /// for a token without a protocol beside it: the answer must not name the token.
    static func of(_ request: HTTPRequest) throws(APIStatus) -> String? {
        guard WebSocketHandshake.isAsked(request.headers) else { return nil }
        let offered: [String] = WebSocketHandshake.protocols(request.headers)
        let tokens: [String] = offered.filter { $0.hasPrefix(prefix) }
        guard let first = tokens.first else { return nil }
        let coded: String = first.dropFirst(prefix.count).map { $0 == "-" ? "+" : $0 == "_" ? "/" : String($0) }.joined()
        let padded: String = coded + String(repeating: "=", count: (4 - coded.utf8.count % 4) % 4)
        guard tokens.count == 1, offered.count > 1, let bytes = Base64Text.decode(padded),
            let token = String(validating: bytes, as: UTF8.self), !token.isEmpty
        else { throw .unauthorized }
        return token
    }
}
