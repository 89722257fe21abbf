import API
import Machinery

/// What a PersistentVolume needs next, decided from what was read. Pure.
///
/// Source: `syncVolume` of pkg/controller/volume/persistentvolume/pv_controller.go.
enum VolumePlan: Equatable {
    case phase(String)
    /// The claim is gone and nobody needs the content.
    case delete
    /// The claim took another volume: this one is free again.
    case free

    /// - Parameter claim: the one that `claimRef` names; nil when there is none.
    init(_ volume: View<PersistentVolume>, claim: View<PersistentVolumeClaim>?) {
        guard let reference = volume.spec.claimRef else {
            self = .phase("Available")
            return
        }
        guard !reference.uid.isEmpty else {
            // Kept for a claim that may come.
            self = .phase("Available")
            return
        }
        guard let claim, claim.metadata.uid == reference.uid else {
            self = Self.release(volume)
            return
        }
        if claim.spec.volumeName == volume.name {
            self = .phase("Bound")
        } else if claim.spec.volumeName.isEmpty {
            // The claim's own turn binds both.
            self = .phase(volume.status.phase)
        } else if volume.spec.persistentVolumeReclaimPolicy == "Delete",
            volume.metadata.annotations[View<PersistentVolume>.provisionedBy] != nil
        {
            self = Self.release(volume)
        } else {
            self = .free
        }
    }

    /// First it is told that the volume is released, then what has to go goes. What could not be deleted stays as it is.
    private static func release(_ volume: View<PersistentVolume>) -> VolumePlan {
        switch volume.status.phase {
        case "Failed": .phase("Failed")
        case "Released" where volume.spec.persistentVolumeReclaimPolicy == "Delete": .delete
        default: .phase("Released")
        }
    }
}

extension View<PersistentVolume> {
    /// Who made the volume, where it was not a person.
    static var provisionedBy: String { "pv.kubernetes.io/provisioned-by" }
}
