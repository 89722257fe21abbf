import API
import Client
import Logging
import Machinery
import Synchronization

/// The mirror of a static pod: what the API shows of it. Deleting it ends no process; it comes back.
extension PodWorker {
    /// Makes the mirror true. Whatever the API says, the pod runs on.
    func reportMirror(_ status: View<PodStatus>) async {
        guard status != reported, isDue(.status) else { return }
        do {
            guard let mirror = try await mirror() else { return }
            let patch: JSON = ["metadata": ["uid": .string(mirror.metadata.uid)], "status": Self.patch(status, over: mirror.status)]
            let written: View<Pod> = try await node.client.patch(Pod.self, key, patch, subresource: "status")
            reported = status
            setbacks[.status] = nil
            pod.status = written.status
            inbox.withLock { $0.pod.status = written.status }
        } catch {
            log.warning("writing the mirror of a static pod failed", metadata: ["error": "\(error)"])
            note(.status, first: .milliseconds(500), limit: .seconds(30))
        }
    }

    /// The mirror that stands for this very pod, made anew where it does not. Found in the kubelet's copy: the API tells a node nothing
    /// of pods that are not there.
    private func mirror() async throws -> View<Pod>? {
        await node.pods.caughtUp()
        if let found = node.pods.get(key) {
            if found.mirrored == uid, !found.isTerminating { return found }
            guard found.mirrored != nil else {
                throw ConfigError("a pod of this name is in the API already, and no mirror")
            }
            try await deleteMirror(found)
        }
        let key = ObjectKey(namespace: "", name: node.configuration.nodeName)
        guard let owner = try await node.client.find(Node.self, key) else { return nil }
        let made: View<Pod> = try await node.client.create(StaticPod.mirror(of: pod, node: owner))
        node.pods.note(made)
        return made
    }

    private func deleteMirror(_ mirror: View<Pod>) async throws {
        do {
            try await node.client.delete(Pod.self, key, uid: mirror.metadata.uid, gracePeriodSeconds: 0)
        } catch let status as APIStatus where status.isNotFound || status.isConflict {
            // Somebody was faster.
        }
    }

    /// The file has gone, and the processes too.
    func removeMirror() async {
        do {
            await node.pods.caughtUp()
            if let found = node.pods.get(key), found.mirrored == uid { try await deleteMirror(found) }
        } catch {
            log.warning("deleting the mirror of a static pod failed", metadata: ["error": "\(error)"])
        }
    }
}
