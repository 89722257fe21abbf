import API

/// Fewer taints `PreferNoSchedule` that the pod doesn't tolerate are better.
struct TaintPreference: Score {
    static let name = "TaintToleration"

    /// Those that speak of this effect.
    private let tolerations: [TolerationInfo]

    init?(_ pod: PodInfo, _ snapshot: Snapshot, _ nodes: [Int], _ arguments: PluginArguments) {
        let isOfUse: Bool = nodes.contains { index in
            let taints: [TaintInfo] = snapshot.nodes[index].taints
            return !taints.isEmpty && taints.contains { $0.effect == "PreferNoSchedule" }
        }
        guard isOfUse else { return nil }
        tolerations = pod.tolerations.filter { $0.effect.isEmpty || $0.effect == "PreferNoSchedule" }
    }

    func score(_ node: NodeInfo) -> Double {
        Double(node.taints.count { taint in taint.effect == "PreferNoSchedule" && !tolerations.contains { $0.tolerates(taint) } })
    }

    func normalize(_ scores: [Double]) -> [Double] { Self.proportional(scores, isReversed: true) }
}
