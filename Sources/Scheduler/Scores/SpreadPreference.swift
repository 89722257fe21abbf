import API

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Nodes in places with fewer pods of the set are better: constraints with `ScheduleAnyway`.
///
/// Kinds of places with many values weigh more, as one pod more or less says less there. Source: scoring of PodTopologySpread.
struct SpreadPreference: Score {
    static let name = "PodTopologySpread"
    static let weight = 2

    private struct Tally: Sendable {
        let constraint: SpreadConstraint
        var counts: [String: Int] = [:]
        var weight: Double = 1
    }

    private let tallies: [Tally]

    init?(_ pod: PodInfo, _ snapshot: Snapshot, _ nodes: [NodeInfo]) {
        let constraints: [SpreadConstraint] = pod.spread.filter { !$0.isRequired }
        guard !constraints.isEmpty else { return nil }
        tallies = constraints.map { constraint in
            var tally = Tally(constraint: constraint)
            for node in snapshot.nodes {
                guard let value = node.labels[constraint.topologyKey], constraint.includes(node, for: pod) else { continue }
                tally.counts[value, default: 0] += constraint.count(on: node, namespace: pod.key.namespace)
            }
            let places: Set<String> = Set(nodes.compactMap { $0.labels[constraint.topologyKey] })
            tally.weight = log(Double(places.count) + 2)
            return tally
        }
    }

    /// Infinite for a node outside of the places.
    func score(_ node: NodeInfo) -> Double {
        var sum: Double = 0
        for tally in tallies {
            guard let value = node.labels[tally.constraint.topologyKey] else { return .infinity }
            sum += Double(tally.counts[value] ?? 0) * tally.weight + Double(tally.constraint.maxSkew - 1)
        }
        return sum.rounded()
    }

    func normalize(_ scores: [Double]) -> [Double] {
        let known: [Double] = scores.filter { $0.isFinite }
        guard let lowest = known.min(), let highest = known.max() else { return scores.map { _ in 0 } }
        return scores.map { score in
            guard score.isFinite else { return 0 }
            return highest > 0 ? (100 * (highest + lowest - score) / highest).rounded(.down) : 100
        }
    }
}
