import API
package import Machinery

/// Takes the events of an audit; must not block the caller.
package protocol AuditBackend: AnyObject, Sendable {
    /// Takes an event; tells an ``AuditLoss`` of one that it has no room for.
    func take(_ event: JSON)
    /// Returns when everything that was taken is where it belongs, or was given up.
    func flush() async
}

/// Records requests by the rules of a policy.
package final class Audit: Sendable {
    private let policy: AuditPolicy
    private let backends: [any AuditBackend]
    private let clock: ClusterClock
    private let events: Metrics.Counter

    package init(policy: AuditPolicy, backends: [any AuditBackend], clock: ClusterClock, metrics: Metrics) {
        self.policy = policy
        self.backends = backends
        self.clock = clock
        events = metrics.counter("apiserver_audit_event_total", "Events of the audit.")
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
        for backend in backends { backend.take(event) }
    }
}
