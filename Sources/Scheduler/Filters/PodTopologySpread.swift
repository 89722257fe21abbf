import API

/// Keeps pods of a set evenly spread: refuses nodes in places that would get more pods than `maxSkew` allows over the emptiest place.
///
/// Constraints with `DoNotSchedule`. Source: Pod Topology Spread Constraints in the Kubernetes documentation.
struct PodTopologySpread: Filter {
    static let name = "PodTopologySpread"
    static let retriedOn: ClusterChange = [.nodeLabels, .nodeTaints, .podPlaced, .podChanged, .podGone]

    private struct Tally: Sendable {
        let constraint: SpreadConstraint
        /// Pods by value of the topology label.
        var counts: [String: Int] = [:]
        /// 1 when the pod counts for its own constraint.
        let own: Int

        /// Pods in the emptiest place; 0 when there are fewer places than there must be.
        var lowest: Int { counts.count < constraint.minDomains ? 0 : counts.values.min() ?? 0 }
    }

    private let tallies: [(tally: Tally, lowest: Int)]

    init?(_ pod: PodInfo, _ snapshot: Snapshot) {
        let constraints: [SpreadConstraint] = pod.spread.filter { $0.isRequired }
        guard !constraints.isEmpty else { return nil }
        var tallies: [Tally] = constraints.map { Tally(constraint: $0, own: $0.selects(pod) ? 1 : 0) }
        for node in snapshot.nodes where constraints.allSatisfy({ node.labels[$0.topologyKey] != nil }) {
            for index in tallies.indices {
                let constraint: SpreadConstraint = tallies[index].constraint
                guard let value = node.labels[constraint.topologyKey], constraint.includes(node, for: pod) else { continue }
                tallies[index].counts[value, default: 0] += constraint.count(on: node, namespace: pod.key.namespace)
            }
        }
        self.tallies = tallies.map { ($0, $0.lowest) }
    }

    func rejection(of node: NodeInfo) -> Rejection? {
        for (tally, lowest) in tallies {
            guard let value = node.labels[tally.constraint.topologyKey] else {
                return .incurable("node(s) didn't match pod topology spread constraints (missing required label)")
            }
            let count: Int = tally.counts[value] ?? 0
            if count + tally.own - lowest > tally.constraint.maxSkew {
                return .curable("node(s) didn't match pod topology spread constraints")
            }
        }
        return nil
    }
}
