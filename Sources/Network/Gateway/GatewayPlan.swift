import API
import HTTP
import Machinery

/// What Gateways and their routes come to: which ports are open with which rules, and what is said of each object. Pure.
///
/// Source: the types of gateway.networking.k8s.io/v1 and their documentation.
struct GatewayPlan: Sendable {
    /// What the plan is made from.
    struct World: Sendable {
        var gateways: [View<Gateway>] = []
        var routes: [View<HTTPRoute>] = []
        var grants: [View<ReferenceGrant>] = []
        /// Labels, by name.
        var namespaces: [String: [String: String]] = [:]
        /// Whether there is such a Service, and whether it has that port.
        var hasService: @Sendable (ObjectKey, Int) -> Bool = { _, _ in false }
        /// What a Service says that a port speaks, where that is not spoken here; nil for all else.
        var foreignProtocol: @Sendable (ObjectKey, Int) -> String? = { _, _ in nil }
        /// What is wrong with a Secret as a certificate; nil for nothing.
        var certificateProblem: @Sendable (ObjectKey) -> String? = { _ in nil }
        /// What a route's annotations ask for, with what it remembers.
        var policy: @Sendable (ObjectKey, MeshSettings) -> MeshPolicy = { MeshPolicy($1) }
    }

    /// One port of a Gateway.
    struct Door: Sendable {
        var isSecure: Bool
        /// By the host of the listener; empty for all hosts.
        var rules: [String: [(host: String, rule: ProxyRule)]] = [:]
        /// By host; empty for all hosts.
        var secrets: [String: ObjectKey] = [:]
    }

    struct Listener: Sendable {
        let name: String
        let hostname: String
        let port: Int
        let isSecure: Bool
        var secrets: [ObjectKey] = []
        var attached = 0
        var kinds: [String] = ["HTTPRoute"]
        var conditions: [GatewayCondition] = []
        let json: JSON

        var isUsable: Bool { conditions.allSatisfy { $0.type == "Conflicted" ? !$0.isTrue : $0.isTrue } }
    }

    /// A route as one of its parents has it.
    struct Parent: Sendable {
        let ref: JSON
        var conditions: [GatewayCondition]
    }

    private(set) var doors: [ObjectKey: [Int: Door]] = [:]
    private(set) var listeners: [ObjectKey: [Listener]] = [:]
    private(set) var parents: [ObjectKey: [Parent]] = [:]

    init(_ world: World) {
        for gateway in world.gateways {
            let own: [Listener] = Self.listeners(gateway, world)
            listeners[gateway.key] = own
            var ports: [Int: Door] = [:]
            for listener in own where listener.isUsable {
                var door: Door = ports[listener.port] ?? Door(isSecure: listener.isSecure)
                door.rules[listener.hostname] = []
                if let secret = listener.secrets.first { door.secrets[listener.hostname] = secret }
                ports[listener.port] = door
            }
            doors[gateway.key] = ports
        }
        for route in world.routes {
            let rules: GatewayRules = GatewayRules(route, world)
            let refs: [JSON] = route.json[["spec", "parentRefs"]]?.array ?? []
            for ref in refs {
                guard let parent = attach(route, rules, ref, world) else { continue }
                parents[route.key, default: []].append(parent)
            }
        }
    }

    // MARK: - Listeners

