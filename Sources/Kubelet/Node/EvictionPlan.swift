import API
import Machinery

/// Which pod has to go when a node runs short, and the words for it. Pure.
///
/// Those that use more than they asked for go first, then the less important ones, then those that use most beyond what they asked for
/// (for processes nobody asks);
/// static pods and those of the cluster itself stay. Source: pkg/kubelet/eviction/helpers.go.
struct EvictionPlan {
    /// A pod that could go.
    struct Candidate: Sendable {
        let pod: View<Pod>
        /// Bytes of the resource in question, or processes, by container.
        let usage: [String: Int64]
        var used: Int64 { usage.values.reduce(0, +) }
    }

    /// `memory`, `ephemeral-storage` or `pids`.
    let resource: String
    let threshold: Quantity
    let available: Quantity

    /// The pod that goes; nil when none may.
    func victim(_ candidates: [Candidate]) -> Candidate? {
        candidates.filter { !$0.pod.isCritical }.min { one, other in
            let (first, second) = (excess(of: one), excess(of: other))
            if (first > 0) != (second > 0) { return first > 0 }
            let (low, high) = (one.pod.spec.priority ?? 0, other.pod.spec.priority ?? 0)
            if low != high { return low < high }
            return first > second
        }
    }

    /// What the victim's status says.
    func message(for candidate: Candidate) -> String {
        var text = "The node was low on resource: \(resource). Threshold quantity: \(threshold), available: \(available). "
        for container in candidate.pod.spec.containers where resource != "pids" {
            let request: Quantity = container.resources.requests[resource] ?? .zero
            guard let used = candidate.usage[container.name], Quantity(used) > request else { continue }
            let amount = Quantity(used / 1024 * 1024, .binarySI)
            text +=
                "Container \(container.name) was using \(amount), request is \(request), has larger consumption of \(resource). "
        }
        return text
    }

    private func excess(of candidate: Candidate) -> Int64 { candidate.used - candidate.pod.requests[resource].value }

}

extension View<Pod> {
    /// Source: `IsCriticalPod` of pkg/kubelet/types.
    var isCritical: Bool { isStatic || isMirror || (self.spec.priority ?? 0) >= 2_000_000_000 }
}
