package import API
import HTTP
package import Machinery

/// What the Ingresses of a controller's classes make of its front. Pure: from objects to rules.
package struct IngressPlan: Sendable {
    /// Two Ingresses want the same path of a host: the older one has it.
    package struct Conflict: Sendable, Hashable {
        package let loser: ObjectKey
        package let winner: ObjectKey
        package let host: String
        package let path: String
    }

    package private(set) var rules: [(host: String, rule: ProxyRule)] = []
    package private(set) var conflicts: [Conflict] = []
    /// The Secret with the certificate, by the host that it is for.
    package private(set) var secrets: [String: ObjectKey] = [:]
    /// What is wrong with an Ingress, in words.
    package private(set) var problems: [(ObjectKey, String)] = []

    private struct Claim: Hashable {
        let host: String
        let path: String
        let type: String
    }

    /// - Parameter ingresses: those that are served, in any order.
    package init(_ ingresses: [View<Ingress>]) {
        var claims: [Claim: ObjectKey] = [:]
        for ingress in ingresses.sorted(by: Self.isOlder) {
            let key: ObjectKey = ingress.key
            let settings = IngressSettings(ingress.metadata.annotations)
            for problem in settings.problems { problems.append((key, problem)) }
            for tls in ingress.spec.tls where !tls.secretName.isEmpty {
                let secret = ObjectKey(namespace: key.namespace, name: tls.secretName)
                for host in tls.hosts where secrets[host.lowercased()] == nil { secrets[host.lowercased()] = secret }
            }
            let secureHosts: Set<String> = Set(ingress.spec.tls.flatMap(\.hosts).map { $0.lowercased() })
            var order = 0
            func rule(_ path: ProxyRule.PathMatch, _ host: String, _ backend: View<IngressBackend>?) -> ProxyRule {
                order += 1
                var rule = ProxyRule(
                    owner: "Ingress \(key)", created: ingress.metadata.creationTimestamp ?? .epoch, order: order, path: path)
                rule.backends = backend.flatMap { Self.backend($0, key.namespace) }.map { [$0] } ?? []
                rule.needsTLS = settings.forcesTLS || secureHosts.contains(host.lowercased()) && settings.redirectsToTLS ?? true
                rule.times = settings.times
                rule.bodyLimit = settings.bodyLimit
                rule.isBackendSecure = settings.isBackendSecure
                rule.host = settings.upstreamHost
                if let redirect = settings.redirect {
                    rule.redirect = ProxyRule.Redirect(status: redirect.status, location: redirect.location)
                }
                if let target = settings.rewriteTarget { rule.rewrite = .template(target) }
                return rule
            }
            for entry in ingress.spec.rules {
                for path in entry.http?.paths ?? [] {
                    let type: String = path.pathType ?? "ImplementationSpecific"
                    let text: String = path.path.isEmpty ? "/" : path.path
                    let claim = Claim(host: entry.host.lowercased(), path: text, type: type == "Exact" ? "Exact" : "Prefix")
                    if let winner = claims[claim] {
                        if winner != key { conflicts.append(Conflict(loser: key, winner: winner, host: entry.host, path: text)) }
                        continue
                    }
                    claims[claim] = key
                    guard let match = Self.match(text, type, settings) else {
                        problems.append((key, "path \(text) is no regular expression"))
                        continue
                    }
                    if let backend = path.json["backend"].map({ View<IngressBackend>($0) }), backend.service == nil {
                        problems.append((key, "the backend of \(entry.host)\(text) is no Service: it answers 503"))
                    }
                    rules.append((entry.host, rule(match, entry.host, path.backend)))
                }
                if let root = settings.appRoot {
                    var first: ProxyRule = rule(.exact("/"), entry.host, nil)
                    first.redirect = ProxyRule.Redirect(status: 302, location: root)
                    rules.append((entry.host, first))
                }
            }
            // What a host's rules do not take, and what is for no host at all.
            if let backend = ingress.spec.defaultBackend {
                for host in Set(ingress.spec.rules.map(\.host)).union([""]) {
                    let claim = Claim(host: host.lowercased(), path: "", type: "default")
                    if let winner = claims[claim] {
                        if winner != key { conflicts.append(Conflict(loser: key, winner: winner, host: host, path: "default backend")) }
                        continue
                    }
                    claims[claim] = key
                    rules.append((host, rule(.any, host, backend)))
                }
            }
        }
    }

    private static func isOlder(_ one: View<Ingress>, _ other: View<Ingress>) -> Bool {
        let (mine, theirs) = (one.metadata.creationTimestamp ?? .epoch, other.metadata.creationTimestamp ?? .epoch)
        return mine == theirs ? one.key < other.key : mine < theirs
    }

    /// A path that is rewritten is a regular expression, as ingress-nginx has it; nil for one that is none.
    private static func match(_ path: String, _ type: String, _ settings: IngressSettings) -> ProxyRule.PathMatch? {
        let isPattern: Bool = type != "Exact" && (settings.usesPatterns || settings.rewriteTarget != nil)
        if isPattern { return ProxyPattern(path, ignoresCase: true).map { .pattern($0) } }
        switch type {
        case "Exact": return .exact(path)
        default: return .prefix(path)
        }
    }

    private static func backend(_ backend: View<IngressBackend>, _ namespace: String) -> ProxyRule.Backend? {
        guard let service = backend.service else { return nil }
        let port: ProxyBackends.Port = service.port.name.isEmpty ? .number(service.port.number) : .name(service.port.name)
        return ProxyRule.Backend(service: ObjectKey(namespace: namespace, name: service.name), port: port)
    }
}
