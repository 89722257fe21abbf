import API
import Machinery

/// Nodes with a larger free share of processor and memory are better.
struct LeastAllocated: Score {
    static let weight = 1

    private let pod: PodInfo

    init?(_ pod: PodInfo, _ snapshot: Snapshot, _ nodes: [NodeInfo]) { self.pod = pod }

    func score(_ node: NodeInfo) -> Double {
        var sum: Double = 0
        var count: Double = 0
        for name in ["cpu", "memory"] {
            let all: Double = node.allocatable[name].double
            guard all > 0 else { continue }
            let free: Double = all - (node.weight[name] + pod.weight[name]).double
            sum += max(0, (free * 100 / all).rounded(.down))
            count += 1
        }
        return count > 0 ? (sum / count).rounded(.down) : 0
    }
}
