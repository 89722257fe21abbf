import API
import Machinery

/// What `/healthz`, `/livez` and `/readyz` answer. The server answers only while it can, so that every check holds.
///
/// Source: k8s.io/apiserver/pkg/server/healthz.
struct HealthReport: Sendable {
    private static let checks: [String] = ["ping", "log", "store"]

    /// nil for a check that there is not.
    let text: String?

    /// - Parameters:
    ///   - path: `readyz`, or `readyz/ping` for one check alone.
    ///   - query: `verbose` asks for a line for each check, `exclude` leaves one out.
    init(_ path: String, query: String?) {
        let parts: [Substring] = path.split(separator: "/", maxSplits: 1)
        if parts.count > 1 {
            text = Self.checks.contains(String(parts[1])) ? "ok" : nil
            return
        }
        let options: [(name: String, value: String)] = PercentEncoding.items(of: query ?? "") ?? []
        guard options.contains(where: { $0.name == "verbose" }) else {
            text = "ok"
            return
        }
        let excluded: [String] = options.filter { $0.name == "exclude" }.map(\.value)
        let unknown: [String] = excluded.filter { !Self.checks.contains($0) }
        var lines: [String] = Self.checks.map { excluded.contains($0) ? "[+]\($0) excluded: ok" : "[+]\($0) ok" }
        if !unknown.isEmpty {
            let names: String = unknown.map { "\"\($0)\"" }.joined(separator: ",")
            lines.append("warn: some health checks cannot be excluded: no matches for \(names)")
        }
        text = (lines + ["\(parts.first ?? "healthz") check passed"]).joined(separator: "\n") + "\n"
    }

    /// The checks as metrics. Source: k8s.io/component-base/metrics/prometheus/slis.
    static var metrics: [UInt8] {
        var text = MetricsText()
        text.family("kubernetes_healthcheck", .gauge, "1 while a check holds.") { samples in
            for kind in ["healthz", "livez", "readyz"] {
                for check in checks { samples.add([MetricLabel("name", check), MetricLabel("type", kind)], 1) }
            }
        }
        return text.bytes
    }
}
