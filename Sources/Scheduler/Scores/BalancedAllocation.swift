import API
import Machinery

/// Nodes whose processor and memory would be used to like shares are better, so that neither is left over alone.
struct BalancedAllocation: Score {
    static let name = "NodeResourcesBalancedAllocation"

    private let pod: PodInfo
    private let resources: [String]

    init?(_ pod: PodInfo, _ snapshot: Snapshot, _ nodes: [Int], _ arguments: PluginArguments) {
        // Pods that ask for nothing leave the balance as it is.
        guard pod.basics.cpu > 0 || pod.basics.memory > 0 || !pod.others.isEmpty else { return nil }
        self.pod = pod
        resources = arguments.balancedResources
    }

    func score(_ node: NodeInfo) -> Double {
        // Two resources are the rule: they need no list.
        var two: (Double, Double) = (0, 0)
        var more: [Double] = []
        var count: Int = 0
        for resource in resources {
            let (all, taken): (Int64, Int64) = used(resource, node)
            guard all > 0 else { continue }
            let share: Double = min(1, Double(taken) / Double(all))
            switch count {
            case 0: two.0 = share
            case 1: two.1 = share
            default: more.append(share)
            }
            count += 1
        }
        let deviation: Double
        switch count {
        case 0, 1: deviation = 0
        case 2: deviation = abs(two.0 - two.1) / 2
        default:
            let shares: [Double] = [two.0, two.1] + more
            let mean: Double = shares.reduce(0, +) / Double(count)
            deviation = (shares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)).squareRoot()
        }
        return ((1 - deviation) * 100).rounded(.down)
    }

    /// What was asked for, and nothing for containers that ask for nothing.
    private func used(_ resource: String, _ node: NodeInfo) -> (all: Int64, taken: Int64) {
        switch resource {
        case "cpu": (node.basics.cpu, node.used.cpu + pod.basics.cpu)
        case "memory": (node.basics.memory, node.used.memory + pod.basics.memory)
        default: node.share(resource, with: pod)
        }
    }
}
