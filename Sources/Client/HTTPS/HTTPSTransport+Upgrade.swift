import API
package import HTTP

/// Connections that leave HTTP: streams of pods.
extension HTTPSTransport {
    /// Opens a WebSocket. `name` is the protocol that the server chose of those offered, empty where it chose none.
    ///
    /// Throws ``APIStatus`` when the server said no, ``TransportError`` when it could not be asked.
    package func webSocket(_ target: String, protocols: [String]) async throws -> (name: String, connection: UpgradedConnection) {
        let (headers, connection): (HTTPHeaders, UpgradedConnection) = try await upgrade(
            "GET", target, WebSocketHandshake.request(protocols: protocols), to: .webSocket)
        return (headers["Sec-WebSocket-Protocol"] ?? "", connection)
    }

    /// Opens a connection that speaks SPDY/3.1, for servers from before WebSocket.
    package func spdy(_ target: String, protocols: [String]) async throws -> (name: String, connection: UpgradedConnection) {
        var fields: HTTPHeaders = ["Connection": "Upgrade", "Upgrade": "SPDY/3.1"]
        for name in protocols { fields.add("X-Stream-Protocol-Version", name) }
        let (headers, connection): (HTTPHeaders, UpgradedConnection) = try await upgrade("POST", target, fields, to: .bytes)
        return (headers["X-Stream-Protocol-Version"] ?? "", connection)
    }

    private func upgrade(
        _ method: String, _ target: String, _ fields: HTTPHeaders, to framing: UpgradedConnection.Framing
    ) async throws -> (HTTPHeaders, UpgradedConnection) {
        var request: HTTPClientRequest = httpRequest(method: method, target: target, accept: "*/*")
        for (name, value) in fields.pairs { request.headers.add(name, value) }
        let start: ContinuousClock.Instant = .now
        do {
            switch try await client.upgrade(request, to: framing) {
            case .upgraded(let headers, let connection):
                trace?(method, url(request), 101, ContinuousClock.now - start)
                return (headers, connection)
            case .refused(let response):
                trace?(method, url(request), response.status, ContinuousClock.now - start)
                throw Self.failure(response)
            }
        } catch {
            throw explained(error)
        }
    }
}
