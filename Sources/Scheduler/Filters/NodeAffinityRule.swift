/// Only nodes that the pod's `nodeSelector` and required node affinity allow.
struct NodeAffinityRule: Filter {
    static let name = "NodeAffinity"
    static let retriedOn: ClusterChange = .nodeLabels

    private let pod: PodInfo

    init?(_ pod: PodInfo, _ snapshot: Snapshot) {
        guard !pod.nodeSelector.isEmpty || pod.requiredNodes != nil else { return nil }
        self.pod = pod
    }

    func rejection(of node: NodeInfo) -> Rejection? {
        pod.wants(node) ? nil : .incurable("node(s) didn't match Pod's node affinity/selector")
    }
}
