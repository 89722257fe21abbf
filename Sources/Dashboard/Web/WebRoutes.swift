import API
import Client
import HTTP
import Machinery

/// The paths of the page's server, for requests that the gate let pass.
///
///     /            the page, and the files that it consists of
///     /session     which cluster this is
///     /describe    what `describe` writes of an object
///     /why         why a pod is not running
///     /k8s/…       the cluster's API
struct WebRoutes: Sendable {
    let host: DashboardHost
    let connection: DashboardConnection

    /// Nothing but our own files is loaded or run, nobody may put the page into a frame, and nothing is kept by the browser.
    private static let headers: HTTPHeaders = [
        "Content-Security-Policy":
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
        "Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
    ]

    func answer(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        if request.path.hasPrefix("/k8s/") { return pass(request, exchange) }
        guard request.method == "GET" || request.method == "HEAD" else { return Self.refuse(405, "this path is for reading", exchange) }
        switch request.path {
        case "/session": session(exchange)
        case "/describe": describe(Self.query(request), exchange)
        case "/why": explain(Self.query(request), exchange)
        default:
            guard let file = WebFiles.file(request.path) else { return Self.refuse(404, "there is no \(request.path) here", exchange) }
            Self.send(200, file.type, file.bytes, exchange)
        }
    }

    // MARK: - Answers of our own

    private func session(_ exchange: HTTPExchange) {
        let facts: ClusterFacts = connection.facts
        let json: JSON = [
            "context": .string(facts.context), "server": .string(facts.server), "user": .string(facts.user),
            "namespace": .string(facts.namespace), "header": .string(WebGate.header), "tones": StateTone.json,
        ]
        Self.send(200, "application/json", json.serialized(), exchange)
    }

    private func describe(_ query: [String: String], _ exchange: HTTPExchange) {
        guard let resource = query["resource"], let name = query["name"], !resource.hasPrefix("-"), !name.hasPrefix("-") else {
            return Self.refuse(400, "say which object: resource, name and namespace", exchange)
        }
        let place: [String] = query["namespace"].map { ["--namespace=" + $0] } ?? []
        Task {
            let (code, text): (Int32, String) = await host.gathered(connection.facts.context, ["describe", resource, name] + place)
            Self.send(code == 0 ? 200 : 502, "text/plain; charset=utf-8", Array(text.utf8), exchange)
        }
    }

    private func explain(_ query: [String: String], _ exchange: HTTPExchange) {
        let key = ObjectKey(namespace: query["namespace"] ?? "", name: query["name"] ?? "")
        Task {
            do {
                let reason: String? = try await PodQuestion(connection.transport).reason(key)
                let json: JSON = ["reason": reason.map { .string($0) } ?? .null]
                Self.send(200, "application/json", json.serialized(), exchange)
            } catch { Self.refuse((error as? APIStatus)?.code ?? 502, "\(error)", exchange) }
        }
    }

    private static func query(_ request: HTTPRequest) -> [String: String] {
        var values: [String: String] = [:]
        for part in (request.query ?? "").split(separator: "&") {
            let pair: [Substring] = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, let value = PercentEncoding.decode(pair[1]) else { continue }
            values[String(pair[0])] = value
        }
        return values
    }

    // MARK: - The cluster's API

    /// What the page may not use: connections into pods, nodes and services.
    private static let closed: Set<Substring> = ["exec", "attach", "portforward", "proxy"]

    private func pass(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        let path: Substring = request.path.dropFirst("/k8s".count)
        let parts: [Substring]? = PercentEncoding.decode(path)?.split(separator: "/")
        guard request.headers["upgrade"] == nil, let parts, !parts.contains(where: Self.closed.contains) else {
            return Self.refuse(403, "the page has no connections into pods; use `swkube exec` and `swkube port-forward`", exchange)
        }
        // What the browser says of itself, and the cookie, are none of the cluster's business.
        var headers = HTTPHeaders()
        for name in ["Accept", "Content-Type"] { if let value = request.headers[name] { headers.set(name, value) } }
        let stripped = HTTPRequest(method: request.method, path: request.path, query: request.query, headers: headers, body: request.body)
        for (name, value) in Self.headers.pairs { exchange.stamp(name, value) }
        Task { await connection.transport.pass(stripped, target: path + (request.query.map { "?" + $0 } ?? ""), exchange) }
    }

    // MARK: - Sending

    static func send(_ status: Int, _ type: String, _ body: [UInt8], cookie: String? = nil, _ exchange: HTTPExchange) {
        var headers: HTTPHeaders = Self.headers
        headers.set("Content-Type", type)
        if let cookie { headers.set("Set-Cookie", cookie) }
        exchange.respond(status, headers, body)
    }

    static func refuse(_ status: Int, _ text: String, _ exchange: HTTPExchange) {
        send(status, "text/plain; charset=utf-8", Array("\(text)\n".utf8), exchange)
    }

    /// A page that goes on to the real one. A redirection would not do: for one that another program's page began, browsers keep the
    /// cookie back.
    static func welcome(_ cookie: String, _ exchange: HTTPExchange) {
        let page = "<!doctype html><meta charset=\"utf-8\"><title>swkube</title><script src=\"/login.js\"></script>\n"
        send(200, "text/html; charset=utf-8", Array(page.utf8), cookie: cookie, exchange)
    }
}
