import API
import Client
import Machinery

/// The mirror of a static pod: what the API shows of it. Deleting it ends no process; it comes back.
struct PodMirror {
    let pod: View<Pod>
    let node: NodeContext

    /// The mirror that stands for this very pod, made anew where it does not; nil while the API has no such node. Found in the kubelet's
    /// copy: the API tells a node nothing of pods that are not there.
    func current() async throws -> View<Pod>? {
        await node.pods.caughtUp()
        if let found = node.pods.get(pod.key) {
            if found.mirrored == pod.metadata.uid, !found.isTerminating { return found }
            guard found.mirrored != nil else {
                throw ConfigError("a pod of this name is in the API already, and no mirror")
            }
            try await delete(found)
        }
        let key = ObjectKey(namespace: "", name: node.configuration.nodeName)
        guard let owner = try await node.client.find(Node.self, key) else { return nil }
        let made: View<Pod> = try await node.client.create(StaticPod.mirror(of: pod, node: owner))
        node.pods.note(made)
        return made
    }

    /// Shows another status, which the mirror has as `old`.
    func write(_ status: View<PodStatus>, over old: View<Pod>) async throws -> View<Pod> {
        let patch: JSON = ["metadata": ["uid": .string(old.metadata.uid)], "status": PodWorker.patch(status, over: old.status)]
        return try await node.client.patch(Pod.self, pod.key, patch, subresource: "status")
    }

    /// The pod is no more.
    func remove() async throws {
        await node.pods.caughtUp()
        if let found = node.pods.get(pod.key), found.mirrored == pod.metadata.uid { try await delete(found) }
    }

    private func delete(_ mirror: View<Pod>) async throws {
        do {
            try await node.client.delete(Pod.self, pod.key, uid: mirror.metadata.uid, gracePeriodSeconds: 0)
        } catch let status as APIStatus where status.isNotFound || status.isConflict {
            // Somebody was faster.
        }
    }
}
