import API
package import HTTP

/// Passing on of requests as they are, for a proxy that gives them this transport's credentials.
extension HTTPSTransport {
    /// What concerns one connection only, and what credentials the client itself sent.
    private static let dropped: Set<String> = [
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade",
        "content-length", "host", "expect", "authorization",
    ]

    /// Sends a request on and its answer back, upgrades too. Answers 502 when the server cannot be asked.
    ///
    /// - Parameter target: path and query for the server.
    package func pass(_ http: HTTPRequest, target: String, _ exchange: HTTPExchange) async {
        var request: HTTPClientRequest = httpRequest(method: http.method, target: target, accept: http.headers["accept"] ?? "*/*")
        request.timeout = nil
        request.body = http.body
        for (name, value) in http.headers.pairs where !Self.dropped.contains(name.lowercased()) {
            if name.lowercased() != "accept" { request.headers.add(name, value) }
        }
        let passing = Task { [request] in await pass(request, http, exchange) }
        // Of a watch whose reader left nothing more is asked for.
        exchange.onClose { passing.cancel() }
        await passing.value
    }

    private func pass(_ request: HTTPClientRequest, _ http: HTTPRequest, _ exchange: HTTPExchange) async {
        do {
            if http.headers["upgrade"] != nil { return try await passUpgrade(request, http, exchange) }
            let (status, headers, body): (Int, HTTPHeaders, HTTPBody) = try await client.stream(request)
            var answer = HTTPHeaders()
            for (name, value) in headers.pairs where !Self.dropped.contains(name.lowercased()) { answer.add(name, value) }
            exchange.start(status, answer)
            for try await part in body {
                exchange.send([part])
                if !exchange.isWritable { await exchange.writable() }
            }
            exchange.end()
        } catch {
            exchange.respond(502, ["Content-Type": "text/plain"], Array("\(explained(error))\n".utf8))
            exchange.end()  // when the answer had begun already, it breaks off
        }
    }

    private func passUpgrade(_ request: HTTPClientRequest, _ http: HTTPRequest, _ exchange: HTTPExchange) async throws {
        var request: HTTPClientRequest = request
        for name in ["Connection", "Upgrade"] { for value in http.headers.all(name) { request.headers.add(name, value) } }
        switch try await client.upgrade(request, to: .bytes) {
        case .refused(let response): exchange.respond(response.status, response.headers, response.body)
        case .upgraded(let headers, let far):
            exchange.upgrade(headers, to: .bytes) { near in
                Task { await UpgradedConnection.join(near, far) }
            }
        }
    }
}
