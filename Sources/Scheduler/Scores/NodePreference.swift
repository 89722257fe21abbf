import API

/// Nodes that more of the pod's preferred node affinity speaks for are better.
struct NodePreference: Score {
    static let name = "NodeAffinity"

    private let wishes: [(weight: Int, term: NodeTerm)]

    init?(_ pod: PodInfo, _ snapshot: Snapshot, _ nodes: [Int], _ arguments: PluginArguments) {
        wishes = pod.preferredNodes + (arguments.addedAffinity?.wishes ?? [])
        if wishes.isEmpty { return nil }
    }

    func score(_ node: NodeInfo) -> Double {
        wishes.reduce(0) { sum, wish in wish.term.matches(name: node.name, labels: node.labels) ? sum + Double(wish.weight) : sum }
    }

    func normalize(_ scores: [Double]) -> [Double] { Self.proportional(scores) }
}
