/// Only nodes where nobody has the host ports of the pod.
struct NodePorts: Filter {
    static let name = "NodePorts"
    static let retriedOn: ClusterChange = .podGone

    private let ports: [HostPort]

    init?(_ pod: PodInfo, _ snapshot: Snapshot) {
        guard !pod.hostPorts.isEmpty else { return nil }
        ports = pod.hostPorts
    }

    func rejection(of node: NodeInfo) -> Rejection? {
        for other in node.pods.values {
            for taken in other.hostPorts where ports.contains(where: { $0.collides(with: taken) }) {
                return .curable("node(s) didn't have free ports for the requested pod ports")
            }
        }
        return nil
    }
}
