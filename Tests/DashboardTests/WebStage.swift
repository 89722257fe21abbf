import API
import Client
import Dashboard
import HTTP
import Machinery
import TestSupport

/// A dashboard's page over a real API server in this process, and a browser's cookie for it.
struct WebStage {
    let server: TestServer
    let front: TestFront
    let page: WebDashboard
    let client: HTTPClient
    let port: Int
    /// Path and query of the link.
    let link: String

    /// - Parameter plane: gives the objects; nil takes an empty server.
    static func with(_ server: TestServer? = nil, _ body: (WebStage) async throws -> Void) async throws {
        let running: TestServer
        if let server { running = server } else { running = try await TestServer() }
        try await TestFront.with(running) { front in
            let access = ClusterAccess(server: ServerAddress(isTLS: false, host: "127.0.0.1", port: front.port))
            let facts = ClusterFacts(context: "test", server: "\(access.server)", user: "admin", namespace: "default")
            let transport = HTTPSTransport(access, userAgent: "test")
            let host = DashboardHost(
                connect: { _ in DashboardConnection(transport: transport, facts: facts) }, contexts: { [facts] },
                run: { _, words, write in
                    write(Array("ran \(words.joined(separator: " "))\n".utf8), false)
                    return 0
                }, interact: { _, _ in 0 })
            let page = try await WebDashboard(host: host)
            let rest: Substring = page.url.dropFirst("http://127.0.0.1:".count)
            let port: Int = Int(rest.prefix { $0 != "/" }) ?? 0
            let client = HTTPClient(HTTPClientConfiguration(host: "127.0.0.1", port: port, tls: nil))
            let stage = WebStage(
                server: running, front: front, page: page, client: client, port: port, link: String(rest.drop { $0 != "/" }))
            let result: Result<Void, any Error>
            do { result = .success(try await body(stage)) } catch { result = .failure(error) }
            client.shutdown()
            await page.shutdown()
            transport.shutdown()
            try result.get()
        }
    }

    func send(_ method: String, _ target: String, _ headers: HTTPHeaders = [:], _ body: String = "") async throws -> HTTPResponse {
        try await client.send(
            HTTPClientRequest(method: method, target: target, headers: headers, body: Array(body.utf8), timeout: .seconds(30)))
    }

    /// Uses the link up. Returns the fields that a browser sends from then on.
    func login() async throws -> HTTPHeaders {
        let answer: HTTPResponse = try await send("GET", link)
        guard answer.status == 200, let cookie = answer.headers["set-cookie"]?.prefix(while: { $0 != ";" }) else {
            throw TestFailure("the link is not good: \(answer.status)")
        }
        return ["Cookie": String(cookie), "Sec-Fetch-Site": "same-origin"]
    }
}
