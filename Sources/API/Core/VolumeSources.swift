package import Machinery

/// A directory that is empty at first and lives as long as the pod.
package struct EmptyDirVolumeSource: Schema {
    package static let definition = Definition(
        EmptyDirVolumeSource(), "core.v1.EmptyDirVolumeSource", "A directory that is empty at first and lives as long as the pod.")

    package let medium = Field<String>(
        "medium", 1, "Empty for the node's disk, Memory for a file system in memory, HugePages for huge pages.")
    package let sizeLimit = Field<Quantity?>(
        "sizeLimit", 2, "Size at which the pod is evicted; no limit when absent or 0.", .nonNegativeQuantity)
}

/// A path of the node.
package struct HostPathVolumeSource: Schema {
    package static let definition = Definition(HostPathVolumeSource(), "core.v1.HostPathVolumeSource", "A path of the node.")

    package let path = Field<String>("path", 1, "The path.", .required, .noBacksteps)
    package let type = Field<String?>(
        "type", 2, "What must be there, or is made: Directory, DirectoryOrCreate, File, FileOrCreate, Socket; empty checks nothing.",
        default: "", .oneOf("", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"))
}

/// The keys of a Secret as files.
package struct SecretVolumeSource: Schema {
    package static let definition = Definition(SecretVolumeSource(), "core.v1.SecretVolumeSource", "The keys of a Secret as files.")

    package let secretName = Field<String>("secretName", 1, "The Secret, in the pod's namespace.")
    package let items = Field<[KeyToPath]>("items", 2, "Keys to show and their paths; all keys when empty.", .atomic)
    package let defaultMode = Field<Int32?>("defaultMode", 3, "Permissions of the files.", default: 0o644, .fileMode)
    package let optional = Field<Bool?>("optional", 4, "True when the Secret and its keys don't have to exist.")

    package static func validate(_ source: View<SecretVolumeSource>, _ path: Path, _ problems: inout Problems) {
        if source.secretName.isEmpty { problems.required(path.child("secretName")) }
    }
}

/// The keys of a ConfigMap as files.
package struct ConfigMapVolumeSource: Schema {
    package static let definition = Definition(
        ConfigMapVolumeSource(), "core.v1.ConfigMapVolumeSource", "The keys of a ConfigMap as files.")

    package let name = Field<String>("name", embedded(1, 1), "The ConfigMap, in the pod's namespace.", default: "")
    package let items = Field<[KeyToPath]>("items", 2, "Keys to show and their paths; all keys when empty.", .atomic)
    package let defaultMode = Field<Int32?>("defaultMode", 3, "Permissions of the files.", default: 0o644, .fileMode)
    package let optional = Field<Bool?>("optional", 4, "True when the ConfigMap and its keys don't have to exist.")

    package static func validate(_ source: View<ConfigMapVolumeSource>, _ path: Path, _ problems: inout Problems) {
        if source.name.isEmpty { problems.required(path.child("name")) }
    }
}

/// A key and the file that it becomes.
package struct KeyToPath: Schema {
    package static let definition = Definition(KeyToPath(), "core.v1.KeyToPath", "A key and the file that it becomes.")

    package let key = Field<String>("key", 1, "The key.", .required)
    package let path = Field<String>("path", 2, "The file, relative to the volume.", .required, .relativePath)
    package let mode = Field<Int32?>("mode", 3, "Permissions of the file; those of the volume when absent.", .fileMode)
}

/// Fields of the pod as files.
package struct DownwardAPIVolumeSource: Schema {
    package static let definition = Definition(DownwardAPIVolumeSource(), "core.v1.DownwardAPIVolumeSource", "Fields of the pod as files.")

    package let items = Field<[DownwardAPIVolumeFile]>("items", 1, "The files.", .atomic)
    package let defaultMode = Field<Int32?>("defaultMode", 2, "Permissions of the files.", default: 0o644, .fileMode)
}

/// A file with a field of the pod.
package struct DownwardAPIVolumeFile: Schema {
    package static let definition = Definition(DownwardAPIVolumeFile(), "core.v1.DownwardAPIVolumeFile", "A file with a field of the pod.")

    package let path = Field<String>("path", 1, "The file, relative to the volume.", .required, .relativePath)
    package let fieldRef = Field<ObjectFieldSelector?>("fieldRef", 2, "A field of the pod, such as metadata.labels.")
    package let resourceFieldRef = Field<ResourceFieldSelector?>("resourceFieldRef", 3, "A request or limit of a container.")
    package let mode = Field<Int32?>("mode", 4, "Permissions of the file; those of the volume when absent.", .fileMode)

    /// Source: `validateDownwardAPIVolumeFile` of pkg/apis/core/validation.
    package static func validate(_ file: View<DownwardAPIVolumeFile>, _ path: Path, _ problems: inout Problems) {
        switch (file.fieldRef, file.resourceFieldRef) {
        case (let field?, nil):
            DownwardAPI.validate(field, supported: DownwardAPI.volumeFields, path.child("fieldRef"), &problems)
        case (nil, let resource?):
            if resource.containerName.isEmpty { problems.required(path.child("resourceFieldRef").child("containerName")) }
        case (nil, nil):
            problems.required(path, "one of fieldRef and resourceFieldRef is required")
        case (.some, .some):
            problems.invalid(path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously")
        }
    }
}

/// The volume that a claim is bound to.
package struct PersistentVolumeClaimVolumeSource: Schema {
    package static let definition = Definition(
        PersistentVolumeClaimVolumeSource(), "core.v1.PersistentVolumeClaimVolumeSource", "The volume that a claim is bound to.")

    package let claimName = Field<String>("claimName", 1, "The claim, in the pod's namespace.", .required)
    package let readOnly = Field<Bool>("readOnly", 2, "Forbid writing.")
}

/// A claim that is made for this pod and goes with it.
package struct EphemeralVolumeSource: Schema {
    package static let definition = Definition(
        EphemeralVolumeSource(), "core.v1.EphemeralVolumeSource", "A claim that is made for this pod and goes with it.")

    package let volumeClaimTemplate = Field<PersistentVolumeClaimTemplate?>(
        "volumeClaimTemplate", 1, "What the claim, named PODNAME-VOLUMENAME, shall be.")

    package static func validate(_ source: View<EphemeralVolumeSource>, _ path: Path, _ problems: inout Problems) {
        if source.volumeClaimTemplate == nil { problems.required(path.child("volumeClaimTemplate")) }
    }
}

/// What a claim that is made for a pod shall be.
package struct PersistentVolumeClaimTemplate: Schema {
    package static let definition = Definition(
        PersistentVolumeClaimTemplate(), "core.v1.PersistentVolumeClaimTemplate", "What a claim that is made for a pod shall be.")

    package let metadata = Field<ObjectMeta>("metadata", 1, "Labels and annotations of the claim.")
    package let spec = Field<PersistentVolumeClaimSpec>("spec", 2, "The claim.", .always)
}

/// A volume that a CSI driver makes for a pod.
package struct CSIVolumeSource: Schema {
    package static let definition = Definition(CSIVolumeSource(), "core.v1.CSIVolumeSource", "A volume that a CSI driver makes for a pod.")

    package let driver = Field<String>("driver", 1, "Name of the driver.", .required)
    package let readOnly = Field<Bool?>("readOnly", 2, "Forbid writing.")
    package let fsType = Field<String?>("fsType", 3, "File system to use.")
    package let volumeAttributes = Field<[String: String]>("volumeAttributes", 4, "Settings that the driver knows.")
    package let nodePublishSecretRef = Field<LocalObjectReference?>("nodePublishSecretRef", 5, "Secret with the driver's credentials.")
}

/// The content of an OCI image or artifact, read-only.
package struct ImageVolumeSource: Schema {
    package static let definition = Definition(
        ImageVolumeSource(), "core.v1.ImageVolumeSource", "The content of an OCI image or artifact, read-only.")

    package let reference = Field<String>("reference", 1, "Name of the image.")
    package let pullPolicy = Field<String>(
        "pullPolicy", 2, "When to pull the image. Always when its tag is latest, else IfNotPresent.",
        .oneOf("Always", "IfNotPresent", "Never"))

    package static func setDefaults(_ source: inout View<ImageVolumeSource>) {
        if source.pullPolicy.isEmpty { source.pullPolicy = ImageName.pullPolicy(source.reference) }
    }

    package static func validate(_ source: View<ImageVolumeSource>, _ path: Path, _ problems: inout Problems) {
        if source.reference.isEmpty { problems.required(path.child("reference")) }
    }
}
