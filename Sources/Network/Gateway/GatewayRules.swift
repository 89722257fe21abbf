import API
import HTTP
import Machinery

/// The rules of one HTTPRoute, before it is known by which hosts they are asked.
struct GatewayRules: Sendable {
    private(set) var rules: [ProxyRule] = []
    /// Whether everything that the route names is there and may be used.
    private(set) var resolved = GatewayCondition(type: "ResolvedRefs", isTrue: true, reason: "ResolvedRefs")
    /// What is asked for and not served; nil for nothing.
    private(set) var problem: String?

    /// What the route's annotations ask for; nil for nothing.
    private(set) var policy: MeshPolicy?

    private let route: View<HTTPRoute>
    private let world: GatewayPlan.World

    init(_ route: View<HTTPRoute>, _ world: GatewayPlan.World) {
        self.route = route
        self.world = world
        let settings = MeshSettings(route.metadata.annotations)
        problem = settings.problems.first ?? settings.unserved
        let specs: [JSON] = route.json[["spec", "rules"]]?.array ?? []
        if settings.isWanted || specs.contains(where: { $0["retry"] != nil }) { policy = world.policy(route.key, settings) }
        var order = 0
        for spec in specs {
            var body = ProxyRule(owner: "HTTPRoute \(route.key)", created: .epoch, order: 0, path: .any)
            backends(spec, &body)
            for filter in spec["filters"]?.array ?? [] { apply(filter, &body) }
            body.policy = policy
            body.retries = spec["retry"].map { Self.retries($0, settings.retries) } ?? settings.retries
            body.limit = settings.timeout
            times(spec["timeouts"], &body)
            if spec["sessionPersistence"] != nil { problem = problem ?? "sessions are not kept" }
            for match in spec["matches"]?.array ?? [[:]] {
                order += 1
                var rule = ProxyRule(
                    owner: body.owner, created: route.metadata.creationTimestamp ?? .epoch, order: order, path: path(match["path"]))
                rule.take(body)
                rule.method = match["method"]?.string
                rule.headers = values(match["headers"], ignoresCase: true)
                rule.queries = values(match["queryParams"])
                rules.append(rule)
            }
        }
    }

    // MARK: - Matches

    private mutating func path(_ match: JSON?) -> ProxyRule.PathMatch {
        let value: String = match?["value"]?.string ?? "/"
        switch match?["type"]?.string ?? "PathPrefix" {
        case "Exact": return .exact(value)
        case "RegularExpression":
            // The whole path, as Envoy and others have it.
            guard let pattern = ProxyPattern("(?:\(value))$") else {
                problem = problem ?? "\(value) is no regular expression"
                return .exact(value)
            }
            return .pattern(pattern)
        default: return .prefix(value)
        }
    }

    /// Of several for one name the first one counts.
    private mutating func values(_ list: JSON?, ignoresCase: Bool = false) -> [ProxyRule.ValueMatch] {
        var seen: Set<String> = []
        return (list?.array ?? []).compactMap { match in
            let (name, value) = (match["name"]?.string ?? "", match["value"]?.string ?? "")
            guard seen.insert(ignoresCase ? name.lowercased() : name).inserted else { return nil }
            guard match["type"]?.string == "RegularExpression" else { return ProxyRule.ValueMatch(name: name, value: .exact(value)) }
            guard let pattern = ProxyPattern(value) else {
                problem = problem ?? "\(value) is no regular expression"
                return ProxyRule.ValueMatch(name: name, value: .exact(value))
            }
            return ProxyRule.ValueMatch(name: name, value: .pattern(pattern))
        }
    }

    // MARK: - Backends

    private mutating func backends(_ spec: JSON, _ rule: inout ProxyRule) {
        rule.statusWithoutBackend = 500
        for ref in spec["backendRefs"]?.array ?? [] {
            var backend: ProxyRule.Backend = backend(ref)
            for filter in ref["filters"]?.array ?? [] {
                switch filter["type"]?.string {
                case "RequestHeaderModifier"?: backend.requestHeaders.append(Self.change(filter["requestHeaderModifier"]))
                case "ResponseHeaderModifier"?: backend.responseHeaders.append(Self.change(filter["responseHeaderModifier"]))
                case let type: problem = problem ?? "filters of type \(type ?? "") are not served for single backends"
                }
            }
            rule.backends.append(backend)
        }
    }

