import API
import Client
import Machinery

/// Makes the claims of volumes that live with their pod: one for each volume of type `ephemeral`, owned by the pod.
///
/// Reads Pods and PersistentVolumeClaims. Source: pkg/controller/volume/ephemeral.
struct EphemeralVolumeController: Controller {
    static let name = "ephemeral_volume"
    static let queueName = "ephemeral_volume"

    private let context: ControllerContext
    private let pods: Informer<Pod>
    private let claims: Informer<PersistentVolumeClaim>
    private let events: EventRecorder

    init(_ context: ControllerContext) {
        self.context = context
        pods = context.informers.informer()
        claims = context.informers.informer()
        events = context.events(Self.name)
    }

    func watch(_ queue: WorkQueue) {
        pods.onChange { before, after in
            guard before == nil, let pod = after, !Self.wishes(of: pod).isEmpty else { return }
            queue.add(pod.key)
        }
        claims.onChange { before, after in
            guard after == nil, let claim = before, let owner = claim.metadata.controller, owner.kind == "Pod" else { return }
            queue.add(ObjectKey(namespace: claim.namespace, name: owner.name))
        }
    }

    func reconcile(_ key: ObjectKey) async throws -> Duration? {
        await claims.caughtUp()
        guard let pod = pods.get(key), !pod.isTerminating else { return nil }
        for wish in Self.wishes(of: pod) {
            if let present = claims.get(wish.key) {
                guard present.metadata.controllerUID != pod.metadata.uid else { continue }
                throw ProvisionerError(
                    description: "PVC \(wish.key) was not created for pod \(pod.key) (pod is not owner)")
            }
            do {
                claims.note(try await context.client.create(wish))
            } catch let status as APIStatus where status.isAlreadyExists || status.isNamespaceTerminating {
            } catch let status as APIStatus {
                events.record(
                    pod, .warning, reason: "FailedCreate", "ephemeral volume claim \(JSON.quoted(wish.name)): \(status.message)")
                throw status
            }
        }
        return nil
    }

    /// Pure: the claims that the pod's volumes need.
    static func wishes(of pod: View<Pod>) -> [View<PersistentVolumeClaim>] {
        pod.spec.volumes.compactMap { volume in
            guard let template = volume.ephemeral?.volumeClaimTemplate else { return nil }
            return PersistentVolumeClaim.new(pod.name + "-" + volume.name, namespace: pod.namespace) {
                let labels: [String: String] = template.metadata.labels
                if !labels.isEmpty { $0.metadata.labels = labels }
                let annotations: [String: String] = template.metadata.annotations
                if !annotations.isEmpty { $0.metadata.annotations = annotations }
                $0.metadata.ownerReferences = [View<OwnerReference>.controller(pod)]
                $0.spec = template.spec
            }
        }
    }
}
