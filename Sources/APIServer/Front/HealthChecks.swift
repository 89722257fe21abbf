import API
import Machinery
import Store

/// The checks that `/healthz`, `/livez` and `/readyz` make. The server answers only while it can, and only when all that its start has to do
/// is done, so that every check of its own holds but for the store's, whose disk may fail.
///
/// Names and order are upstream's, which programs look for. Source: k8s.io/apiserver/pkg/server/healthz, pkg/controlplane.
struct HealthChecks: Sendable {
    private static let kinds = ["healthz", "livez", "readyz"]
    private static let first: [String] = ["ping", "log", "etcd"]
    /// What a server that is alive may still wait for.
    private static let ready: [String] = ["etcd-readiness", "informer-sync"]
    /// What the start of this server does before it listens.
    private static let started: [String] =
        [
            "start-apiserver-admission-initializer", "generic-apiserver-start-informers", "priority-and-fairness-config-consumer",
            "priority-and-fairness-filter", "storage-object-count-tracker-hook", "start-apiextensions-informers",
            "start-apiextensions-controllers", "crd-informer-synced", "start-system-namespaces-controller",
            "start-cluster-authentication-info-controller", "start-kube-apiserver-identity-lease-controller",
            "start-legacy-token-tracking-controller", "start-service-ip-repair-controllers", "rbac/bootstrap-roles",
            "scheduling/bootstrap-system-priority-classes", "priority-and-fairness-config-producer", "bootstrap-controller",
            "start-kubernetes-service-cidr-controller", "start-kube-aggregator-informers", "apiservice-status-local-available-controller",
            "apiservice-status-remote-available-controller", "apiservice-registration-controller", "apiservice-discovery-controller",
            "kube-apiserver-autoregistration",
        ].map { "poststarthook/" + $0 }
        + ["autoregister-completion", "poststarthook/apiservice-openapi-controller", "poststarthook/apiservice-openapiv3-controller"]

    /// The store takes no more writes.
    let storeHasFailed: Bool
    /// Beside the server's own, by name, and whether each holds.
    let more: [(name: String, holds: Bool)]
    /// Counts what was looked at.
    let counts: Metrics

    private func names(_ kind: String) -> [String] {
        Self.first + more.map(\.name) + (kind == "readyz" ? Self.ready : []) + Self.started + (kind == "readyz" ? ["shutdown"] : [])
    }

    private var failed: Set<String> {
        Set((storeHasFailed ? ["etcd", "etcd-readiness"] : []) + more.filter { !$0.holds }.map(\.name))
    }

    /// What a path answers: `readyz`, or `readyz/ping` for one check alone; nil for a check that there is not.
    ///
    /// - Parameter query: `verbose` asks for a line for each check, `exclude` leaves one out.
    func report(_ path: String, query: String?) -> HealthReport? {
        let failed: Set<String> = failed
        let parts: [Substring] = path.split(separator: "/", maxSplits: 1)
        let kind: String = parts.first.map(String.init) ?? "healthz"
        let checks: [String] = names(kind)
        if parts.count > 1 {
            guard checks.contains(String(parts[1])) else { return nil }
            let hasFailed: Bool = failed.contains(String(parts[1]))
            count(kind, [String(parts[1])])
            return HealthReport(text: hasFailed ? "internal server error: \(parts[1]) failed" : "ok", hasFailed: hasFailed)
        }
        let options: [(name: String, value: String)] = PercentEncoding.items(of: query ?? "") ?? []
        let excluded: [String] = options.filter { $0.name == "exclude" }.map(\.value)
        count(kind, checks.filter { !excluded.contains($0) })
        let hasFailed: Bool = checks.contains { failed.contains($0) && !excluded.contains($0) }
        guard hasFailed || options.contains(where: { $0.name == "verbose" }) else { return HealthReport(text: "ok", hasFailed: false) }
        let unknown: [String] = excluded.filter { !checks.contains($0) }
        var lines: [String] = checks.map { check in
            if excluded.contains(check) { return "[+]\(check) excluded: ok" }
            return failed.contains(check) ? "[-]\(check) failed: reason withheld" : "[+]\(check) ok"
        }
        if !unknown.isEmpty {
            let names: String = unknown.map { "\"\($0)\"" }.joined(separator: ",")
            lines.append("warn: some health checks cannot be excluded: no matches for \(names)")
        }
        lines.append("\(kind) check \(hasFailed ? "failed" : "passed")")
        return HealthReport(text: lines.joined(separator: "\n") + "\n", hasFailed: hasFailed)
    }

    private func count(_ kind: String, _ checks: [String]) {
        let failed: Set<String> = failed
        for check in checks {
            counts.counter(
                "kubernetes_healthchecks_total", "This metric records the results of all healthcheck.",
                [
                    MetricLabel("name", check), MetricLabel("status", failed.contains(check) ? "error" : "success"),
                    MetricLabel("type", kind),
                ]
            ).add()
        }
    }

    /// `/readyz/ping` and so on.
    var paths: [String] { Self.kinds.flatMap { kind in ["/" + kind] + names(kind).map { "/\(kind)/\($0)" } } }

    /// The checks as metrics. Source: k8s.io/component-base/metrics/prometheus/slis.
    var metrics: [UInt8] {
        var text = MetricsText()
        let failed: Set<String> = failed
        text.family("kubernetes_healthcheck", .gauge, "1 while a check holds.") { samples in
            for kind in Self.kinds {
                for check in names(kind) {
                    samples.add([MetricLabel("name", check), MetricLabel("type", kind)], failed.contains(check) ? 0 : 1)
                }
            }
        }
        return text.bytes + counts.text
    }
}

/// The answer of a health endpoint.
struct HealthReport: Sendable {
    let text: String
    /// Whether one of the checks does not hold.
    let hasFailed: Bool
}

extension APIServer {
    /// As they are now.
    var health: HealthChecks { HealthChecks(storeHasFailed: store.failure != nil, more: checks(), counts: healthCounts) }
}
