/// Nodes near to pods that the pod likes, or that like it, are better; those near to pods it had rather avoid are worse.
struct NeighbourPreference: Score {
    static let name = "InterPodAffinity"

    /// Points by value, for each topology label.
    private let points: [(key: String, points: [String: Int])]

    init?(_ pod: PodInfo, _ snapshot: Snapshot, _ nodes: [Int], _ arguments: PluginArguments) {
        if arguments.ignoresPreferredTermsOfExistingPods, pod.wishes.isEmpty { return nil }
        var points: [String: [String: Int]] = [:]
        func add(_ term: NeighbourTerm, _ counts: PlaceIndex.Counts, weight: Int) {
            for (place, count) in counts where count != 0 { points[term.topologyKey, default: [:]][place, default: 0] += count * weight }
        }
        for wish in pod.wishes {
            add(wish.term, snapshot.counts(of: [wish.term], by: wish.term.topologyKey), weight: wish.weight)
        }
        for (term, sums) in snapshot.places.wishing where term.matches(pod, snapshot.namespaces) { add(term, sums, weight: 1) }
        // What another pod requires counts a little as a wish in return.
        if arguments.hardPodAffinityWeight > 0 {
            for (term, counts) in snapshot.places.seeking where term.matches(pod, snapshot.namespaces) {
                add(term, counts, weight: arguments.hardPodAffinityWeight)
            }
        }
        if points.isEmpty { return nil }
        self.points = points.map { ($0.key, $0.value) }
    }

    func score(_ node: NodeInfo) -> Double {
        var sum: Int = 0
        for (key, points) in points {
            if let value = node.labels[key] { sum += points[value] ?? 0 }
        }
        return Double(sum)
    }

    func normalize(_ scores: [Double]) -> [Double] {
        guard let lowest = scores.min(), let highest = scores.max(), highest > lowest else { return scores.map { _ in 0 } }
        return scores.map { (100 * ($0 - lowest) / (highest - lowest)).rounded(.down) }
    }
}
