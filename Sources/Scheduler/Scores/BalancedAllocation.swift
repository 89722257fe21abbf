import API
import Machinery

/// Nodes whose processor and memory would be used to like shares are better, so that neither is left over alone.
struct BalancedAllocation: Score {
    static let name = "NodeResourcesBalancedAllocation"
    static let weight = 1

    private let pod: PodInfo

    init?(_ pod: PodInfo, _ snapshot: Snapshot, _ nodes: [NodeInfo]) {
        guard pod.basics.cpu > 0 || pod.basics.memory > 0 else { return nil }
        self.pod = pod
    }

    func score(_ node: NodeInfo) -> Double {
        let all: BasicAmounts = node.basics
        guard all.cpu > 0, all.memory > 0 else { return 100 }
        let taken: BasicAmounts = node.used + pod.basics
        let cpu: Double = min(1, Double(taken.cpu) / Double(all.cpu))
        let memory: Double = min(1, Double(taken.memory) / Double(all.memory))
        return ((1 - abs(cpu - memory) / 2) * 100).rounded(.down)
    }
}
