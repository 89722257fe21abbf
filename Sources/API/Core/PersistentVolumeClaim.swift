package import Machinery

/// A wish for storage that outlives pods.
package struct PersistentVolumeClaim: Kind {
    package static let definition = Definition(
        PersistentVolumeClaim(), "core.v1.PersistentVolumeClaim", "A wish for storage that outlives pods.")
    package static let names = KindNames(
        "PersistentVolumeClaim", group: "", plural: "persistentvolumeclaims", short: ["pvc"],
        subresources: [.status("PersistentVolumeClaim")], returnsDeleted: true)

    /// Declared here because the claim templates of a StatefulSet carry it within the object.
    package let apiVersion = Field<String>("apiVersion", 0, "Version of the API.")
    /// As ``apiVersion``.
    package let kind = Field<String>("kind", 0, "Kind of the object.")
    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<PersistentVolumeClaimSpec>("spec", 2, "The storage that is wanted.")
    package let status = Field<PersistentVolumeClaimStatus>("status", 3, "The storage that was given.")

    package static let columns: [Column<PersistentVolumeClaim>] = [
        .name,
        Column("Status", .string, "Whether the claim has a volume.") { claim, _ in
            .string(claim.isTerminating ? "Terminating" : claim.status.phase)
        },
        Column("Volume", .string, "The volume that was given.") { claim, _ in .string(claim.spec.volumeName) },
        Column("Capacity", .string, "Size of the volume.") { claim, _ in
            .string(claim.spec.volumeName.isEmpty ? "" : (claim.status.capacity["storage"] ?? .zero).description)
        },
        Column("Access Modes", .string, "How the volume can be mounted.") { claim, _ in
            .string(claim.spec.volumeName.isEmpty ? "" : AccessModes.short(claim.status.accessModes))
        },
        Column("StorageClass", .string, "Class of the volume.") { claim, _ in .string(claim.storageClass) },
        Column("VolumeAttributesClass", .string, "Class of the volume's attributes.") { claim, _ in
            .string(claim.spec.volumeAttributesClassName ?? "<unset>")
        },
        .age,
        Column("VolumeMode", .string, "Filesystem or Block.", priority: 1) { claim, _ in .string(claim.spec.volumeMode ?? "<unset>") },
    ]

    /// Source: pkg/api/persistentvolumeclaim/util.go.
    package static func warnings(_ claim: View<PersistentVolumeClaim>, from old: View<PersistentVolumeClaim>?) -> [String] {
        AccessModes.classWarnings(claim.metadata) + PersistentVolumeClaimSpec.warnings(claim.spec, Path("spec"))
    }

    /// Source: `persistentvolumeclaimStrategy` of pkg/registry/core/persistentvolumeclaim.
    package static func prepareForCreate(_ claim: inout View<PersistentVolumeClaim>) {
        claim.status = View { $0.phase = "Pending" }
        ClaimSource.complete(&claim.spec)
    }

    package static func prepareForUpdate(_ claim: inout View<PersistentVolumeClaim>, from old: View<PersistentVolumeClaim>) {
        ClaimSource.complete(&claim.spec)
    }

    package static func validateUpdate(
        _ claim: View<PersistentVolumeClaim>, from old: View<PersistentVolumeClaim>, _ path: Path, _ problems: inout Problems
    ) {
        ClaimUpdate.validate(claim, from: old, &problems)
    }
}

extension View<PersistentVolumeClaim> {
    /// The class that is asked for; empty for none. The annotation of former days comes first. Source: `GetPersistentVolumeClaimClass`.
    package var storageClass: String { self.metadata.annotations[AccessModes.classAnnotation] ?? self.spec.storageClassName ?? "" }
}

