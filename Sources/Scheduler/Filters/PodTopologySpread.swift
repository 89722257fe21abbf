import API

/// Keeps pods of a set evenly spread: refuses nodes in places that would get more pods than `maxSkew` allows over the emptiest place.
///
/// Constraints with `DoNotSchedule`. Source: Pod Topology Spread Constraints in the Kubernetes documentation.
struct PodTopologySpread: Filter {
    static let name = "PodTopologySpread"
    static let events: Set<ClusterEvent.Kind> = [
        .nodeAdded, .nodeChanged, .nodeRemoved, .podPlaced, .podChanged, .podGone, .itself,
    ]

    static func mayHelp(_ pod: PodInfo, _ event: ClusterEvent, _ snapshot: Snapshot) -> Bool {
        func counts(_ other: PodInfo) -> Bool {
            other.key.namespace == pod.key.namespace && pod.spread.contains { $0.selects(other) }
        }
        func isPlace(_ node: NodeInfo) -> Bool { pod.spread.allSatisfy { node.labels[$0.topologyKey] != nil } }
        return switch event {
        case .podPlaced(let other), .podGone(let other): counts(other)
        case .podChanged(let before, let after):
            counts(before) != counts(after) || counts(after) && before.isTerminating != after.isTerminating
        case .nodeAdded(let node), .nodeRemoved(let node): isPlace(node)
        case .nodeChanged(let before, let after):
            isPlace(before) != isPlace(after) || before.taints != after.taints
                || pod.spread.contains { before.labels[$0.topologyKey] != after.labels[$0.topologyKey] }
        case .itself: event.changesItself { $0.labels }
        default: false
        }
    }

    private struct Tally: Sendable {
        let label: PlaceLabel
        let maxSkew: Int
        /// Pods by value of the topology label.
        let counts: PlaceIndex.Counts
        /// 1 when the pod counts for its own constraint.
        let own: Int
        /// Pods in the emptiest place; 0 when there are fewer places than there must be.
        let lowest: Int

        init(_ constraint: SpreadConstraint, _ counts: PlaceIndex.Counts, _ pod: PodInfo) {
            label = PlaceLabel(constraint.topologyKey)
            maxSkew = constraint.maxSkew
            self.counts = counts
            own = constraint.selects(pod) ? 1 : 0
            lowest = counts.count < constraint.minDomains ? 0 : counts.values.min() ?? 0
        }
    }

    private let tallies: [Tally]

    init?(_ pod: PodInfo, _ snapshot: Snapshot, _ arguments: PluginArguments) {
        let constraints: [SpreadConstraint] = pod.spread.filter { $0.isRequired }
        guard !constraints.isEmpty else { return nil }
        tallies = constraints.map { Tally($0, snapshot.counts(for: $0, of: pod, among: constraints), pod) }
    }

    func rejection(of node: NodeInfo) -> Rejection? {
        for tally in tallies {
            guard let value = node.facts.value(of: tally.label) else {
                return .incurable("node(s) didn't match pod topology spread constraints (missing required label)")
            }
            let count: Int = tally.counts[value] ?? 0
            if count + tally.own - tally.lowest > tally.maxSkew {
                return .curable("node(s) didn't match pod topology spread constraints")
            }
        }
        return nil
    }
}
