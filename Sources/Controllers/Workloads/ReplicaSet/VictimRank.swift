import API
import Machinery

/// The order in which pods go when there are too many: those that cost least first.
///
/// Without a node before with one; Pending before Unknown before Running; not ready before ready; lower `pod-deletion-cost` first;
/// on the node with more of the pods first; younger readiness, more restarts and younger age first.
/// Source: `ActivePodsWithRanks` of pkg/controller/controller_utils.go.
struct VictimRank: Comparable {
    private let numbers: [Int64]

    /// - Parameter neighbours: how many pods of the same workload are on the pod's node.
    init(_ pod: View<Pod>, neighbours: Int) {
        let phases: [String: Int64] = ["Pending": 0, "Unknown": 1, "Running": 2]
        let readySince: Time? = pod.condition("Ready").flatMap { $0.status == "True" ? $0.lastTransitionTime : nil }
        let restarts: Int = pod.status.containerStatuses.map(\.restartCount).max() ?? 0
        numbers = [
            pod.isScheduled ? 1 : 0, phases[pod.status.phase] ?? 2, pod.isReady ? 1 : 0, Int64(pod.deletionCost ?? 0), Int64(-neighbours),
            -(readySince?.seconds ?? .max), Int64(-restarts), -(pod.metadata.creationTimestamp?.seconds ?? 0),
        ]
    }

    static func < (one: VictimRank, other: VictimRank) -> Bool { one.numbers.lexicographicallyPrecedes(other.numbers) }

    /// The pods in the order in which they go.
    ///
    /// - Parameter related: all pods of the workload; nil when these are all.
    static func sorted(_ pods: [View<Pod>], related: [View<Pod>]? = nil) -> [View<Pod>] {
        var onNode: [String: Int] = [:]
        for pod in related ?? pods { onNode[pod.spec.nodeName, default: 0] += 1 }
        return pods.map { (VictimRank($0, neighbours: onNode[$0.spec.nodeName] ?? 0), $0) }
            .sorted { ($0.0, $0.1.name) < ($1.0, $1.1.name) }
            .map(\.1)
    }
}
