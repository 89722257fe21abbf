package import Machinery

/// Storage that outlives pods and can be claimed.
package struct PersistentVolume: Kind {
    package static let definition = Definition(
        PersistentVolume(), "core.v1.PersistentVolume", "Storage that outlives pods and can be claimed.")
    package static let names = KindNames(
        "PersistentVolume", group: "", plural: "persistentvolumes", short: ["pv"], isNamespaced: false,
        subresources: [.status("PersistentVolume")], returnsDeleted: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<PersistentVolumeSpec>("spec", 2, "What the storage is and who may use it.")
    package let status = Field<PersistentVolumeStatus>("status", 3, "Whether it is in use.")

    package static let columns: [Column<PersistentVolume>] = [
        .name,
        Column("Capacity", .string, "Size of the volume.") { volume, _ in .string((volume.spec.capacity["storage"] ?? .zero).description) },
        Column("Access Modes", .string, "How the volume can be mounted.") { volume, _ in .string(AccessModes.short(volume.spec.accessModes))
        },
        Column("Reclaim Policy", .string, "What becomes of the volume when its claim goes.") { volume, _ in
            .string(volume.spec.persistentVolumeReclaimPolicy)
        },
        Column("Status", .string, "Whether it is in use.") { volume, _ in
            .string(volume.isTerminating ? "Terminating" : volume.status.phase)
        },
        Column("Claim", .string, "The claim that it is bound to.") { volume, _ in
            .string(volume.spec.claimRef.map { "\($0.namespace)/\($0.name)" } ?? "")
        },
        Column("StorageClass", .string, "Class of the volume.") { volume, _ in .string(volume.storageClass) },
        Column("VolumeAttributesClass", .string, "Class of the volume's attributes.") { volume, _ in
            .string(volume.spec.volumeAttributesClassName ?? "<unset>")
        },
        Column("Reason", .string, "Why it is in that state.") { volume, _ in .string(volume.status.reason) },
        .age,
        Column("VolumeMode", .string, "Filesystem or Block.", priority: 1) { volume, _ in .string(volume.spec.volumeMode ?? "<unset>") },
    ]

    /// Source: pkg/api/persistentvolume/util.go.
    package static func warnings(_ volume: View<PersistentVolume>, from old: View<PersistentVolume>?) -> [String] {
        let spec = Path("spec")
        var warnings: [String] = AccessModes.classWarnings(volume.metadata)
        let options: String = "volume.beta.kubernetes.io/mount-options"
        if volume.metadata.annotations[options] != nil {
            warnings.append("metadata.annotations[\(options)]: deprecated since v1.31; use \"mountOptions\" attribute instead")
        }
        if volume.spec.persistentVolumeReclaimPolicy == "Recycle" {
            warnings.append(
                "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. "
                    + "Instead, the recommended approach is to use dynamic provisioning.")
        }
        let terms: Path = spec.child("nodeAffinity").child("required").child("nodeSelectorTerms")
        for (index, term) in (volume.spec.nodeAffinity?.required?.nodeSelectorTerms ?? []).enumerated() {
            warnings += DeprecatedNodeLabels.warnings(term, terms.index(index), checksValues: true)
        }
        return warnings + DeprecatedVolumes.warnings(volume.spec.json, spec)
    }

    /// Source: `persistentvolumeStrategy` of pkg/registry/core/persistentvolume.
    package static func prepareForCreate(_ volume: inout View<PersistentVolume>) {
        volume.status = View { $0.phase = "Pending" }
        volume.status.lastPhaseTransitionTime = volume.metadata.creationTimestamp
    }

    package static func validate(_ volume: View<PersistentVolume>, _ path: Path, _ problems: inout Problems) {
        PersistentVolumeSpec.validateCapacity(volume.spec.json["capacity"], path.child("spec").child("capacity"), &problems)
    }

    /// Source: `ValidatePersistentVolumeUpdate` of pkg/apis/core/validation.
    package static func validateUpdate(
        _ volume: View<PersistentVolume>, from old: View<PersistentVolume>, _ path: Path, _ problems: inout Problems
    ) {
        for source in PersistentVolumeSpec.sources where volume.spec.json[source] != old.spec.json[source] {
            problems.forbidden(
                path.child("spec").child("persistentvolumesource"), "spec.persistentvolumesource is immutable after creation")
            break
        }
        if volume.spec.volumeMode != old.spec.volumeMode {
            problems.invalid(Path("volumeMode"), volume.spec.json["volumeMode"] ?? .null, "field is immutable")
        }
        if let before = old.spec.nodeAffinity, before != volume.spec.nodeAffinity {
            problems.invalid(
                Path("nodeAffinity"), volume.spec.json["nodeAffinity"] ?? .null,
                "field is immutable, except for updating from beta label to GA")
        }
    }
}

extension View<PersistentVolume> {
    /// The class of the volume; the annotation of former days comes first. Source: `GetPersistentVolumeClass`.
    package var storageClass: String { self.metadata.annotations[AccessModes.classAnnotation] ?? self.spec.storageClassName }
}

/// Whether a volume is in use.
package struct PersistentVolumeStatus: Schema {
    package static let definition = Definition(
        PersistentVolumeStatus(), "core.v1.PersistentVolumeStatus", "Whether a volume is in use.")

    package let phase = Field<String>(
        "phase", 1, "Pending, Available, Bound, Released when the claim is gone, or Failed.", default: "Pending")
    package let message = Field<String>("message", 2, "For people: why the volume is in that state.")
    package let reason = Field<String>("reason", 3, "One word for why a volume failed.")
    package let lastPhaseTransitionTime = Field<Time?>("lastPhaseTransitionTime", 4, "When the phase changed last.")
}
