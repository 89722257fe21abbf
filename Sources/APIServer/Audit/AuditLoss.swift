package import Logging
package import Machinery

/// Events that a backend of an audit did not bring where they belong: counted, and said in the log, so that none is lost silently.
package struct AuditLoss: Sendable {
    private let backend: String
    private let count: Metrics.Counter
    private let log: Logger

    /// - Parameter backend: `log` or `webhook`, as the metrics call it.
    package init(_ backend: String, metrics: Metrics, log: Logger) {
        self.backend = backend
        self.log = log
        count = metrics.counter(
            "apiserver_audit_error_total", "Events that a backend could not take.", [MetricLabel("plugin", backend)])
    }

    /// - Parameter reason: a clause: `it has no room for more`.
    func add(_ events: Int, _ reason: String) {
        let before: Int = count.value
        count.add(events)
        // Once for each hundred: a log that grows with what is lost helps nobody.
        if before == 0 || before / 100 != (before + events) / 100 {
            log.error(
                "events of the audit are lost",
                metadata: ["backend": "\(backend)", "reason": "\(reason)", "lost": "\(before + events)"])
        }
    }
}
