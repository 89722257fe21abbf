import API

/// Keeps pods off cordoned nodes, unless they tolerate the taint that stands for it.
struct NodeUnschedulable: Filter {
    static let name = "NodeUnschedulable"
    static let retriedOn: ClusterChange = .nodeCordon
    private static let taint = TaintInfo(key: "node.kubernetes.io/unschedulable", effect: "NoSchedule")

    private let isTolerated: Bool

    init?(_ pod: PodInfo, _ snapshot: Snapshot) { isTolerated = !Self.taint.keepsAway(pod.tolerations) }

    func rejection(of node: NodeInfo) -> Rejection? {
        node.isUnschedulable && !isTolerated ? .incurable("node(s) were unschedulable") : nil
    }
}
