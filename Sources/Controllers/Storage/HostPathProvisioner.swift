import API
import FoundationEssentials
import Machinery

/// Makes volumes as folders of this machine, below the cluster's data folder.
///
/// Their size is what was asked for, and not enforced: a folder takes what the disk has.
package struct HostPathProvisioner: Sendable {
    /// Name of the provisioner, for storage classes.
    package static let name = "swkube.dev/host-path"

    private let folder: String

    /// - Parameter folder: absolute; made when the first volume is.
    package init(folder: String) { self.folder = folder }

    /// The volume for a claim, with its folder. Making it twice is making it once.
    func make(_ claim: View<PersistentVolumeClaim>, _ storage: View<StorageClass>) throws -> View<PersistentVolume> {
        let name: String = "pvc-" + claim.metadata.uid
        let path: String = folder + "/" + name
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        // Any user of a pod may write; the folders above are the owner's alone.
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: path)
        return PersistentVolume.new(name) {
            $0.metadata.annotations = [View<PersistentVolume>.provisionedBy: Self.name]
            $0.spec.capacity = ["storage": claim.requestedStorage]
            $0.spec.accessModes = claim.spec.accessModes
            $0.spec.volumeMode = claim.spec.volumeMode
            $0.spec.persistentVolumeReclaimPolicy = storage.reclaimPolicy ?? "Delete"
            $0.spec.storageClassName = storage.name
            if !storage.mountOptions.isEmpty { $0.spec.mountOptions = storage.mountOptions }
            $0.spec.hostPath = View<HostPathVolumeSource> {
                $0.path = path
                $0.type = "DirectoryOrCreate"
            }
            $0.spec.claimRef = claim.reference
        }
    }

    /// Deletes the folder of a volume that this made. Throws ``ProvisionerError`` for another's.
    func delete(_ volume: View<PersistentVolume>) throws {
        guard volume.metadata.annotations[View<PersistentVolume>.provisionedBy] == Self.name,
            let path = volume.spec.hostPath?.path, path == folder + "/" + volume.name
        else { throw ProvisionerError(description: "no deletable volume plugin matched") }
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch let error as CocoaError where error.code == .fileNoSuchFile {}
    }
}

/// Why a volume can't be made or deleted.
struct ProvisionerError: Error, CustomStringConvertible {
    let description: String
}

extension View<PersistentVolumeClaim> {
    /// This very claim, for the volume that is bound to it.
    var reference: View<ObjectReference> {
        View<ObjectReference> {
            $0.kind = PersistentVolumeClaim.names.kind
            $0.apiVersion = PersistentVolumeClaim.names.apiVersion
            $0.namespace = namespace
            $0.name = name
            $0.uid = self.metadata.uid
            $0.resourceVersion = self.metadata.resourceVersion
        }
    }
}
