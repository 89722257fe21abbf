import API
import Client
import Machinery

/// Brings claims and volumes together, and makes and deletes the volumes of our own storage class.
///
/// Reads PersistentVolumeClaims, PersistentVolumes and StorageClasses. A claim is bound in four writes: the volume names the claim,
/// the volume is Bound, the claim names the volume, the claim is Bound; after a crash the next turn goes on where that stopped.
/// Source: pkg/controller/volume/persistentvolume.
struct VolumeBinder: Controller {
    static let name = "persistentvolume-controller"
    static let queueName = "volumes"

    let context: ControllerContext
    private var claims: Informer<PersistentVolumeClaim> { context.copy() }
    private var volumes: Informer<PersistentVolume> { context.copy() }
    private var classes: Informer<StorageClass> { context.copy() }
    let provisioner: HostPathProvisioner

    func watch(_ queue: WorkQueue) {
        claims.onChange { before, after in
            guard let claim = after ?? before else { return }
            queue.add(claim.key)
            if !claim.spec.volumeName.isEmpty { queue.add(ObjectKey(namespace: "", name: claim.spec.volumeName)) }
        }
        volumes.onChange { [claims] before, after in
            guard let volume = after ?? before else { return }
            queue.add(volume.key)
            if let claim = volume.spec.claimRef {
                queue.add(ObjectKey(namespace: claim.namespace, name: claim.name))
            } else {
                // A free volume may be what somebody waits for.
                for claim in claims.list() where !claim.isBound { queue.add(claim.key) }
            }
        }
        classes.onChange { [claims] before, after in
            guard let name = (after ?? before)?.name else { return }
            for claim in claims.list() where !claim.isBound && claim.storageClass == name { queue.add(claim.key) }
        }
    }

    func reconcile(_ key: ObjectKey) async throws -> Duration? {
        await claims.caughtUp()
        await volumes.caughtUp()
        await classes.caughtUp()
        // Volumes have no namespace.
        if key.namespace.isEmpty { try await settle(key) } else { try await serve(key) }
        return nil
    }

    // MARK: - Claims

    private func serve(_ key: ObjectKey) async throws {
        guard let claim = claims.get(key), !claim.isTerminating else { return }
        let storage: View<StorageClass>? =
            claim.storageClass.isEmpty ? nil : classes.get(ObjectKey(namespace: "", name: claim.storageClass))
        switch ClaimPlan(claim, volumes: volumes.list(), storage: storage) {
        case .bind(let volume): try await bind(claim, to: volume)
        case .provision(let storage): try await provision(claim, storage)
        case .wait(let phase, let news):
            if let news { tell(claim, news.isWarning ? .warning : .normal, reason: news.reason, news.message) }
            try await write(phase, of: claim, nil)
        }
    }

    private func bind(_ claim: View<PersistentVolumeClaim>, to volume: View<PersistentVolume>) async throws {
        var volume: View<PersistentVolume> = volume
        if volume.spec.claimRef?.uid != claim.metadata.uid {
            let wasFree: Bool = volume.spec.claimRef == nil
            volume.spec.claimRef = claim.reference
            if wasFree { volume.metadata.annotations[View<PersistentVolume>.boundByController] = "yes" }
            volume = try await context.client.update(volume)
            volumes.note(volume)
        }
        try await write("Bound", of: volume)
        var claim: View<PersistentVolumeClaim> = claim
        if claim.spec.volumeName != volume.name || claim.metadata.annotations[View<PersistentVolumeClaim>.bindCompleted] == nil {
            if claim.spec.volumeName.isEmpty {
                claim.spec.volumeName = volume.name
                claim.metadata.annotations[View<PersistentVolume>.boundByController] = "yes"
            }
            claim.metadata.annotations[View<PersistentVolumeClaim>.bindCompleted] = "yes"
            claim = try await context.client.update(claim)
            claims.note(claim)
        }
        try await write("Bound", of: claim, volume)
    }

    private func write(_ phase: String, of claim: View<PersistentVolumeClaim>, _ volume: View<PersistentVolume>?) async throws {
        var updated: View<PersistentVolumeClaim> = claim
        updated.status.phase = phase
        if let volume {
            updated.status.accessModes = volume.spec.accessModes
            // A volume that grew says so through the claim only when that growth is done.
            if claim.status.capacity["storage"] == nil || claim.status.phase != "Bound" { updated.status.capacity = volume.spec.capacity }
            if let attributes = volume.spec.volumeAttributesClassName { updated.status.currentVolumeAttributesClassName = attributes }
        }
        guard updated.status != claim.status else { return }
        claims.note(try await context.client.updateStatus(updated))
    }

