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
        let label: PlaceLabel
        let counts: PlaceIndex.Counts
        let weight: Double
        /// What every place has for the constraint's `maxSkew`.
        let base: Double
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
            let label = PlaceLabel(constraint.topologyKey)
            let places: Int
            if case .hostname = label {
                places = candidates.count
            } else {
                places = Set(candidates.compactMap { snapshot.nodes[$0].facts.value(of: label) }).count
            }
            return Tally(
                label: label, counts: snapshot.counts(for: constraint, of: pod, among: requiresAll ? wishes : []),
                weight: log(Double(places) + 2), base: Double(constraint.maxSkew - 1))
        }
    }

    /// Infinite for a node outside of the places.
    func score(_ node: NodeInfo) -> Double {
        var sum: Double = 0
        for tally in tallies {
            guard let value = node.facts.value(of: tally.label) else {
                if requiresAll { return .infinity }
                continue
            }
            sum += Double(tally.counts[value] ?? 0) * tally.weight + tally.base
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
