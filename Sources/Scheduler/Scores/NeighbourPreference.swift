/// Nodes near to pods that the pod likes, or that like it, are better; those near to pods it had rather avoid are worse.
struct NeighbourPreference: Score {
    static let name = "InterPodAffinity"
    static let weight = 2

    private var points: [Place: Double] = [:]

    init?(_ pod: PodInfo, _ snapshot: Snapshot, _ nodes: [NodeInfo]) {
        for node in snapshot.nodes {
            // Pods without terms of their own matter only to a pod that has some.
            for other in (pod.wishes.isEmpty ? node.choosyPods : node.pods).values {
                for wish in pod.wishes where wish.term.matches(other, snapshot) { add(wish.term, Double(wish.weight), node) }
                for wish in other.wishes where wish.term.matches(pod, snapshot) { add(wish.term, Double(wish.weight), node) }
                // What another pod requires counts a little as a wish in return.
                for term in other.affinity where term.matches(pod, snapshot) { add(term, 1, node) }
            }
        }
        if points.isEmpty { return nil }
    }

    func score(_ node: NodeInfo) -> Double {
        points.reduce(0) { sum, point in node.labels[point.key.key] == point.key.value ? sum + point.value : sum }
    }

    func normalize(_ scores: [Double]) -> [Double] {
        guard let lowest = scores.min(), let highest = scores.max(), highest > lowest else { return scores.map { _ in 0 } }
        return scores.map { (100 * ($0 - lowest) / (highest - lowest)).rounded(.down) }
    }

    private mutating func add(_ term: NeighbourTerm, _ weight: Double, _ node: NodeInfo) {
        guard let value = node.labels[term.topologyKey] else { return }
        points[Place(term.topologyKey, value), default: 0] += weight
    }
}
