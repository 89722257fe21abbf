package import Machinery

/// A Secret of any namespace.
package struct SecretReference: Schema {
    package static let definition = Definition(SecretReference(), "core.v1.SecretReference", "A Secret of any namespace.", isAtomic: true)

    package let name = Field<String>("name", 1, "Name of the Secret.")
    package let namespace = Field<String>("namespace", 2, "Its namespace.")
}

extension View<SecretReference> {
    /// - Parameter needsNamespace: true where the driver has no namespace to fall back on.
    fileprivate func validate(needsNamespace: Bool = true, _ path: Path, _ problems: inout Problems) {
        if self.name.isEmpty { problems.required(path.child("name")) }
        if needsNamespace, self.namespace.isEmpty { problems.required(path.child("namespace")) }
    }
}

/// A disk or directory of one node.
package struct LocalVolumeSource: Schema {
    package static let definition = Definition(LocalVolumeSource(), "core.v1.LocalVolumeSource", "A disk or directory of one node.")

    package let path = Field<String>("path", 1, "The directory or device.", .required, .noBacksteps)
    package let fsType = Field<String?>("fsType", 2, "File system to use, where the path is a device.")
}

/// A volume of a CSI driver.
package struct CSIPersistentVolumeSource: Schema {
    package static let definition = Definition(
        CSIPersistentVolumeSource(), "core.v1.CSIPersistentVolumeSource", "A volume of a CSI driver.")

    package let driver = Field<String>("driver", 1, "Name of the driver.", .always)
    package let volumeHandle = Field<String>("volumeHandle", 2, "What the driver calls the volume.", .required)
    package let readOnly = Field<Bool>("readOnly", 3, "Forbid writing.")
    package let fsType = Field<String>("fsType", 4, "File system to use.")
    package let volumeAttributes = Field<[String: String]>("volumeAttributes", 5, "Settings that the driver knows.")
    package let controllerPublishSecretRef = Field<SecretReference?>(
        "controllerPublishSecretRef", 6, "Secret for attaching and detaching.")
    package let nodeStageSecretRef = Field<SecretReference?>("nodeStageSecretRef", 7, "Secret for preparing the volume on a node.")
    package let nodePublishSecretRef = Field<SecretReference?>("nodePublishSecretRef", 8, "Secret for mounting into a pod.")
    package let controllerExpandSecretRef = Field<SecretReference?>("controllerExpandSecretRef", 9, "Secret for enlarging the volume.")
    package let nodeExpandSecretRef = Field<SecretReference?>("nodeExpandSecretRef", 10, "Secret for enlarging the file system on a node.")

    /// Source: `validateCSIPersistentVolumeSource` of pkg/apis/core/validation.
    package static func validate(_ source: View<CSIPersistentVolumeSource>, _ path: Path, _ problems: inout Problems) {
        StorageRules.validateDriver(source.driver, path.child("driver"), &problems)
        source.controllerPublishSecretRef?.validate(path.child("controllerPublishSecretRef"), &problems)
        source.controllerExpandSecretRef?.validate(path.child("controllerExpandSecretRef"), &problems)
        source.nodePublishSecretRef?.validate(path.child("nodePublishSecretRef"), &problems)
        source.nodeExpandSecretRef?.validate(path.child("nodeExpandSecretRef"), &problems)
    }
}

/// A disk over iSCSI, as a volume of the cluster.
package struct ISCSIPersistentVolumeSource: Schema {
    package static let definition = Definition(
        ISCSIPersistentVolumeSource(), "core.v1.ISCSIPersistentVolumeSource", "A disk over iSCSI, as a volume of the cluster.")

    package let targetPortal = Field<String>("targetPortal", 1, "Address of the target, with its port unless that is 3260.", .required)
    package let iqn = Field<String>("iqn", 2, "Qualified name of the target.", .required, .iscsiName)
    package let lun = Field<Int32>("lun", 3, "Number of the disk.", .always, .between(0, 255))
    package let iscsiInterface = Field<String>("iscsiInterface", 4, "Interface to use.", default: "default")
    package let fsType = Field<String>("fsType", 5, "File system on the disk.")
    package let readOnly = Field<Bool>("readOnly", 6, "Forbid writing.")
    package let portals = Field<[String]>("portals", 7, "Further addresses of the target.", .atomic)
    package let chapAuthDiscovery = Field<Bool>("chapAuthDiscovery", 8, "Authenticate discovery.")
    package let secretRef = Field<SecretReference?>("secretRef", 10, "Secret with the credentials.")
    package let chapAuthSession = Field<Bool>("chapAuthSession", 11, "Authenticate sessions.")
    package let initiatorName = Field<String?>("initiatorName", 12, "Name to sign on with.", .iscsiName)

    package static func validate(_ source: View<ISCSIPersistentVolumeSource>, _ path: Path, _ problems: inout Problems) {
        if source.chapAuthDiscovery || source.chapAuthSession, source.secretRef == nil { problems.required(path.child("secretRef")) }
        source.secretRef?.validate(needsNamespace: false, path.child("secretRef"), &problems)
    }
}

