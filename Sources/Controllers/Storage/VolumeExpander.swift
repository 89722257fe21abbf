import API
import Client
import Machinery

/// Lets volumes of our own storage class grow when their claims ask for more. Folders need nothing for that but to be told.
///
/// Reads PersistentVolumeClaims and PersistentVolumes; writes the capacity of both. Source: pkg/controller/volume/expand.
struct VolumeExpander: ObjectController {
    static let name = "volume_expand"
    static let queueName = "volume_expand"

    let context: ControllerContext
    private var volumes: Informer<PersistentVolume> { context.copy() }

    var others: [any ObjectCopy] { [volumes] }

    static func concerns(_ before: View<PersistentVolumeClaim>?, _ after: View<PersistentVolumeClaim>?) -> Bool {
        after.map(wantsMore) ?? false
    }

    /// Pure: true for a bound claim that asks for more than it has.
    static func wantsMore(_ claim: View<PersistentVolumeClaim>) -> Bool {
        guard claim.status.phase == "Bound", let has = claim.status.capacity["storage"] else { return false }
        return claim.requestedStorage > has
    }

    func reconcile(_ claim: View<PersistentVolumeClaim>) async throws -> Duration? {
        guard Self.wantsMore(claim), var volume = volumes.get(ObjectKey(namespace: "", name: claim.spec.volumeName)) else { return nil }
        guard volume.metadata.annotations[View<PersistentVolume>.provisionedBy] == HostPathProvisioner.name else {
            tell(
                claim, .normal, reason: "ExternalExpanding", "waiting for an external controller to expand this PVC")
            return nil
        }
        let wanted: Quantity = claim.requestedStorage
        if volume.spec.capacity["storage"] ?? .zero < wanted {
            volume.spec.capacity["storage"] = wanted
            volumes.note(try await context.client.update(volume))
        }
        var grown: View<PersistentVolumeClaim> = claim
        grown.status.capacity["storage"] = wanted
        objects.note(try await context.client.updateStatus(grown))
        tell(claim, .normal, reason: "VolumeResizeSuccessful", "Resize volume succeeded")
        return nil
    }
}
