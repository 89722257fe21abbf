import Synchronization

/// What network policies say at the moment, for parts of the cluster that carry connections themselves and so hide them from the kernel.
package final class PolicyGate: Sendable {
    private let plan = Mutex<PolicyPlan?>(nil)

    package init() {}

    func set(_ plan: PolicyPlan) { self.plan.withLock { $0 = plan.isEmpty ? nil : plan } }

    /// Whether a TCP connection from one address to a place is allowed.
    package func allows(from source: String, to target: String, port: Int) -> Bool {
        plan.withLock { $0 }?.allows(from: source, to: target, port: port, .tcp) ?? true
    }
}
