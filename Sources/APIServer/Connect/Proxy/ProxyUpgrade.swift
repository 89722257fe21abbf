import HTTP
import Synchronization

/// A proxied request that leaves HTTP: WebSocket, SPDY. What two connections say from then on is carried from each to the other.
struct ProxyUpgrade: Sendable {
    private let http: HTTPRequest
    private let exchange: HTTPExchange
    private let client: HTTPClient

    init(_ http: HTTPRequest, _ exchange: HTTPExchange, _ client: HTTPClient) {
        (self.http, self.exchange, self.client) = (http, exchange, client)
    }

    /// Asks the other side for what the client asked for, and joins the two when it agrees.
    ///
    /// - Parameters:
    ///   - request: what the other side is asked, but for its wish to leave HTTP.
    ///   - passed: what of the head of a refusal goes back to the client.
    func run(_ request: HTTPClientRequest, passed: (HTTPHeaders) -> HTTPHeaders) async throws {
        var request: HTTPClientRequest = request
        for name in ["Connection", "Upgrade"] { for value in http.headers.all(name) { request.headers.add(name, value) } }
        switch try await client.upgrade(request, to: .bytes) {
        case .refused(let response): exchange.respond(response.status, passed(response.headers), response.body)
        case .upgraded(let headers, let far):
            let isTaken = Flag()
            exchange.upgrade(headers, to: .bytes) { [client] near in
                isTaken.set()
                Task {
                    await UpgradedConnection.join(near, far)
                    withExtendedLifetime(client) {}
                }
            }
            // A client that has left meanwhile leaves the other side alone.
            exchange.onClose { if !isTaken.isSet { far.close() } }
        }
    }
}

/// Something that is true from some moment on.
final class Flag: Sendable {
    private let state = Mutex(false)
    var isSet: Bool { state.withLock { $0 } }
    func set() { state.withLock { $0 = true } }
}