/// A Glusterfs volume, as a volume of the cluster.
package struct GlusterfsPersistentVolumeSource: Schema {
    package static let definition = Definition(
        GlusterfsPersistentVolumeSource(), "core.v1.GlusterfsPersistentVolumeSource", "A Glusterfs volume, as a volume of the cluster.")

    package let endpoints = Field<String>("endpoints", 1, "Endpoints object with the servers.", .required)
    package let path = Field<String>("path", 2, "The volume.", .required)
    package let readOnly = Field<Bool>("readOnly", 3, "Forbid writing.")
    package let endpointsNamespace = Field<String?>(
        "endpointsNamespace", 4, "Namespace of the Endpoints; that of the claim if absent.", .format(Names.dns1123Label))
}

/// A Ceph block device, as a volume of the cluster.
package struct RBDPersistentVolumeSource: Schema {
    package static let definition = Definition(
        RBDPersistentVolumeSource(), "core.v1.RBDPersistentVolumeSource", "A Ceph block device, as a volume of the cluster.")

    package let monitors = Field<[String]>("monitors", 1, "Addresses of the monitors.", .required, .atomic)
    package let image = Field<String>("image", 2, "Name of the device's image.", .required)
    package let fsType = Field<String>("fsType", 3, "File system on the device.")
    package let pool = Field<String>("pool", 4, "Pool of the image.", default: "rbd")
    package let user = Field<String>("user", 5, "User to sign on as.", default: "admin")
    package let keyring = Field<String>("keyring", 6, "File with the user's key.", default: "/etc/ceph/keyring")
    package let secretRef = Field<SecretReference?>("secretRef", 7, "Secret with the credentials, instead of the file.")
    package let readOnly = Field<Bool>("readOnly", 8, "Forbid writing.")
}

/// A Ceph file system, as a volume of the cluster.
package struct CephFSPersistentVolumeSource: Schema {
    package static let definition = Definition(
        CephFSPersistentVolumeSource(), "core.v1.CephFSPersistentVolumeSource", "A Ceph file system, as a volume of the cluster.")

    package let monitors = Field<[String]>("monitors", 1, "Addresses of the monitors.", .required, .atomic)
    package let path = Field<String>("path", 2, "Directory to mount; the root when empty.")
    package let user = Field<String>("user", 3, "User to sign on as; admin when empty.")
    package let secretFile = Field<String>("secretFile", 4, "File with the user's key.")
    package let secretRef = Field<SecretReference?>("secretRef", 5, "Secret with the credentials, instead of the file.")
    package let readOnly = Field<Bool>("readOnly", 6, "Forbid writing.")
}

/// A disk of OpenStack, as a volume of the cluster.
package struct CinderPersistentVolumeSource: Schema {
    package static let definition = Definition(
        CinderPersistentVolumeSource(), "core.v1.CinderPersistentVolumeSource", "A disk of OpenStack, as a volume of the cluster.")

    package let volumeID = Field<String>("volumeID", 1, "Identifier of the disk.", .required)
    package let fsType = Field<String>("fsType", 2, "File system to use.")
    package let readOnly = Field<Bool>("readOnly", 3, "Forbid writing.")
    package let secretRef = Field<SecretReference?>("secretRef", 4, "Secret with the credentials.")

    package static func validate(_ source: View<CinderPersistentVolumeSource>, _ path: Path, _ problems: inout Problems) {
        source.secretRef?.validate(path.child("secretRef"), &problems)
    }
}

