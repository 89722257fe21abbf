import API

/// Keeps pods off nodes with a taint NoSchedule or NoExecute that they don't tolerate.
struct TaintToleration: Filter {
    static let name = "TaintToleration"
    static let events: Set<ClusterEvent.Kind> = [.nodeAdded, .nodeChanged, .itself]

    static func mayHelp(_ pod: PodInfo, _ event: ClusterEvent, _ snapshot: Snapshot) -> Bool {
        event.makesNode { isTolerated($0, pod) } || event.changesItself { $0.tolerations }
    }

    private let pod: PodInfo

    init?(_ pod: PodInfo, _ snapshot: Snapshot, _ arguments: PluginArguments) { self.pod = pod }

    func rejection(of node: NodeInfo) -> Rejection? {
        Self.isTolerated(node, pod) ? nil : .incurable("node(s) had untolerated taint(s)")
    }

    private static func isTolerated(_ node: NodeInfo, _ pod: PodInfo) -> Bool {
        node.taints.isEmpty || !node.taints.contains { $0.keepsAway(pod.tolerations) }
    }
}
