import API
import Machinery

/// Nodes whose processor and memory would be used to like shares are better, so that neither is left over alone.
struct BalancedAllocation: Score {
    static let weight = 1

    private let pod: PodInfo

    init?(_ pod: PodInfo, _ snapshot: Snapshot, _ nodes: [NodeInfo]) {
        guard pod.requests.cpu.sign > 0 || pod.requests.memory.sign > 0 else { return nil }
        self.pod = pod
    }

    func score(_ node: NodeInfo) -> Double {
        guard let cpu = share("cpu", node), let memory = share("memory", node) else { return 100 }
        return ((1 - abs(cpu - memory) / 2) * 100).rounded(.down)
    }

    /// nil for a resource that the node doesn't have.
    private func share(_ name: String, _ node: NodeInfo) -> Double? {
        let all: Double = node.allocatable[name].double
        guard all > 0 else { return nil }
        return min(1, (node.requested[name] + pod.requests[name]).double / all)
    }
}