/// A volume of a driver program on the node, as a volume of the cluster.
package struct FlexPersistentVolumeSource: Schema {
    package static let definition = Definition(
        FlexPersistentVolumeSource(), "core.v1.FlexPersistentVolumeSource",
        "A volume of a driver program on the node, as a volume of the cluster.")

    package let driver = Field<String>("driver", 1, "Name of the driver.", .required)
    package let fsType = Field<String>("fsType", 2, "File system to use.")
    package let secretRef = Field<SecretReference?>("secretRef", 3, "Secret with the credentials.")
    package let readOnly = Field<Bool>("readOnly", 4, "Forbid writing.")
    package let options = Field<[String: String]>("options", 5, "Settings that the driver knows.")

    /// Source: `validateFlexPersistentVolumeSource` of pkg/apis/core/validation.
    package static func validate(_ source: View<FlexPersistentVolumeSource>, _ path: Path, _ problems: inout Problems) {
        for key in source.options.keys.sorted() {
            let space = String(key.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).first ?? "")
            let domain: String = "." + space.lowercased()
            if domain.hasSuffix(".kubernetes.io") || domain.hasSuffix(".k8s.io") {
                problems.invalid(
                    path.child("options").key(key), .string(space), "'kubernetes.io' and 'k8s.io' namespaces are reserved")
            }
        }
    }
}

/// A share of Azure, as a volume of the cluster.
package struct AzureFilePersistentVolumeSource: Schema {
    package static let definition = Definition(
        AzureFilePersistentVolumeSource(), "core.v1.AzureFilePersistentVolumeSource", "A share of Azure, as a volume of the cluster.")

    package let secretName = Field<String>("secretName", 1, "Secret with the credentials.", .required)
    package let shareName = Field<String>("shareName", 2, "Name of the share.", .required)
    package let readOnly = Field<Bool>("readOnly", 3, "Forbid writing.")
    package let secretNamespace = Field<String?>("secretNamespace", 4, "Namespace of the Secret; that of the pod if absent.")

    package static func validate(_ source: View<AzureFilePersistentVolumeSource>, _ path: Path, _ problems: inout Problems) {
        if source.secretNamespace?.isEmpty == true { problems.required(path.child("secretNamespace")) }
    }
}

/// A ScaleIO volume, as a volume of the cluster.
package struct ScaleIOPersistentVolumeSource: Schema {
    package static let definition = Definition(
        ScaleIOPersistentVolumeSource(), "core.v1.ScaleIOPersistentVolumeSource", "A ScaleIO volume, as a volume of the cluster.")

    package let gateway = Field<String>("gateway", 1, "Address of the gateway.", .required)
    package let system = Field<String>("system", 2, "Name of the storage system.", .required)
    package let secretRef = Field<SecretReference?>("secretRef", 3, "Secret with the credentials.", .always)
    package let sslEnabled = Field<Bool>("sslEnabled", 4, "Talk to the gateway over TLS.")
    package let protectionDomain = Field<String>("protectionDomain", 5, "Protection domain of the storage.")
    package let storagePool = Field<String>("storagePool", 6, "Pool of the domain.")
    package let storageMode = Field<String>("storageMode", 7, "ThickProvisioned or ThinProvisioned.", default: "ThinProvisioned")
    package let volumeName = Field<String>("volumeName", 8, "Name of a volume that exists.")
    package let fsType = Field<String>("fsType", 9, "File system to use.", default: "xfs")
    package let readOnly = Field<Bool>("readOnly", 10, "Forbid writing.")

    package static func validate(_ source: View<ScaleIOPersistentVolumeSource>, _ path: Path, _ problems: inout Problems) {
        if source.volumeName.isEmpty { problems.required(path.child("volumeName")) }
    }
}

/// A StorageOS volume, as a volume of the cluster.
package struct StorageOSPersistentVolumeSource: Schema {
    package static let definition = Definition(
        StorageOSPersistentVolumeSource(), "core.v1.StorageOSPersistentVolumeSource", "A StorageOS volume, as a volume of the cluster.")

    package let volumeName = Field<String>("volumeName", 1, "Name of the volume.")
    package let volumeNamespace = Field<String>("volumeNamespace", 2, "Its namespace; the pod's when empty.")
    package let fsType = Field<String>("fsType", 3, "File system to use.")
    package let readOnly = Field<Bool>("readOnly", 4, "Forbid writing.")
    package let secretRef = Field<ObjectReference?>("secretRef", 5, "Secret with the credentials.")

    package static func validate(_ source: View<StorageOSPersistentVolumeSource>, _ path: Path, _ problems: inout Problems) {
        if source.volumeName.isEmpty { problems.required(path.child("volumeName")) }
        guard let secret = source.secretRef else { return }
        if secret.name.isEmpty { problems.required(path.child("secretRef").child("name")) }
        if secret.namespace.isEmpty { problems.required(path.child("secretRef").child("namespace")) }
    }
}
