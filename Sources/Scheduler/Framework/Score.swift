/// A preference among the nodes that a pod could have: made for one pod and one moment, then asked of each node.
protocol Score: Sendable {
    /// As Kubernetes names the plugin.
    static var name: String { get }

    /// PreScore: looks at the pod and the cluster once.
    ///
    /// - Parameter nodes: those that are left to choose from, by their place among the snapshot's.
    /// - Returns: nil when it makes no difference for this pod.
    init?(_ pod: PodInfo, _ snapshot: Snapshot, _ nodes: [Int], _ arguments: PluginArguments)

    /// Score: how good a node is, in the plugin's own units.
    func score(_ node: NodeInfo) -> Double

    /// Brings the scores of all nodes to 0 for the worst through 100 for the best.
    func normalize(_ scores: [Double]) -> [Double]
}

extension Score {
    /// In the plugin's own units, one for each of the nodes.
    func scores(of nodes: [Int], in snapshot: Snapshot) -> [Double] { nodes.map { score(snapshot.nodes[$0]) } }

    func normalize(_ scores: [Double]) -> [Double] { scores }

    /// In proportion to the highest. Source: `DefaultNormalizeScore`.
    static func proportional(_ scores: [Double], isReversed: Bool = false) -> [Double] {
        let highest: Double = scores.max() ?? 0
        guard highest > 0 else { return scores.map { _ in isReversed ? 100 : 0 } }
        return scores.map { score in
            let share: Double = (score * 100 / highest).rounded(.down)
            return isReversed ? 100 - share : share
        }
    }
}
