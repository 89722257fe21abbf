import API
package import HTTP
import Machinery
import Sandbox
import Synchronization

/// Answers HTTP requests by what the rules of a table say: passes them on to endpoints of Services, or elsewhere by a redirect.
///
/// Where no rule of its host takes a request, `NAME.NAMESPACE.localhost` leads to that Service; what no rule takes is not found.
package final class ProxyFront: Sendable {
    private struct State {
        var table = ProxyTable()
        /// Where clients find the front with TLS.
        var securePort = 443
    }

    private let backends: ProxyBackends
    private let servesNames: Bool
    private let forwarder: HTTPForwarder
    private let state = Mutex(State())

    /// - Parameter servesNames: whether `NAME.NAMESPACE.localhost` leads to Services.
    package init(backends: ProxyBackends, dial: Dial?, servesNames: Bool = true) {
        self.backends = backends
        self.servesNames = servesNames
        forwarder = HTTPForwarder(dial: dial, crowded: { OwnThread.standBack($0) })
    }

    package func set(_ table: ProxyTable) { state.withLock { $0.table = table } }
    package func set(securePort: Int) { state.withLock { $0.securePort = securePort } }

    /// Handles a request; on an event loop of a server.
    package func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        let host: String = Self.host(request.headers["host"] ?? "")
        let (table, securePort): (ProxyTable, Int) = state.withLock { ($0.table, $0.securePort) }
        guard let rule = table.rule(for: request, host: host, named: servesNames ? named(host) : nil) else {
            return exchange.tell(404, "nothing is served here for \(host.isEmpty ? "this host" : host) and this path")
        }
        if rule.needsTLS, !request.isSecure {
            let target: String = request.path + (request.query.map { "?" + $0 } ?? "")
            let place: String = securePort == 443 ? host : "\(host):\(securePort)"
            return exchange.respond(308, ["Location": "https://\(place)\(target)"], [])
        }
        if let policy = rule.policy, !policy.takes() {
            let text = "more than \(policy.settings.rateLimit ?? 0) requests a second to \(rule.owner)"
            return exchange.tell(429, text, ["Retry-After": "1"])
        }
        if let redirect = rule.redirect { return Self.redirect(request, rule, redirect, host, exchange) }
        if let limit = rule.bodyLimit, request.body.count > limit {
            return exchange.tell(413, "the body is longer than \(limit) bytes")
        }
        guard let backend = rule.backend() else {
            return exchange.tell(rule.statusWithoutBackend, "\(rule.owner) has no backend for this request")
        }
        let sent: HTTPClientRequest = Self.sent(request, rule, backend, host)
        for mirror in rule.mirrors {
            guard mirror.percent >= 100 || rule.turn.next() * 37 % 100 < mirror.percent,
                let target = backends.next(mirror.backend.service, mirror.backend.port)
            else { continue }
            forwarder.mirror(sent, to: target, rule.times, beside: exchange)
        }
        var pass = ProxyPass(
            backends: backends, forwarder: forwarder, request: sent, isUpgrade: request.headers.asksForUpgrade && request.version == "1.1",
            service: backend.service, port: backend.port)
        pass.isSecure = rule.isBackendSecure
        pass.times = rule.times
        pass.deadline = rule.limit.map { .now.advanced(by: $0) }
        pass.policy = rule.policy
        pass.retries = rule.retries
        pass.statusWithoutService = rule.statusWithoutBackend
        let changes: [ProxyRule.HeaderChange] = rule.responseHeaders + backend.responseHeaders
        if !changes.isEmpty { pass.change = { _, headers in for one in changes { one.apply(&headers) } } }
        pass.run(exchange)
    }

    /// Fields that the front says itself.
    private static let ownNames = ["x-real-ip", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port", "host"]

    /// The request as the backend gets it.
    private static func sent(_ request: HTTPRequest, _ rule: ProxyRule, _ backend: ProxyRule.Backend, _ host: String) -> HTTPClientRequest {
        var headers: HTTPHeaders =
            request.headers.asksForUpgrade && request.version == "1.1"
            ? request.headers.without(ownNames) : .passedOn(request.headers, without: ownNames)
        let asked: String = request.headers["host"] ?? host
        headers.addForwardedFor(request)
        headers.add("X-Real-IP", request.remoteAddress)
        headers.add("X-Forwarded-Host", asked)
        headers.add("X-Forwarded-Proto", request.isSecure ? "https" : "http")
        headers.add("X-Forwarded-Port", String(request.localPort))
        headers.add("Host", rule.host ?? asked)
        for change in rule.requestHeaders + backend.requestHeaders { change.apply(&headers) }
        let path: String = rule.rewrite.map { rule.changed(request.path, by: $0) } ?? request.path
        return HTTPClientRequest(
            method: request.method, target: path + (request.query.map { "?" + $0 } ?? ""), headers: headers, body: request.body)
    }

    // MARK: - Answers of the front itself

    private static func redirect(
        _ request: HTTPRequest, _ rule: ProxyRule, _ redirect: ProxyRule.Redirect, _ host: String, _ exchange: HTTPExchange
    ) {
        if let location = redirect.location { return exchange.respond(redirect.status, ["Location": location], []) }
        let scheme: String = redirect.scheme ?? (request.isSecure ? "https" : "http")
        // Without a port the scheme says it, and without a scheme the front's own stays.
        var port: Int? = redirect.port ?? (redirect.scheme == nil ? request.localPort : nil)
        if port == (scheme == "https" ? 443 : 80) { port = nil }
        let path: String = redirect.path.map { rule.changed(request.path, by: $0) } ?? request.path
        let location: String =
            "\(scheme)://\(redirect.host ?? host)\(port.map { ":\($0)" } ?? "")\(path)\(request.query.map { "?" + $0 } ?? "")"
        exchange.respond(redirect.status, ["Location": location], [])
    }

    // MARK: - Names

    /// The name of a host, in small letters and without port.
    static func host(_ field: String) -> String {
        let end: String.Index = field.utf8.firstIndex(of: UInt8(ascii: ":")) ?? field.endIndex
        let name: Substring = field.hasPrefix("[") ? field.prefix { $0 != "]" } + "]" : field[..<end]
        return name.hasSuffix(".") ? name.dropLast().lowercased() : name.lowercased()
    }

    /// `NAME.NAMESPACE.localhost` is that Service, where there is one.
    private func named(_ host: String) -> ProxyRule? {
        guard host.hasSuffix(".localhost") else { return nil }
        let labels: [Substring] = host.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count == 3 else { return nil }
        let key = ObjectKey(namespace: String(labels[1]), name: String(labels[0]))
        guard backends.exists(key) else { return nil }
        var rule = ProxyRule(owner: "Service \(key)", created: .epoch, order: 0, path: .any)
        rule.backends = [ProxyRule.Backend(service: key, port: .web)]
        rule.statusWithoutBackend = 404
        return rule
    }
}

extension HTTPHeaders {
    /// The client's address, behind those of proxies before this one.
    mutating func addForwardedFor(_ request: HTTPRequest) {
        guard let known = self["X-Forwarded-For"] else { return add("X-Forwarded-For", request.remoteAddress) }
        set("X-Forwarded-For", known + ", " + request.remoteAddress)
    }
}
