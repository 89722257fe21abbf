import API
import Client
import Machinery

/// Lets volumes of our own storage class grow when their claims ask for more. Folders need nothing for that but to be told.
///
/// Reads PersistentVolumeClaims and PersistentVolumes; writes the capacity of both. Source: pkg/controller/volume/expand.
struct VolumeExpander: Controller {
    static let name = "volume_expand"
    static let queueName = "volume_expand"

    private let context: ControllerContext
    private let claims: Informer<PersistentVolumeClaim>
    private let volumes: Informer<PersistentVolume>
    private let events: EventRecorder

    init(_ context: ControllerContext) {
        self.context = context
        claims = context.informers.informer()
        volumes = context.informers.informer()
        events = context.events(Self.name)
    }

    func watch(_ queue: WorkQueue) {
        claims.onChange { _, after in if let after, Self.wantsMore(after) { queue.add(after.key) } }
    }

    /// Pure: true for a bound claim that asks for more than it has.
    static func wantsMore(_ claim: View<PersistentVolumeClaim>) -> Bool {
        guard claim.status.phase == "Bound", let has = claim.status.capacity["storage"] else { return false }
        return claim.requestedStorage > has
    }

    func reconcile(_ key: ObjectKey) async throws -> Duration? {
        await claims.caughtUp()
        await volumes.caughtUp()
        guard var claim = claims.get(key), Self.wantsMore(claim),
            var volume = volumes.get(ObjectKey(namespace: "", name: claim.spec.volumeName))
        else { return nil }
        guard volume.metadata.annotations[View<PersistentVolume>.provisionedBy] == HostPathProvisioner.name else {
            events.record(
                claim, .normal, reason: "ExternalExpanding", "waiting for an external controller to expand this PVC")
            return nil
        }
        let wanted: Quantity = claim.requestedStorage
        if volume.spec.capacity["storage"] ?? .zero < wanted {
            volume.spec.capacity["storage"] = wanted
            volumes.note(try await context.client.update(volume))
        }
        claim.status.capacity["storage"] = wanted
        claims.note(try await context.client.updateStatus(claim))
        events.record(claim, .normal, reason: "VolumeResizeSuccessful", "Resize volume succeeded")
        return nil
    }
}
