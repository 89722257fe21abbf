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
        var shares: [Double] = []
        for resource in resources {
            let (all, taken): (Int64, Int64) = used(resource, node)
            if all > 0 { shares.append(min(1, Double(taken) / Double(all))) }
        }
        let deviation: Double
        switch shares.count {
        case 0, 1: deviation = 0
        case 2: deviation = abs(shares[0] - shares[1]) / 2
        default:
            let mean: Double = shares.reduce(0, +) / Double(shares.count)
            deviation = (shares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(shares.count)).squareRoot()
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