    /// One that cannot be used stays in the list: its share of requests fails.
    private mutating func backend(_ ref: JSON) -> ProxyRule.Backend {
        let key = ObjectKey(namespace: ref["namespace"]?.string ?? route.namespace, name: ref["name"]?.string ?? "")
        let port = Int(ref["port"]?.int ?? 0)
        let weight = Int(ref["weight"]?.int ?? 1)
        func refuse(_ reason: String, _ message: String) -> ProxyRule.Backend {
            if resolved.isTrue { resolved = GatewayCondition(type: "ResolvedRefs", isTrue: false, reason: reason, message: message) }
            return ProxyRule.Backend(service: ObjectKey(namespace: "", name: ""), port: .number(port), weight: weight)
        }
        guard ref["kind"]?.string ?? "Service" == "Service", (ref["group"]?.string ?? "").isEmpty else {
            return refuse("InvalidKind", "backends are Services")
        }
        guard
            key.namespace == route.namespace
                || GatewayPlan.isGranted(world, from: ("HTTPRoute", route.namespace), to: ("", "Service", key))
        else { return refuse("RefNotPermitted", "no ReferenceGrant of \(key.namespace) lets this route use Service \(key)") }
        guard world.hasService(key, port) else { return refuse("BackendNotFound", "there is no port \(port) of a Service \(key)") }
        if let name = world.foreignProtocol(key, port) {
            return refuse("UnsupportedProtocol", "port \(port) of Service \(key) speaks \(name); HTTP/1.1 is spoken to backends")
        }
        return ProxyRule.Backend(service: key, port: .number(port), weight: weight)
    }

    // MARK: - Filters

    private mutating func apply(_ filter: JSON, _ rule: inout ProxyRule) {
        switch filter["type"]?.string ?? "" {
        case "RequestHeaderModifier": rule.requestHeaders.append(Self.change(filter["requestHeaderModifier"]))
        case "ResponseHeaderModifier": rule.responseHeaders.append(Self.change(filter["responseHeaderModifier"]))
        case "RequestMirror":
            let mirror: JSON = filter["requestMirror"] ?? [:]
            let share: Int =
                mirror["percent"]?.int.map { Int($0) }
                ?? mirror["fraction"].map { Int($0["numerator"]?.int ?? 0) * 100 / max(1, Int($0["denominator"]?.int ?? 100)) } ?? 100
            rule.mirrors.append(ProxyRule.Mirror(backend: backend(mirror["backendRef"] ?? [:]), percent: share))
        case "RequestRedirect":
            let spec: JSON = filter["requestRedirect"] ?? [:]
            rule.redirect = ProxyRule.Redirect(
                scheme: spec["scheme"]?.string, host: spec["hostname"]?.string, port: spec["port"]?.int.map { Int($0) },
                path: Self.path(spec["path"]), status: Int(spec["statusCode"]?.int ?? 302))
        case "URLRewrite":
            rule.rewrite = Self.path(filter[["urlRewrite", "path"]])
            rule.host = filter[["urlRewrite", "hostname"]]?.string
        case let type: problem = problem ?? "filters of type \(type) are not served"
        }
    }

    private static func change(_ spec: JSON?) -> ProxyRule.HeaderChange {
        func pairs(_ name: String) -> [(String, String)] {
            (spec?[name]?.array ?? []).map { ($0["name"]?.string ?? "", $0["value"]?.string ?? "") }
        }
        return ProxyRule.HeaderChange(set: pairs("set"), add: pairs("add"), remove: spec?["remove"]?.array?.compactMap(\.string) ?? [])
    }

    private static func path(_ spec: JSON?) -> ProxyRule.PathChange? {
        switch spec?["type"]?.string {
        case "ReplaceFullPath"?: .whole(spec?["replaceFullPath"]?.string ?? "/")
        case "ReplacePrefixMatch"?: .prefix(spec?["replacePrefixMatch"]?.string ?? "")
        default: nil
        }
    }

    /// 0 asks for no limit.
    private func times(_ spec: JSON?, _ rule: inout ProxyRule) {
        func time(_ name: String) -> Duration? { spec?[name]?.string.flatMap(GatewayDuration.parse) }
        let (whole, single): (Duration?, Duration?) = (time("request"), time("backendRequest"))
        if let whole { rule.limit = whole > .zero ? whole : nil }
        if let longest = single ?? whole { rule.times.answer = longest > .zero ? longest : .seconds(86_400) }
    }

    /// Source: HTTPRouteRetry, by which one without `codes` is for connections that break.
    private static func retries(_ spec: JSON, _ usual: MeshSettings.Retries?) -> MeshSettings.Retries {
        var retries: MeshSettings.Retries = usual ?? MeshSettings.Retries(attempts: 1)
        if let count = spec["attempts"]?.int { retries.attempts = Int(count) }
        retries.codes = Set(spec["codes"]?.array?.compactMap { $0.int.map { Int($0) } } ?? [])
        if let time = spec["backoff"]?.string.flatMap(GatewayDuration.parse) { retries.backoff = time }
        return retries
    }
}

extension ProxyRule {
    /// Does what the other one does, for what this one matches.
    fileprivate mutating func take(_ other: ProxyRule) {
        takesDeepNames = true
        redirect = other.redirect
        rewrite = other.rewrite
        host = other.host
        requestHeaders = other.requestHeaders
        responseHeaders = other.responseHeaders
        mirrors = other.mirrors
        backends = other.backends
        statusWithoutBackend = other.statusWithoutBackend
        times = other.times
        limit = other.limit
        policy = other.policy
        retries = other.retries
    }
}
