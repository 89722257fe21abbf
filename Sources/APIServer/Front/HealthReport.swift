import API
import Machinery

/// What `/healthz`, `/livez` and `/readyz` answer. The server answers only while it can, and only when all that its start has to do is
/// done, so that every check holds but for the store's, whose disk may fail.
///
/// Names and order are upstream's, which programs look for. Source: k8s.io/apiserver/pkg/server/healthz, pkg/controlplane.
struct HealthReport: Sendable {
    private static let first: [String] = ["ping", "log", "etcd"]
    /// What a server that is alive may still wait for.
    private static let ready: [String] = ["etcd-readiness", "informer-sync"]
    /// What the start of this server does before it listens.
    private static let started: [String] = [
        "poststarthook/start-apiextensions-controllers", "poststarthook/crd-informer-synced", "poststarthook/rbac/bootstrap-roles",
        "poststarthook/scheduling/bootstrap-system-priority-classes", "poststarthook/priority-and-fairness-config-producer",
        "poststarthook/apiservice-registration-controller", "poststarthook/apiservice-discovery-controller", "autoregister-completion",
    ]

    private static func checks(_ kind: String) -> [String] {
        first + (kind == "readyz" ? ready : []) + started + (kind == "readyz" ? ["shutdown"] : [])
    }

    /// nil for a check that there is not.
    let text: String?
    /// Whether one of the checks does not hold.
    let hasFailed: Bool

    /// - Parameters:
    ///   - path: `readyz`, or `readyz/ping` for one check alone.
    ///   - query: `verbose` asks for a line for each check, `exclude` leaves one out.
    ///   - storeHasFailed: the store takes no more writes.
    init(_ path: String, query: String?, storeHasFailed: Bool) {
        let failed: Set<String> = storeHasFailed ? ["etcd", "etcd-readiness"] : []
        let parts: [Substring] = path.split(separator: "/", maxSplits: 1)
        let kind: String = parts.first.map(String.init) ?? "healthz"
        let checks: [String] = Self.checks(kind)
        if parts.count > 1 {
            hasFailed = failed.contains(String(parts[1]))
            text = checks.contains(String(parts[1])) ? hasFailed ? "internal server error: \(parts[1]) failed" : "ok" : nil
            return
        }
        let options: [(name: String, value: String)] = PercentEncoding.items(of: query ?? "") ?? []
        let excluded: [String] = options.filter { $0.name == "exclude" }.map(\.value)
        hasFailed = checks.contains { failed.contains($0) && !excluded.contains($0) }
        guard hasFailed || options.contains(where: { $0.name == "verbose" }) else {
            text = "ok"
            return
        }
        let unknown: [String] = excluded.filter { !checks.contains($0) }
        var lines: [String] = checks.map { check in
            if excluded.contains(check) { return "[+]\(check) excluded: ok" }
            return failed.contains(check) ? "[-]\(check) failed: reason withheld" : "[+]\(check) ok"
        }
        if !unknown.isEmpty {
            let names: String = unknown.map { "\"\($0)\"" }.joined(separator: ",")
            lines.append("warn: some health checks cannot be excluded: no matches for \(names)")
        }
        text = (lines + ["\(kind) check \(hasFailed ? "failed" : "passed")"]).joined(separator: "\n") + "\n"
    }

    /// `/readyz/ping` and so on.
    static let paths: [String] = kinds.flatMap { kind in ["/" + kind] + checks(kind).map { "/\(kind)/\($0)" } }
    private static let kinds = ["healthz", "livez", "readyz"]

    /// The checks as metrics. Source: k8s.io/component-base/metrics/prometheus/slis.
    static var metrics: [UInt8] {
        var text = MetricsText()
        text.family("kubernetes_healthcheck", .gauge, "1 while a check holds.") { samples in
            for kind in kinds {
                for check in checks(kind) { samples.add([MetricLabel("name", check), MetricLabel("type", kind)], 1) }
            }
        }
        return text.bytes
    }
}