    // MARK: - Making volumes

    private static let provisionerAnnotations = [
        "volume.kubernetes.io/storage-provisioner", "volume.beta.kubernetes.io/storage-provisioner",
    ]

    private func provision(_ claim: View<PersistentVolumeClaim>, _ storage: View<StorageClass>) async throws {
        var claim: View<PersistentVolumeClaim> = claim
        if claim.metadata.annotations[Self.provisionerAnnotations[0]] != storage.provisioner {
            for annotation in Self.provisionerAnnotations { claim.metadata.annotations[annotation] = storage.provisioner }
            claim = try await context.client.update(claim)
            claims.note(claim)
        }
        guard storage.provisioner == HostPathProvisioner.name else {
            tell(
                claim, .normal, reason: "ExternalProvisioning",
                "Waiting for a volume to be created either by the external provisioner '\(storage.provisioner)' or manually by the system "
                    + "administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered."
            )
            return try await write("Pending", of: claim, nil)
        }
        guard claim.spec.volumeMode != "Block" else {
            tell(
                claim, .warning, reason: "ProvisioningFailed",
                "\(HostPathProvisioner.name) makes folders: it can't make a volume for volumeMode Block; use Filesystem")
            return try await write("Pending", of: claim, nil)
        }
        do {
            let volume: View<PersistentVolume> = try provisioner.make(claim, storage)
            do {
                volumes.note(try await context.client.create(volume))
                tell(
                    claim, .normal, reason: "ProvisioningSucceeded",
                    "Successfully provisioned volume \(volume.name) using \(HostPathProvisioner.name)")
            } catch let status as APIStatus where status.isAlreadyExists {}
        } catch {
            tell(
                claim, .warning, reason: "ProvisioningFailed",
                "Failed to provision volume with StorageClass \(JSON.quoted(storage.name)): \(error)")
            throw error
        }
    }

    // MARK: - Volumes

    private func settle(_ key: ObjectKey) async throws {
        guard let volume = volumes.get(key) else { return }
        var claim: View<PersistentVolumeClaim>?
        if let reference = volume.spec.claimRef, !reference.uid.isEmpty {
            let key = ObjectKey(namespace: reference.namespace, name: reference.name)
            claim = claims.get(key)
            // What follows may be the end of the data: the API is asked, never the copy alone.
            if claim?.metadata.uid != reference.uid { claim = try await context.client.find(PersistentVolumeClaim.self, key) }
        }
        switch VolumePlan(volume, claim: claim) {
        case .phase(let phase): try await write(phase, of: volume)
        case .delete: try await delete(volume)
        case .free:
            var updated: View<PersistentVolume> = volume
            updated.spec.remove(\.claimRef)
            updated.metadata.annotations[View<PersistentVolume>.boundByController] = nil
            volumes.note(try await context.client.update(updated))
        }
    }

    private func delete(_ volume: View<PersistentVolume>) async throws {
        // Volumes of others are their makers' to delete.
        if let maker = volume.metadata.annotations[View<PersistentVolume>.provisionedBy], maker != HostPathProvisioner.name { return }
        do {
            try provisioner.delete(volume)
        } catch let error as ProvisionerError {
            tell(
                volume, .warning, reason: "VolumeFailedDelete",
                "error getting deleter volume plugin for volume \(JSON.quoted(volume.name)): \(error)")
            return try await write("Failed", of: volume, message: "\(error)")
        }
        do {
            try await context.client.delete(PersistentVolume.self, volume.key, uid: volume.metadata.uid)
        } catch let status as APIStatus where status.isNotFound || status.isConflict {}
    }

    private func write(_ phase: String, of volume: View<PersistentVolume>, message: String = "") async throws {
        guard volume.status.phase != phase || volume.status.message != message else { return }
        var updated: View<PersistentVolume> = volume
        updated.status.phase = phase
        if message.isEmpty { updated.status.remove(\.message) } else { updated.status.message = message }
        updated.status.lastPhaseTransitionTime = context.clock.time
        volumes.note(try await context.client.updateStatus(updated))
    }
}
