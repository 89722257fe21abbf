import API
import HTTP
import Machinery

/// The two parts of the path of a proxied request: up to `proxy`, and what is for the other side.
struct ProxyPath: Sendable, Equatable {
    /// `/api/v1/namespaces/default/services/web/proxy`, as the client sent it.
    let prefix: String
    /// `/page.html`; empty where nothing follows, not even a slash.
    let rest: String

    init(_ path: String) {
        let parts: [Substring] = path.split(separator: "/", omittingEmptySubsequences: false)
        // Behind the kind and the name: `…/pods/web/proxy`.
        let kinds: Set<Substring> = ["pods", "services", "nodes"]
        let at: Int? = parts.indices.first { $0 > 1 && parts[$0] == "proxy" && kinds.contains(parts[$0 - 2]) }
        guard let at else {
            (prefix, rest) = (path, "")
            return
        }
        prefix = parts[...at].joined(separator: "/")
        rest = parts[(at + 1)...].reduce("") { $0 + "/" + $1 }
    }
}

/// One request on its way to a pod or service and its answer back.
///
/// Source: `UpgradeAwareHandler` and `Transport` of k8s.io/apimachinery/pkg/util/proxy.
struct ProxyRun: Sendable {
    private let http: HTTPRequest
    private let backend: ProxyBackend
    private let clients: ProxyClients
    private let node: (any NodeDoor)?
    private let path: ProxyPath
    /// Longest page whose links are put right, in bytes; longer ones pass as they are.
    private static let longestPage = 16 << 20

    /// nil for a request that is to come again with a slash at its end.
    init?(_ http: HTTPRequest, _ backend: ProxyBackend, clients: ProxyClients, node: (any NodeDoor)?) {
        path = ProxyPath(http.path)
        if path.rest.isEmpty, http.method == "GET" || http.method == "HEAD", http.headers["upgrade"] == nil { return nil }
        (self.http, self.backend, self.clients, self.node) = (http, backend, clients, node)
    }

    static func redirect(_ http: HTTPRequest, _ exchange: HTTPExchange) {
        exchange.respond(301, ["Location": http.path + "/" + (http.query.map { "?" + $0 } ?? "")], [])
    }

    func answer(_ exchange: HTTPExchange) async {
        let client: HTTPClient = clients.client(of: backend, node)
        do {
            if http.headers["upgrade"] != nil { return try await ProxyUpgrade(http, exchange, client).run(request, passed: Self.passed) }
            let (status, headers, body): (Int, HTTPHeaders, HTTPBody) = try await client.stream(request)
            try await pass(status, headers, body, to: exchange)
        } catch {
            exchange.refuse(.unavailable("error trying to reach service: \(Self.words(error, backend))"), as: .raw)
            exchange.end()  // when the answer had begun already, it breaks off
        }
    }

    /// In Go's words, which users search for.
    private static func words(_ error: any Error, _ backend: ProxyBackend) -> String {
        let place = "dial tcp \(backend.host):\(backend.port)"
        switch error {
        case HTTPError.connectionRefused: return place + ": connect: connection refused"
        case HTTPError.unreachable(_, let reason): return "\(place): connect: \(reason)"
        case HTTPError.timedOut: return place + ": i/o timeout"
        case HTTPError.handshakeTimedOut: return "net/http: TLS handshake timeout"
        case HTTPError.closed: return "EOF"
        default: return "\(error)"
        }
    }

    // MARK: - There

    /// What concerns one connection only, and what only the API server is to know.
    private static let kept: Set<String> = [
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade",
        "content-length", "authorization", "accept-encoding", "host", "expect",
    ]

    private var request: HTTPClientRequest {
        var headers = HTTPHeaders()
        for (name, value) in http.headers.pairs {
            let small: String = name.lowercased()
            if !Self.kept.contains(small), !small.hasPrefix("impersonate-") { headers.add(name, value) }
        }
        let host: String = http.headers["host"] ?? ""
        headers.set("Host", backend.host.contains(":") ? "[\(backend.host)]:\(backend.port)" : "\(backend.host):\(backend.port)")
        headers.set("X-Forwarded-For", http.headers["x-forwarded-for"].map { $0 + ", " + http.remoteAddress } ?? http.remoteAddress)
        headers.set("X-Forwarded-Host", host)
        headers.set("X-Forwarded-Uri", path.prefix + path.rest)
        headers.set("X-Forwarded-Proto", "https")
        return HTTPClientRequest(
            method: http.method, target: (path.rest.isEmpty ? "/" : path.rest) + (http.query.map { "?" + $0 } ?? ""), headers: headers,
            body: http.body)
    }

    // MARK: - Back

    private static func passed(_ headers: HTTPHeaders) -> HTTPHeaders {
        var passed = HTTPHeaders()
        for (name, value) in headers.pairs where !kept.contains(name.lowercased()) { passed.add(name, value) }
        return passed
    }

    private func pass(_ status: Int, _ headers: HTTPHeaders, _ body: HTTPBody, to exchange: HTTPExchange) async throws {
        var answer: HTTPHeaders = Self.passed(headers)
        let length: Int? = headers["content-length"].flatMap { Int($0) }
        if let location = headers["location"] {
            answer.set(
                "Location", LinkRewriter(backend: backend, prefix: path.prefix, host: http.headers["host"] ?? "").rewritten(location))
        } else if headers["content-type"].map({ $0.lowercased().hasPrefix("text/html") }) == true, http.method != "HEAD",
            length ?? 0 <= Self.longestPage
        {
            return try await passPage(status, answer, body, to: exchange)
        }
        exchange.start(status, answer)
        for try await part in body {
            exchange.send([part])
            if !exchange.isWritable { await exchange.writable() }
        }
        exchange.end()
    }

    /// A page, with its links leading through the proxy.
    private func passPage(_ status: Int, _ headers: HTTPHeaders, _ body: HTTPBody, to exchange: HTTPExchange) async throws {
        var bytes: [UInt8] = []
        var parts: AsyncThrowingStream<[UInt8], any Error>.Iterator = body.makeAsyncIterator()
        while let part = try await parts.next() {
            bytes += part
            guard bytes.count > Self.longestPage else { continue }
            exchange.start(status, headers)
            exchange.send([bytes])
            while let part = try await parts.next() {
                exchange.send([part])
                if !exchange.isWritable { await exchange.writable() }
            }
            return exchange.end()
        }
        let rewriter = LinkRewriter(backend: backend, prefix: path.prefix, host: http.headers["host"] ?? "")
        exchange.respond(status, headers, rewriter.rewritten(page: bytes))
    }
}
