import API

/// Only nodes that the pod's `nodeSelector` and required node affinity allow.
struct NodeAffinityRule: Filter {
    static let name = "NodeAffinity"
    static let retriedOn: ClusterChange = .nodeLabels

    private let pod: PodInfo

    init?(_ pod: PodInfo, _ snapshot: Snapshot) {
        guard !pod.nodeRule.allowsAll else { return nil }
        self.pod = pod
    }

    func rejection(of node: NodeInfo) -> Rejection? {
        pod.wants(node) ? nil : .incurable("node(s) didn't match Pod's node affinity/selector")
    }
}
