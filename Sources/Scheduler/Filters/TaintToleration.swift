import API

/// Keeps pods off nodes with a taint NoSchedule or NoExecute that they don't tolerate.
struct TaintToleration: Filter {
    static let name = "TaintToleration"
    static let retriedOn: ClusterChange = .nodeTaints

    private let pod: PodInfo

    init?(_ pod: PodInfo, _ snapshot: Snapshot) { self.pod = pod }

    func rejection(of node: NodeInfo) -> Rejection? {
        node.taints.contains { $0.keepsAway(pod.tolerations) } ? .incurable("node(s) had untolerated taint(s)") : nil
    }
}
