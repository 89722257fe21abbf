import API
import Client
import Machinery

/// The cluster's first node, for those who have something to say of it before its kubelet registers it.
struct FirstNode {
    let name: String
    /// Of the addresses that pods get.
    let families: [IPFamily]

    /// Its object, to be made.
    ///
    /// The node belongs to the cluster and can't be taken away, so it bears no mark by which others leave its addresses alone: it has them
    /// from the start.
    func object(_ fill: (inout View<Node>) -> Void) -> View<Node> {
        Node.new(name) {
            $0.spec.podCIDRs = families.map { ClusterAddresses.pods(ofNode: 0, $0) }
            $0.spec.podCIDR = $0.spec.podCIDRs[0]
            fill(&$0)
        }
    }

    /// Makes the node with the role of the control plane, which a node may not give to itself. One that is there already keeps what its
    /// users have made of it. Source: kubeadm's phase `mark-control-plane`.
    func makeControlPlane(_ client: Client) async throws {
        guard try await client.find(Node.self, ObjectKey(namespace: "", name: name)) == nil else { return }
        try await client.create(object { $0.metadata.labels = ["node-role.kubernetes.io/control-plane": ""] })
    }
}