    private static func listeners(_ gateway: View<Gateway>, _ world: World) -> [Listener] {
        let specs: [JSON] = gateway.json[["spec", "listeners"]]?.array ?? []
        var listeners: [Listener] = specs.map { spec in
            let transport: String = spec["protocol"]?.string ?? ""
            var listener = Listener(
                name: spec["name"]?.string ?? "", hostname: spec["hostname"]?.string?.lowercased() ?? "",
                port: Int(spec["port"]?.int ?? 0), isSecure: transport == "HTTPS", json: spec)
            var accepted = GatewayCondition(type: "Accepted", isTrue: true, reason: "Accepted")
            var resolved = GatewayCondition(type: "ResolvedRefs", isTrue: true, reason: "ResolvedRefs")
            if transport != "HTTP", transport != "HTTPS" {
                accepted = GatewayCondition(
                    type: "Accepted", isTrue: false, reason: "UnsupportedProtocol",
                    message: "\(transport) is not served; HTTP and HTTPS are")
                listener.kinds = []
            }
            if let kinds = spec[["allowedRoutes", "kinds"]]?.array, !kinds.isEmpty {
                listener.kinds = kinds.filter { $0["group"]?.string ?? GatewayAPI.group == GatewayAPI.group }
                    .compactMap { $0["kind"]?.string }.filter { $0 == "HTTPRoute" }
                if listener.kinds.count < kinds.count {
                    resolved = GatewayCondition(
                        type: "ResolvedRefs", isTrue: false, reason: "InvalidRouteKinds", message: "HTTPRoute is the kind that is served")
                }
            }
            if listener.isSecure { certificate(spec, gateway, world, &listener, &accepted, &resolved) }
            listener.conditions = [accepted, resolved]
            return listener
        }
        // Of two listeners that want one port the first one has it, unless hosts tell them apart.
        for index in listeners.indices {
            let clash: Listener? = listeners[..<index].first {
                $0.port == listeners[index].port
                    && ($0.isSecure != listeners[index].isSecure || $0.hostname == listeners[index].hostname)
            }
            let reason: String = clash?.isSecure == listeners[index].isSecure ? "HostnameConflict" : "ProtocolConflict"
            listeners[index].conditions.append(
                GatewayCondition(
                    type: "Conflicted", isTrue: clash != nil, reason: clash == nil ? "NoConflicts" : reason,
                    message: clash.map { "listener \($0.name) has the port" } ?? ""))
        }
        return listeners
    }

    private static func certificate(
        _ spec: JSON, _ gateway: View<Gateway>, _ world: World, _ listener: inout Listener, _ accepted: inout GatewayCondition,
        _ resolved: inout GatewayCondition
    ) {
        guard spec[["tls", "mode"]]?.string ?? "Terminate" == "Terminate" else {
            accepted = GatewayCondition(
                type: "Accepted", isTrue: false, reason: "UnsupportedValue", message: "TLS that is passed through is not served")
            return
        }
        let refs: [JSON] = spec[["tls", "certificateRefs"]]?.array ?? []
        func fail(_ reason: String, _ message: String) {
            resolved = GatewayCondition(type: "ResolvedRefs", isTrue: false, reason: reason, message: message)
        }
        if refs.isEmpty { return fail("InvalidCertificateRef", "an HTTPS listener needs a certificate") }
        for ref in refs {
            let key = ObjectKey(namespace: ref["namespace"]?.string ?? gateway.namespace, name: ref["name"]?.string ?? "")
            guard ref["kind"]?.string ?? "Secret" == "Secret", (ref["group"]?.string ?? "").isEmpty else {
                return fail("InvalidCertificateRef", "certificates are in Secrets")
            }
            guard
                key.namespace == gateway.namespace
                    || isGranted(world, from: ("Gateway", gateway.namespace), to: ("", "Secret", key))
            else { return fail("RefNotPermitted", "no ReferenceGrant of \(key.namespace) lets this Gateway use Secret \(key)") }
            if let problem = world.certificateProblem(key) { return fail("InvalidCertificateRef", problem) }
            listener.secrets.append(key)
        }
    }

    /// Whether an object of one namespace may name one of another. Source: the documentation of ReferenceGrant.
    static func isGranted(
        _ world: World, from: (kind: String, namespace: String), to: (group: String, kind: String, key: ObjectKey)
    ) -> Bool {
        world.grants.contains { grant in
            guard grant.namespace == to.key.namespace else { return false }
            let isFrom: Bool =
                grant.json[["spec", "from"]]?.array?.contains {
                    $0["group"]?.string == GatewayAPI.group && $0["kind"]?.string == from.kind && $0["namespace"]?.string == from.namespace
                } ?? false
            guard isFrom else { return false }
            return grant.json[["spec", "to"]]?.array?.contains {
                ($0["group"]?.string ?? "") == to.group && $0["kind"]?.string == to.kind
                    && ($0["name"]?.string).map { $0.isEmpty || $0 == to.key.name } ?? true
            } ?? false
        }
    }

