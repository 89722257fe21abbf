import API
import Machinery

/// What a PersistentVolumeClaim needs next, decided from what was read. Pure.
///
/// Source: `syncUnboundClaim` and `syncBoundClaim` of pkg/controller/volume/persistentvolume/pv_controller.go.
enum ClaimPlan: Equatable {
    /// Nothing now, but for its phase.
    case wait(phase: String, News?)
    /// Volume and claim point at each other.
    case bind(View<PersistentVolume>)
    /// Somebody has to make a volume.
    case provision(View<StorageClass>)

    struct News: Equatable {
        let isWarning: Bool
        let reason: String
        let message: String
    }

    /// - Parameters:
    ///   - volumes: all there are.
    ///   - storage: the class that the claim names; nil when there is none.
    init(_ claim: View<PersistentVolumeClaim>, volumes: [View<PersistentVolume>], storage: View<StorageClass>?) {
        self =
            claim.metadata.annotations[View<PersistentVolumeClaim>.bindCompleted] == nil
            ? Self.unbound(claim, volumes, storage) : Self.bound(claim, volumes)
    }

    private static func pending(_ isWarning: Bool, _ reason: String, _ message: String) -> ClaimPlan {
        .wait(phase: "Pending", News(isWarning: isWarning, reason: reason, message: message))
    }

    private static func lost(_ reason: String, _ message: String) -> ClaimPlan {
        .wait(phase: "Lost", News(isWarning: true, reason: reason, message: message))
    }

    private static func unbound(
        _ claim: View<PersistentVolumeClaim>, _ volumes: [View<PersistentVolume>], _ storage: View<StorageClass>?
    ) -> ClaimPlan {
        let wanted: String = claim.spec.volumeName
        guard wanted.isEmpty else {
            guard let volume = volumes.first(where: { $0.name == wanted }) else { return .wait(phase: "Pending", nil) }
            if volume.isMeant(for: claim) { return .bind(volume) }
            if volume.spec.claimRef != nil {
                return pending(true, "FailedBinding", "volume \(JSON.quoted(wanted)) already bound to a different claim.")
            }
            if let problem = volume.mismatch(claim) {
                return pending(true, "VolumeMismatch", "Cannot bind to requested volume \(JSON.quoted(wanted)): \(problem)")
            }
            return .bind(volume)
        }
        let waits: Bool =
            storage?.volumeBindingMode == "WaitForFirstConsumer"
            && claim.metadata.annotations[View<PersistentVolumeClaim>.selectedNode] == nil
        if let volume = claim.bestMatch(among: volumes, onlyKept: waits) { return .bind(volume) }
        if waits {
            return pending(false, "WaitForFirstConsumer", "waiting for first consumer to be created before binding")
        }
        if let storage, storage.provisioner != "kubernetes.io/no-provisioner" { return .provision(storage) }
        if claim.storageClass.isEmpty {
            return pending(
                false, "FailedBinding", "no persistent volumes available for this claim and no storage class is set")
        }
        if storage != nil { return pending(false, "FailedBinding", "no persistent volumes available for this claim") }
        return pending(
            true, "ProvisioningFailed", "storageclass.storage.k8s.io \(JSON.quoted(claim.storageClass)) not found")
    }

    private static func bound(_ claim: View<PersistentVolumeClaim>, _ volumes: [View<PersistentVolume>]) -> ClaimPlan {
        guard !claim.spec.volumeName.isEmpty else {
            return lost("ClaimLost", "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!")
        }
        guard let volume = volumes.first(where: { $0.name == claim.spec.volumeName }) else {
            return lost("ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!")
        }
        if volume.spec.claimRef == nil || volume.isMeant(for: claim) { return .bind(volume) }
        return lost("ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly")
    }
}
