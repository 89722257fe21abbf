import API
import HTTP
import Machinery

/// Carries a request to an extension server and its answer back, WebSocket and SPDY too.
///
/// Source: `proxyHandler` of k8s.io/kube-aggregator/pkg/apiserver.
struct ExtensionProxy: Sendable {
    let aggregation: Aggregation
    let server: ExtensionServer
    let user: UserInfo
    /// The request in the audit; nil where nothing is recorded.
    let record: AuditRecord?
    /// How long the answer may wait for its beginning; nil for one that takes as long as the client likes.
    let limit: Duration?

    /// As long as upstream gives every request. Source: `RequestTimeout` of k8s.io/apiserver/pkg/server.
    static let limit: Duration = .seconds(60)
    private static let tooLate = APIStatus(
        code: 504, reason: "Timeout", message: "Timeout: request did not complete within the allotted timeout")

    func answer(_ http: HTTPRequest, _ exchange: HTTPExchange) async {
        let client: HTTPClient
        do throws(WebhookFailure) {
            client = try aggregation.client(of: server).client
        } catch {
            record?.completed(503)
            return exchange.refuse(503, "service unavailable")
        }
        let began: ContinuousClock.Instant = .now
        do {
            let request: HTTPClientRequest = request(http)
            if http.headers["upgrade"] != nil { return try await ProxyUpgrade(http, exchange, client).run(request, passed: Self.passed) }
            let (status, headers, body): (Int, HTTPHeaders, HTTPBody) = try await client.stream(request)
            defer { record?.completed(status) }
            exchange.start(status, Self.passed(headers))
            for try await part in body {
                exchange.send([part])
                if !exchange.isWritable { await exchange.writable() }
            }
            exchange.end()
        } catch {
            let isLate: Bool = limit.map { began.duration(to: .now) >= $0 } ?? false
            let status: APIStatus = isLate ? Self.tooLate : server.isUnreachable("\(error)")
            record?.failed(status)
            exchange.refuse(status, as: .raw)
            exchange.end()  // when the answer had begun already, it breaks off
        }
    }

    /// What concerns one connection only, and what only this server is to know.
    private static let kept: Set<String> = [
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade",
        "content-length", "authorization", "host", "expect",
    ]

    private static func passed(_ headers: HTTPHeaders) -> HTTPHeaders {
        var passed = HTTPHeaders()
        for (name, value) in headers.pairs where !kept.contains(name.lowercased()) { passed.add(name, value) }
        return passed
    }

    private func request(_ http: HTTPRequest) -> HTTPClientRequest {
        var headers = HTTPHeaders()
        for (name, value) in http.headers.pairs {
            let small: String = name.lowercased()
            // What a client says of itself here would be taken for this server's word.
            if Self.kept.contains(small) || small.hasPrefix("impersonate-") || FrontProxy.isReserved(small) { continue }
            headers.add(name, value)
        }
        headers.set("Host", server.serverName)
        headers.set("X-Forwarded-For", http.headers["x-forwarded-for"].map { $0 + ", " + http.remoteAddress } ?? http.remoteAddress)
        headers.set("X-Forwarded-Host", http.headers["host"] ?? "")
        headers.set("X-Forwarded-Uri", http.path)
        headers.set("X-Forwarded-Proto", "https")
        FrontProxy.add(user, to: &headers)
        return HTTPClientRequest(
            method: http.method, target: http.path + (http.query.map { "?" + $0 } ?? ""), headers: headers, body: http.body,
            timeout: limit)
    }
}
