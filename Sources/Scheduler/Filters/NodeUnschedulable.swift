import API

/// Keeps pods off cordoned nodes, unless they tolerate the taint that stands for it.
struct NodeUnschedulable: Filter {
    static let name = "NodeUnschedulable"
    static let events: Set<ClusterEvent.Kind> = [.nodeAdded, .nodeChanged, .itself]
    private static let taint = TaintInfo(key: "node.kubernetes.io/unschedulable", effect: "NoSchedule")

    static func mayHelp(_ pod: PodInfo, _ event: ClusterEvent, _ snapshot: Snapshot) -> Bool {
        event.makesNode { !$0.isUnschedulable } || event.changesItself { !taint.keepsAway($0.tolerations) }
    }

    private let isTolerated: Bool

    init?(_ pod: PodInfo, _ snapshot: Snapshot, _ arguments: PluginArguments) { isTolerated = !Self.taint.keepsAway(pod.tolerations) }

    func rejection(of node: NodeInfo) -> Rejection? {
        node.isUnschedulable && !isTolerated ? .incurable("node(s) were unschedulable") : nil
    }
}
