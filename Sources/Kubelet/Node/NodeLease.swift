import API
import Client
import Machinery

/// The heartbeat of a node: a Lease in `kube-node-lease` that it renews. Source: k8s.io/component-helpers/apimachinery/lease.
struct NodeLease {
    /// How long the node counts as alive after a heartbeat.
    static let durationSeconds = 40

    let nodeName: String
    let client: Client

    private var key: ObjectKey { ObjectKey(namespace: "kube-node-lease", name: nodeName) }

    /// Renews it, or makes it when it is missing: owned by the node, so that it goes with it.
    func renew(at now: MicroTime) async throws {
        do {
            let patch: JSON = ["spec": ["renewTime": now.json, "holderIdentity": .string(nodeName)]]
            try await client.patchUnread(Lease.self, key, patch, as: .mergePatch)
        } catch let status as APIStatus where status.code == 404 {
            try await create(at: now)
        }
    }

    private func create(at now: MicroTime) async throws {
        let node: View<Node>? = try await client.find(Node.self, ObjectKey(namespace: "", name: nodeName))
        try await client.create(
            Lease.new(nodeName, namespace: key.namespace) {
                $0.spec.holderIdentity = nodeName
                $0.spec.leaseDurationSeconds = Self.durationSeconds
                $0.spec.renewTime = now
                if let node {
                    $0.metadata.ownerReferences = [
                        View<OwnerReference> {
                            $0.apiVersion = "v1"
                            $0.kind = "Node"
                            $0.name = node.name
                            $0.uid = node.metadata.uid
                        }
                    ]
                }
            })
    }
}
