/// Nodes near to pods that the pod likes, or that like it, are better; those near to pods it had rather avoid are worse.
struct NeighbourPreference: Score {
    static let name = "InterPodAffinity"

    /// Pods that matter, by place, and what each of them counts.
    private var neighbours: [(label: PlaceLabel, counts: PlaceIndex.Counts, weight: Int)] = []

    init?(_ pod: PodInfo, _ snapshot: Snapshot, _ nodes: [Int], _ arguments: PluginArguments) {
        if arguments.ignoresPreferredTermsOfExistingPods, pod.wishes.isEmpty { return nil }
        for wish in pod.wishes { add(wish.term, snapshot.counts(of: [wish.term], by: wish.term.topologyKey), weight: wish.weight) }
        // These are sums of weights already.
        for (term, sums) in snapshot.places.wishing where term.matches(pod, snapshot.namespaces) { add(term, sums, weight: 1) }
        // What another pod requires counts a little as a wish in return.
        if arguments.hardPodAffinityWeight > 0 {
            for (term, counts) in snapshot.places.seeking where term.matches(pod, snapshot.namespaces) {
                add(term, counts, weight: arguments.hardPodAffinityWeight)
            }
        }
        if neighbours.isEmpty { return nil }
    }

    private mutating func add(_ term: NeighbourTerm, _ counts: PlaceIndex.Counts, weight: Int) {
        if counts.values.contains(where: { $0 != 0 }) { neighbours.append((PlaceLabel(term.topologyKey), counts, weight)) }
    }

    func score(_ node: NodeInfo) -> Double {
        var sum: Int = 0
        for (label, counts, weight) in neighbours {
            if let value = node.facts.value(of: label) { sum += (counts[value] ?? 0) * weight }
        }
        return Double(sum)
    }

    func normalize(_ scores: [Double]) -> [Double] {
        guard let lowest = scores.min(), let highest = scores.max(), highest > lowest else { return scores.map { _ in 0 } }
        return scores.map { (100 * ($0 - lowest) / (highest - lowest)).rounded(.down) }
    }
}
