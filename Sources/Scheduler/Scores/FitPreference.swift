import API
import Machinery

/// Nodes are better by what is free or used of them, as the profile's strategy wants it: the largest free share unless it says otherwise.
///
/// Source: the scoring strategies of the plugin NodeResourcesFit.
struct FitPreference: Score {
    static let name = "NodeResourcesFit"

    private let pod: PodInfo
    private let strategy: PluginArguments.Strategy
    private let resources: [(name: String, weight: Int64)]

    init?(_ pod: PodInfo, _ snapshot: Snapshot, _ nodes: [Int], _ arguments: PluginArguments) {
        self.pod = pod
        strategy = arguments.strategy
        resources = arguments.strategyResources
    }

    func score(_ node: NodeInfo) -> Double {
        var sum: Int64 = 0
        var weights: Int64 = 0
        for (name, weight) in resources {
            let (all, taken): (Int64, Int64) = node.share(name, with: pod)
            guard all > 0 else { continue }
            sum += score(taken, all) * weight
            weights += weight
        }
        guard weights > 0 else { return 0 }
        if case .requestedToCapacityRatio = strategy { return (Double(sum) / Double(weights)).rounded() }
        return Double(sum / weights)
    }

    private func score(_ taken: Int64, _ all: Int64) -> Int64 {
        switch strategy {
        case .leastAllocated: taken > all ? 0 : Int64(Double(all - taken) * 100 / Double(all))
        case .mostAllocated: Int64(Double(min(taken, all)) * 100 / Double(all))
        case .requestedToCapacityRatio(let shape):
            Self.broken(shape, taken > all ? 100 : 100 - Int(Double(all - taken) * 100 / Double(all)))
        }
    }

    /// The score at a use in percent, on the line through the points, from 0 to 100.
    static func broken(_ shape: [PluginArguments.Strategy.Point], _ use: Int) -> Int64 {
        guard let first = shape.first, let last = shape.last else { return 0 }
        guard use > first.utilization else { return Int64(first.score * 10) }
        for (low, high) in zip(shape, shape.dropFirst()) where use <= high.utilization {
            let rise: Int = (high.score - low.score) * 10 * (use - low.utilization)
            return Int64(low.score * 10 + rise / (high.utilization - low.utilization))
        }
        return Int64(last.score * 10)
    }
}

extension NodeInfo {
    /// What the node has of a resource, and what of it is taken once the pod runs there too. Containers that ask for nothing count as
    /// they do in ``PodInfo/weight``.
    func share(_ resource: String, with pod: PodInfo) -> (all: Int64, taken: Int64) {
        switch resource {
        case "cpu": (basics.cpu, weight.cpu + pod.weight.cpu)
        case "memory": (basics.memory, weight.memory + pod.weight.memory)
        case "ephemeral-storage": (basics.disk, used.disk + pod.basics.disk)
        default:
            pod.others[resource] == nil
                ? (0, 0) : (allocatable[resource].value, (requested[resource] + (pod.others[resource] ?? .zero)).value)
        }
    }
}
