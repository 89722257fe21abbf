import API

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Nodes in places with fewer pods of the set are better: constraints with `ScheduleAnyway`, and those that every set has which says nothing.
///
/// Kinds of places with many values weigh more, as one pod more or less says less there. Source: scoring of PodTopologySpread.
struct SpreadPreference: Score {
    static let name = "PodTopologySpread"

    private struct Tally: Sendable {
        let constraint: SpreadConstraint
        let counts: PlaceIndex.Counts
        let weight: Double
    }

    private let tallies: [Tally]
    /// A node outside of the places of one constraint is no choice.
    private let requiresAll: Bool

    init?(_ pod: PodInfo, _ snapshot: Snapshot, _ nodes: [Int], _ arguments: PluginArguments) {
        let (wishes, areDefaults): ([SpreadConstraint], Bool) = snapshot.spreadWishes(of: pod, arguments)
        guard !wishes.isEmpty else { return nil }
        let requiresAll: Bool = !areDefaults
        self.requiresAll = requiresAll
        let candidates: [Int] =
            requiresAll
            ? nodes.filter { index in wishes.allSatisfy { snapshot.nodes[index].labels[$0.topologyKey] != nil } } : nodes
        tallies = wishes.map { constraint in
            let places: Int =
                constraint.topologyKey == "kubernetes.io/hostname"
                ? candidates.count : Set(candidates.compactMap { snapshot.nodes[$0].labels[constraint.topologyKey] }).count
            return Tally(
                constraint: constraint, counts: snapshot.counts(for: constraint, of: pod, among: requiresAll ? wishes : []),
                weight: log(Double(places) + 2))
        }
    }

    /// Infinite for a node outside of the places.
    func score(_ node: NodeInfo) -> Double {
        var sum: Double = 0
        for tally in tallies {
            guard let value = node.labels[tally.constraint.topologyKey] else {
                if requiresAll { return .infinity }
                continue
            }
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
