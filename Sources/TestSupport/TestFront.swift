import APIServer
package import HTTP

/// A ``TestServer`` behind a real port of this machine, in plain HTTP: what clients see of the bytes on the wire. Everybody without a token is admin.
package final class TestFront: Sendable {
    package let server: TestServer
    package let client: HTTPClient
    package var port: Int { http.port }
    private let http: HTTPServer

    private init(_ server: TestServer) async throws {
        self.server = server
        let front = HTTPFront(server: server.server)
        let admin = PeerCertificate(commonName: "test", organizations: ["system:masters"])
        http = try await HTTPServer(tls: nil, refuse: HTTPFront.refusal) { request, exchange in
            let peer: PeerCertificate? = request.headers["authorization"] == nil ? admin : nil
            front.handle(
                HTTPRequest(
                    method: request.method, path: request.path, query: request.query, headers: request.headers, body: request.body,
                    peer: peer, remoteAddress: request.remoteAddress, version: request.version), exchange)
        }
        client = HTTPClient(HTTPClientConfiguration(host: "127.0.0.1", port: http.port, tls: nil))
    }

    /// Runs `body` with a front, and closes its port afterwards.
    package static func with(_ server: TestServer, _ body: (TestFront) async throws -> Void) async throws {
        let front = try await TestFront(server)
        do {
            try await body(front)
        } catch {
            await front.end()
            throw error
        }
        await front.end()
    }

    /// Sends a request whose body is bytes of any kind.
    package func send(
        _ method: String, _ target: String, _ headers: HTTPHeaders = [:], _ body: [UInt8] = []
    ) async throws -> HTTPResponse {
        try await client.send(HTTPClientRequest(method: method, target: target, headers: headers, body: body, timeout: .seconds(30)))
    }

    private func end() async {
        client.shutdown()
        await http.shutdown(grace: .zero)
    }
}
