import API
import Client
import Machinery

/// The role of the node that shows the control plane. Source: kubeadm's phase `mark-control-plane`; a node may not give it to itself.
enum ControlPlaneRole {
    /// Makes the node with the role. One that is there already keeps what its users have made of it.
    static func give(to name: String, _ families: [IPFamily], _ client: Client) async throws {
        guard try await client.find(Node.self, ObjectKey(namespace: "", name: name)) == nil else { return }
        try await client.create(
            FirstNode.new(name, families) { $0.metadata.labels = ["node-role.kubernetes.io/control-plane": ""] })
    }
}
