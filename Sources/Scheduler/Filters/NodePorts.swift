import API

/// Only nodes where nobody has the host ports of the pod.
struct NodePorts: Filter {
    static let name = "NodePorts"
    static let events: Set<ClusterEvent.Kind> = [.nodeAdded, .podGone]

    static func mayHelp(_ pod: PodInfo, _ event: ClusterEvent, _ snapshot: Snapshot) -> Bool {
        switch event {
        case .nodeAdded: true
        case .podGone(let other): other.hostPorts.contains { port in pod.hostPorts.contains { $0.collides(with: port) } }
        default: false
        }
    }

    private let ports: [HostPort]

    init?(_ pod: PodInfo, _ snapshot: Snapshot, _ arguments: PluginArguments) {
        guard !pod.hostPorts.isEmpty else { return nil }
        ports = pod.hostPorts
    }

    func rejection(of node: NodeInfo) -> Rejection? {
        for other in node.pods.values where !other.hostPorts.isEmpty {
            for taken in other.hostPorts where ports.contains(where: { $0.collides(with: taken) }) {
                return .curable("node(s) didn't have free ports for the requested pod ports")
            }
        }
        return nil
    }
}
