import API
import Client
import Machinery

/// Makes the claims of volumes that live with their pod: one for each volume of type `ephemeral`, owned by the pod.
///
/// Reads Pods and PersistentVolumeClaims. Source: pkg/controller/volume/ephemeral.
struct EphemeralVolumeController: ObjectController {
    static let name = "ephemeral_volume"
    static let queueName = "ephemeral_volume"

    let context: ControllerContext
    private var claims: Informer<PersistentVolumeClaim> { context.copy() }

    var others: [any ObjectCopy] { [claims] }

    static func concerns(_ before: View<Pod>?, _ after: View<Pod>?) -> Bool {
        before == nil && after.map { !wishes(of: $0).isEmpty } ?? false
    }

    func watchOthers(_ queue: WorkQueue) {
        claims.onChange { before, after in
            guard after == nil, let claim = before, let owner = claim.metadata.controller, owner.kind == "Pod" else { return }
            queue.add(ObjectKey(namespace: claim.namespace, name: owner.name))
        }
    }

    func reconcile(_ pod: View<Pod>) async throws -> Duration? {
        guard !pod.isTerminating else { return nil }
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
                tell(
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
