import API
import Machinery

/// Only nodes that have room for one more pod and for what it asks for.
///
/// A request beyond all that the node has is incurable: no pod that left would help.
struct NodeResourcesFit: Filter {
    static let name = "NodeResourcesFit"
    static let retriedOn: ClusterChange = [.nodeAllocatable, .podGone, .podChanged]

    /// In the order of the reasons.
    private let wanted: [(name: String, amount: Quantity)]

    init?(_ pod: PodInfo, _ snapshot: Snapshot) {
        let basic: [String] = ["cpu", "memory", "ephemeral-storage"]
        let others: [String] = pod.requests.others.keys.filter { !basic.contains($0) && $0 != "pods" }.sorted()
        wanted = (basic + others).map { ($0, pod.requests[$0]) }.filter { $0.amount.sign > 0 }
    }

    func rejection(of node: NodeInfo) -> Rejection? {
        var rejection = Rejection(reasons: [], isCurable: true)
        if Int64(node.pods.count) + 1 > node.allocatable["pods"].value { rejection.reasons.append("Too many pods") }
        for (name, amount) in wanted {
            let all: Quantity = node.allocatable[name]
            guard node.requested[name] + amount > all else { continue }
            rejection.reasons.append("Insufficient \(name)")
            if amount > all { rejection.isCurable = false }
        }
        return rejection.reasons.isEmpty ? nil : rejection
    }
}
