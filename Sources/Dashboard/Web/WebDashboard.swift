import Client
import HTTP
import Synchronization

/// Serves the dashboard's page on this machine, and passes its requests on to the cluster with the user's own credentials.
package final class WebDashboard: Sendable {
    private let server: HTTPServer
    /// What the user opens in a browser; good once.
    package let url: String

    /// Listens on 127.0.0.1 until ``shutdown()``. Throws ``HTTPError`` when the port cannot be had, and as requests do when the cluster
    /// cannot be reached.
    ///
    /// - Parameter port: 0 takes a free one.
    package init(host: DashboardHost, port: Int = 0) async throws {
        let connection: DashboardConnection = try host.connect(nil)
        _ = try await connection.transport.raw("/version", accept: "application/json")
        let gate = Mutex<WebGate?>(nil)
        var limits = HTTPLimits()
        limits.bodySize = 16 << 20
        let routes = WebRoutes(host: host, connection: connection)
        server = try await HTTPServer(port: port, tls: nil, limits: limits) { request, exchange in
            // No request comes before the port is known: nobody knows it either.
            switch gate.withLock({ $0?.judge(request) }) ?? .refuse(503, "not ready yet") {
            case .pass: routes.answer(request, exchange)
            case .refuse(let status, let text): WebRoutes.refuse(status, text, exchange)
            case .login(let cookie): WebRoutes.welcome(cookie, exchange)
            }
        }
        let opened = WebGate(port: server.port, token: Self.secret(), session: Self.secret())
        url = "http://127.0.0.1:\(server.port)\(opened.link ?? "")"
        gate.withLock { $0 = opened }
    }

    package func shutdown() async { await server.shutdown(grace: .zero) }

    /// 256 random bits in hexadecimal.
    private static func secret() -> String {
        var random = SystemRandomNumberGenerator()
        return (0..<4).map { _ in
            let digits = String(random.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