    // MARK: - Routes

    /// nil when the parent is none of these Gateways.
    private mutating func attach(_ route: View<HTTPRoute>, _ rules: GatewayRules, _ ref: JSON, _ world: World) -> Parent? {
        guard ref["kind"]?.string ?? "Gateway" == "Gateway", ref["group"]?.string ?? GatewayAPI.group == GatewayAPI.group else {
            return nil
        }
        let key = ObjectKey(namespace: ref["namespace"]?.string ?? route.namespace, name: ref["name"]?.string ?? "")
        guard let all = listeners[key] else { return nil }
        let section: String? = ref["sectionName"]?.string
        let port: Int? = ref["port"]?.int.map { Int($0) }
        func refuse(_ reason: String, _ message: String) -> Parent {
            Parent(
                ref: ref,
                conditions: [GatewayCondition(type: "Accepted", isTrue: false, reason: reason, message: message), rules.resolved])
        }
        let named: [Int] = all.indices.filter { index in
            (section == nil || all[index].name == section) && (port == nil || all[index].port == port)
        }
        guard !named.isEmpty else { return refuse("NoMatchingParent", "the Gateway has no such listener") }
        let open: [Int] = named.filter { Self.isAllowed(route, all[$0], gatewayNamespace: key.namespace, world) }
        guard !open.isEmpty else { return refuse("NotAllowedByListeners", "no listener takes routes of this kind and namespace") }
        let hostnames: [String] = route.json[["spec", "hostnames"]]?.array?.compactMap { $0.string?.lowercased() } ?? []
        let matching: [(Int, [String])] = open.compactMap { index in
            let hosts: [String] = Self.hosts(hostnames, all[index].hostname)
            return hosts.isEmpty ? nil : (index, hosts)
        }
        guard !matching.isEmpty else { return refuse("NoMatchingListenerHostname", "no listener has a host of this route") }
        if let problem = rules.problem { return refuse("UnsupportedValue", problem) }
        for (index, hosts) in matching {
            listeners[key]?[index].attached += 1
            guard all[index].isUsable else { continue }
            for host in hosts { doors[key]?[all[index].port]?.rules[all[index].hostname]? += rules.rules.map { (host, $0) } }
        }
        return Parent(ref: ref, conditions: [GatewayCondition(type: "Accepted", isTrue: true, reason: "Accepted"), rules.resolved])
    }

    private static func isAllowed(_ route: View<HTTPRoute>, _ listener: Listener, gatewayNamespace: String, _ world: World) -> Bool {
        guard listener.kinds.contains("HTTPRoute") else { return false }
        let namespaces: JSON? = listener.json[["allowedRoutes", "namespaces"]]
        switch namespaces?["from"]?.string ?? "Same" {
        case "All": return true
        case "Selector":
            let match: LabelMatch = (try? LabelMatch(labelSelector: namespaces?["selector"] ?? [:])) ?? .nothing
            return match.matches(world.namespaces[route.namespace] ?? [:])
        default: return route.namespace == gatewayNamespace
        }
    }

    /// The hosts that a route has at a listener; `""` for all.
    static func hosts(_ route: [String], _ listener: String) -> [String] {
        if route.isEmpty { return [listener] }
        if listener.isEmpty { return route }
        return route.compactMap { host in
            if host == listener { return host }
            if listener.hasPrefix("*"), isWithin(host, listener) { return host }
            if host.hasPrefix("*"), isWithin(listener, host) { return listener }
            return nil
        }
    }

    /// Whether `a.b.example.com` or `*.b.example.com` lies within `*.example.com`.
    private static func isWithin(_ host: String, _ wildcard: String) -> Bool {
        let suffix: Substring = wildcard.dropFirst()
        let name: Substring = host.hasPrefix("*") ? host.dropFirst() : host[...]
        return name.hasSuffix(suffix) && (name.utf8.count > suffix.utf8.count || host.hasPrefix("*") && name == suffix)
    }
}