/// The storage that is wanted.
package struct PersistentVolumeClaimSpec: Schema {
    package static let definition = Definition(
        PersistentVolumeClaimSpec(), "core.v1.PersistentVolumeClaimSpec", "The storage that is wanted.")

    package let accessModes = Field<[String]>(
        "accessModes", 1, "How the volume will be mounted: ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod.", .atomic)
    package let resources = Field<VolumeResourceRequirements>("resources", 2, "The size.")
    package let volumeName = Field<String>("volumeName", 3, "The volume that was given; or the only one that will do.")
    package let selector = Field<LabelSelector?>("selector", 4, "Labels of volumes that will do.")
    package let storageClassName = Field<String?>(
        "storageClassName", 5, "Class that makes the volume; the default one if absent, none for an empty name.")
    package let volumeMode = Field<String?>(
        "volumeMode", 6, "Filesystem, or Block for a raw device.", default: "Filesystem", .oneOf("Block", "Filesystem"))
    package let dataSource = Field<TypedLocalObjectReference?>(
        "dataSource", 7, "A snapshot or claim whose content the volume begins with.")
    package let dataSourceRef = Field<TypedObjectReference?>(
        "dataSourceRef", 8, "As dataSource, but of any kind and perhaps of another namespace.")
    package let volumeAttributesClassName = Field<String?>(
        "volumeAttributesClassName", 9, "Class of attributes that may change while the volume is in use.")

    /// Source: `ValidatePersistentVolumeClaimSpec` of pkg/apis/core/validation.
    package static func validate(_ spec: View<PersistentVolumeClaimSpec>, _ path: Path, _ problems: inout Problems) {
        if spec.accessModes.isEmpty { problems.required(path.child("accessModes"), "at least 1 access mode is required") }
        AccessModes.validate(spec.accessModes, path.child("accessModes"), &problems)
        let size: Path = path.child("resources").key("storage")
        if let storage: Quantity = spec.resources.requests["storage"] {
            if storage.sign <= 0 { problems.invalid(size, .string(storage.description), "must be greater than zero") }
        } else {
            problems.required(size)
        }
        if let name: String = spec.storageClassName, !name.isEmpty {
            for detail in Names.dns1123Subdomain(name) { problems.invalid(path.child("storageClassName"), .string(name), detail) }
        }
        if let name: String = spec.volumeAttributesClassName, !name.isEmpty {
            for detail in Names.dns1123Subdomain(name) {
                problems.invalid(path.child("volumeAttributesClassName"), .string(name), detail)
            }
        }
        ClaimSource.validate(spec, path, &problems)
    }

    static func warnings(_ spec: View<PersistentVolumeClaimSpec>, _ path: Path) -> [String] {
        let resources: Path = path.child("resources")
        return [("requests", spec.resources.requests), ("limits", spec.resources.limits)].compactMap { name, amounts in
            amounts["storage"]?.fractionNote.map { "\(resources.child(name).key("storage")): \($0)" }
        }
    }
}

/// The size of a volume.
package struct VolumeResourceRequirements: Schema {
    package static let definition = Definition(
        VolumeResourceRequirements(), "core.v1.VolumeResourceRequirements", "The size of a volume.")

    package let limits = Field<[String: Quantity]>("limits", 1, "At most, by resource name.")
    package let requests = Field<[String: Quantity]>("requests", 2, "At least, by resource name: storage.")
}

/// The storage that was given.
package struct PersistentVolumeClaimStatus: Schema {
    package static let definition = Definition(
        PersistentVolumeClaimStatus(), "core.v1.PersistentVolumeClaimStatus", "The storage that was given.")

    package let phase = Field<String>("phase", 1, "Pending, Bound, or Lost when the volume is gone.", default: "Pending")
    package let accessModes = Field<[String]>("accessModes", 2, "How the volume can be mounted.", .atomic)
    package let capacity = Field<[String: Quantity]>("capacity", 3, "Size of the volume.")
    package let conditions = Field<[PersistentVolumeClaimCondition]>(
        "conditions", 4, "Aspects of the state, such as a change of size under way.", .merge(key: "type"))
    package let allocatedResources = Field<[String: Quantity]>("allocatedResources", 5, "Size reserved for a change under way.")
    package let allocatedResourceStatuses = Field<[String: String]>(
        "allocatedResourceStatuses", 7, "How far a change of size is, by resource name.", .granular)
    package let currentVolumeAttributesClassName = Field<String?>(
        "currentVolumeAttributesClassName", 8, "Class of attributes that the volume has now.")
    package let modifyVolumeStatus = Field<ModifyVolumeStatus?>("modifyVolumeStatus", 9, "How far a change of attributes is.")
}

/// How far a change of a volume's attributes is.
package struct ModifyVolumeStatus: Schema {
    package static let definition = Definition(
        ModifyVolumeStatus(), "core.v1.ModifyVolumeStatus", "How far a change of a volume's attributes is.")

    package let targetVolumeAttributesClassName = Field<String>(
        "targetVolumeAttributesClassName", 1, "Class of attributes that the volume is to have.")
    package let status = Field<String>("status", 2, "Pending, InProgress or Infeasible.", .required)
}

/// One aspect of a claim's state.
package struct PersistentVolumeClaimCondition: Schema {
    package static let definition = Definition(
        PersistentVolumeClaimCondition(), "core.v1.PersistentVolumeClaimCondition", "One aspect of a claim's state.")

    package let type = Field<String>("type", 1, "Such as Resizing.", .required)
    package let status = Field<String>("status", 2, "True, False or Unknown.", .required)
    package let lastProbeTime = Field<Time?>("lastProbeTime", 3, "When the condition was looked at last.", .written)
    package let lastTransitionTime = Field<Time?>("lastTransitionTime", 4, "When the status changed last.", .written)
    package let reason = Field<String>("reason", 5, "One word for why.")
    package let message = Field<String>("message", 6, "The same for people.")
}
