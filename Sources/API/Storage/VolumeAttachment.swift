package import Machinery

/// The wish to have a volume attached to a node.
package struct VolumeAttachment: Kind {
    package static let definition = Definition(
        VolumeAttachment(), "storage.v1.VolumeAttachment", "The wish to have a volume attached to a node.")
    package static let names = KindNames(
        "VolumeAttachment", group: "storage.k8s.io", plural: "volumeattachments", isNamespaced: false,
        subresources: [.status("VolumeAttachment", metadata: .kept)], returnsDeleted: true, needsRevision: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<VolumeAttachmentSpec>("spec", 2, "What is wanted. Never changes.", .always, .immutable)
    package let status = Field<VolumeAttachmentStatus>("status", 3, "Whether the volume is attached.")

    package static let columns: [Column<VolumeAttachment>] = [
        .name,
        Column("Attacher", .string, "The driver that attaches.", format: "name") { attachment, _ in .string(attachment.spec.attacher) },
        Column("PV", .string, "The volume.") { attachment, _ in .string(attachment.spec.source.persistentVolumeName ?? "") },
        Column("Node", .string, "The node.") { attachment, _ in .string(attachment.spec.nodeName) },
        Column("Attached", .boolean, "Whether the volume is attached.") { attachment, _ in .bool(attachment.status.attached) },
        .age,
    ]
}

/// Which volume is to be attached where.
package struct VolumeAttachmentSpec: Schema {
    package static let definition = Definition(
        VolumeAttachmentSpec(), "storage.v1.VolumeAttachmentSpec", "Which volume is to be attached where.")

    package let attacher = Field<String>("attacher", 1, "The driver that attaches.", .always)
    package let source = Field<VolumeAttachmentSource>("source", 2, "The volume.", .always)
    package let nodeName = Field<String>("nodeName", 3, "The node.", .always, .format(Names.dns1123Subdomain))

    /// Source: `ValidateVolumeAttachmentV1` of pkg/apis/storage/validation.
    package static func validate(_ spec: View<VolumeAttachmentSpec>, _ path: Path, _ problems: inout Problems) {
        StorageRules.validateDriver(spec.attacher, path.child("attacher"), &problems)
    }
}

/// A volume that is to be attached.
package struct VolumeAttachmentSource: Schema {
    package static let definition = Definition(
        VolumeAttachmentSource(), "storage.v1.VolumeAttachmentSource", "A volume that is to be attached.")

    package let persistentVolumeName = Field<String?>("persistentVolumeName", 1, "A PersistentVolume.", .format(Names.dns1123Subdomain))
    package let inlineVolumeSpec = Field<PersistentVolumeSpec?>("inlineVolumeSpec", 2, "A volume that stands in a pod's own spec.")

    /// Source: `validateVolumeAttachmentSource` of pkg/apis/storage/validation.
    package static func validate(_ source: View<VolumeAttachmentSource>, _ path: Path, _ problems: inout Problems) {
        switch (source.persistentVolumeName, source.inlineVolumeSpec) {
        case (nil, nil): problems.required(path, "must specify exactly one of inlineVolumeSpec and persistentVolumeName")
        case (.some, .some): problems.forbidden(path, "must specify exactly one of inlineVolumeSpec and persistentVolumeName")
        case (nil, let volume?): validateInline(volume, path.child("inlineVolumeSpec"), &problems)
        case (.some, nil): break
        }
    }

    private static func validateInline(_ volume: View<PersistentVolumeSpec>, _ path: Path, _ problems: inout Problems) {
        for field in ["claimRef", "capacity", "nodeAffinity"] where !(volume.json[field]?.isEmpty ?? true) {
            problems.forbidden(path.child(field), "may not be specified in the context of inline volumes")
        }
        if volume.csi == nil { problems.required(path.child("csi"), "has to be specified in the context of inline volumes") }
    }
}

/// Whether a volume is attached.
package struct VolumeAttachmentStatus: Schema {
    package static let definition = Definition(
        VolumeAttachmentStatus(), "storage.v1.VolumeAttachmentStatus", "Whether a volume is attached.")

    package let attached = Field<Bool>("attached", 1, "True when it is.", .always)
    package let attachmentMetadata = Field<[String: String]>("attachmentMetadata", 2, "What the driver needs to know for mounting.")
    package let attachError = Field<VolumeError?>("attachError", 3, "What went wrong when attaching last.")
    package let detachError = Field<VolumeError?>("detachError", 4, "What went wrong when detaching last.")

    package static func validate(_ status: View<VolumeAttachmentStatus>, _ path: Path, _ problems: inout Problems) {
        let size: Int = status.attachmentMetadata.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        if size > 256 * 1024 { problems.tooLong(path.child("attachmentMetadata"), "may not be more than \(256 * 1024) bytes") }
    }
}

/// What went wrong with a volume.
package struct VolumeError: Schema {
    package static let definition = Definition(VolumeError(), "storage.v1.VolumeError", "What went wrong with a volume.")

    package let time = Field<Time?>("time", 1, "When.", .written)
    package let message = Field<String>("message", 2, "For people: what went wrong; 1 KB at most.", .maxLength(1024))
    package let errorCode = Field<Int32?>("errorCode", 3, "The code that the driver gave, as gRPC numbers them.")
}
