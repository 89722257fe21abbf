package import Machinery

/// Where a volume appears in a container.
package struct VolumeMount: Schema {
    package static let definition = Definition(VolumeMount(), "core.v1.VolumeMount", "Where a volume appears in a container.")

    package let name = Field<String>("name", 1, "Name of the pod's volume.", .required)
    package let readOnly = Field<Bool>("readOnly", 2, "Forbid writing.")
    package let mountPath = Field<String>("mountPath", 3, "Where it appears in the container.", .required)
    package let subPath = Field<String>("subPath", 4, "Path within the volume to mount instead of its root.", .relativePath)
    package let mountPropagation = Field<String?>(
        "mountPropagation", 5, "Whether later mounts pass between node and container: None, HostToContainer or Bidirectional.",
        .oneOf("Bidirectional", "HostToContainer", "None"))
    package let subPathExpr = Field<String>("subPathExpr", 6, "Like subPath, with $(NAME) for variables of the container.", .relativePath)
    package let recursiveReadOnly = Field<String?>(
        "recursiveReadOnly", 7, "Whether readOnly holds for mounts below too: Disabled, IfPossible or Enabled.",
        .oneOf("Disabled", "Enabled", "IfPossible"))

    /// Source: `ValidateVolumeMounts` of pkg/apis/core/validation.
    package static func validate(_ mount: View<VolumeMount>, _ path: Path, _ problems: inout Problems) {
        if !mount.subPath.isEmpty, !mount.subPathExpr.isEmpty {
            problems.invalid(path.child("subPathExpr"), .string(mount.subPathExpr), "subPathExpr and subPath are mutually exclusive")
        }
        let recursive: String = mount.recursiveReadOnly ?? "Disabled"
        guard recursive == "Enabled" || recursive == "IfPossible" else { return }
        if !mount.readOnly {
            problems.forbidden(path.child("recursiveReadOnly"), "may only be specified when readOnly is true")
        }
        if let propagation: String = mount.mountPropagation, propagation != "None" {
            problems.forbidden(
                path.child("recursiveReadOnly"), "may only be specified when mountPropagation is None or not specified")
        }
    }
}

/// A block device that appears in a container.
package struct VolumeDevice: Schema {
    package static let definition = Definition(VolumeDevice(), "core.v1.VolumeDevice", "A block device that appears in a container.")

    package let name = Field<String>("name", 1, "Name of the pod's volume, which must be a persistentVolumeClaim.", .required)
    package let devicePath = Field<String>("devicePath", 2, "Where it appears in the container.", .required)
}
