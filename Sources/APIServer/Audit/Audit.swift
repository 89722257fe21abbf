import API
package import Logging
package import Machinery

/// Takes the events of an audit; must not block the caller.
package protocol AuditBackend: AnyObject, Sendable {
    /// `log` or `webhook`, as the metrics call it.
    var name: String { get }
    /// Takes an event, or says that it has no room for it.
    func take(_ event: JSON) -> Bool
    /// Returns when everything that was taken is where it belongs, or was given up.
    func flush() async
}

/// Records requests by the rules of a policy. What a backend has no room for is counted and said in the log, never lost silently.
package final class Audit: Sendable {
    private let policy: AuditPolicy
    private let backends: [any AuditBackend]
    private let clock: ClusterClock
    private let log: Logger
    private let events: Metrics.Counter
    private let lost: [Metrics.Counter]

    package init(policy: AuditPolicy, backends: [any AuditBackend], clock: ClusterClock, metrics: Metrics, log: Logger) {
        self.policy = policy
        self.backends = backends
        self.clock = clock
        self.log = log
        events = metrics.counter("apiserver_audit_event_total", "Events of the audit.")
        lost = backends.map {
            metrics.counter("apiserver_audit_error_total", "Events that a backend could not take.", [MetricLabel("plugin", $0.name)])
        }
    }

    /// nil for a request of which nothing is to be recorded.
    func begin(
        _ user: UserInfo, _ attributes: Attributes, _ origin: () -> RequestOrigin, object: () -> JSON? = { nil }
    ) -> AuditRecord? {
        guard let choice = policy.choice(user, attributes) else { return nil }
        return AuditRecord(self, choice, origin(), user, attributes, object: object())
    }

    package func flush() async {
        for backend in backends { await backend.flush() }
    }

    // MARK: - From records

    func now() -> MicroTime { clock.microTime }

    func tell(_ event: JSON) {
        events.add()
        for (backend, lost) in zip(backends, lost) where !backend.take(event) {
            lost.add()
            // Once for each hundred: a log that grows with what is lost helps nobody.
            if lost.value % 100 == 1 {
                log.error("an audit backend has no room for events", metadata: ["backend": "\(backend.name)", "lost": "\(lost.value)"])
            }
        }
    }
}
