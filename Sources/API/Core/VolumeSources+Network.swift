package import Machinery

/// A directory of an NFS server.
package struct NFSVolumeSource: Schema {
    package static let definition = Definition(NFSVolumeSource(), "core.v1.NFSVolumeSource", "A directory of an NFS server.")

    package let server = Field<String>("server", 1, "Host of the server.", .required)
    package let path = Field<String>("path", 2, "The directory.", .required, .absolutePath)
    package let readOnly = Field<Bool>("readOnly", 3, "Forbid writing.")
}

/// A disk over iSCSI.
package struct ISCSIVolumeSource: Schema {
    package static let definition = Definition(ISCSIVolumeSource(), "core.v1.ISCSIVolumeSource", "A disk over iSCSI.")

    package let targetPortal = Field<String>("targetPortal", 1, "Address of the target, with its port unless that is 3260.", .required)
    package let iqn = Field<String>("iqn", 2, "Qualified name of the target.", .required, .iscsiName)
    package let lun = Field<Int32>("lun", 3, "Number of the disk.", .always, .between(0, 255))
    package let iscsiInterface = Field<String>("iscsiInterface", 4, "Interface to use.", default: "default")
    package let fsType = Field<String>("fsType", 5, "File system on the disk.")
    package let readOnly = Field<Bool>("readOnly", 6, "Forbid writing.")
    package let portals = Field<[String]>("portals", 7, "Further addresses of the target.", .atomic)
    package let chapAuthDiscovery = Field<Bool>("chapAuthDiscovery", 8, "Authenticate discovery.")
    package let secretRef = Field<LocalObjectReference?>("secretRef", 10, "Secret with the credentials.")
    package let chapAuthSession = Field<Bool>("chapAuthSession", 11, "Authenticate sessions.")
    package let initiatorName = Field<String?>("initiatorName", 12, "Name to sign on with.", .iscsiName)

    package static func validate(_ source: View<ISCSIVolumeSource>, _ path: Path, _ problems: inout Problems) {
        if source.chapAuthDiscovery || source.chapAuthSession, source.secretRef == nil { problems.required(path.child("secretRef")) }
    }
}

/// A disk over Fibre Channel.
package struct FCVolumeSource: Schema {
    package static let definition = Definition(FCVolumeSource(), "core.v1.FCVolumeSource", "A disk over Fibre Channel.")

    package let targetWWNs = Field<[String]>("targetWWNs", 1, "World wide names of the targets.", .atomic)
    package let lun = Field<Int32?>("lun", 2, "Number of the disk.", .between(0, 255))
    package let fsType = Field<String>("fsType", 3, "File system on the disk.")
    package let readOnly = Field<Bool>("readOnly", 4, "Forbid writing.")
    package let wwids = Field<[String]>("wwids", 5, "World wide identifiers of the disk, instead of targetWWNs and lun.", .atomic)

    /// Source: `validateFCVolumeSource` of pkg/apis/core/validation.
    package static func validate(_ source: View<FCVolumeSource>, _ path: Path, _ problems: inout Problems) {
        switch (source.targetWWNs.isEmpty, source.wwids.isEmpty) {
        case (true, true): problems.required(path.child("targetWWNs"), "must specify either targetWWNs or wwids, but not both")
        case (false, false):
            problems.invalid(
                path.child("targetWWNs"), source.json["targetWWNs"] ?? [], "targetWWNs and wwids can not be specified simultaneously")
        case (false, true):
            if source.lun == nil { problems.required(path.child("lun"), "lun is required if targetWWNs is specified") }
        case (true, false): break
        }
    }
}

/// A Glusterfs volume.
package struct GlusterfsVolumeSource: Schema {
    package static let definition = Definition(GlusterfsVolumeSource(), "core.v1.GlusterfsVolumeSource", "A Glusterfs volume.")

    package let endpoints = Field<String>("endpoints", 1, "Endpoints object with the servers.", .required)
    package let path = Field<String>("path", 2, "The volume.", .required)
    package let readOnly = Field<Bool>("readOnly", 3, "Forbid writing.")
}

/// A Ceph block device.
package struct RBDVolumeSource: Schema {
    package static let definition = Definition(RBDVolumeSource(), "core.v1.RBDVolumeSource", "A Ceph block device.")

    package let monitors = Field<[String]>("monitors", 1, "Addresses of the monitors.", .always, .atomic)
    package let image = Field<String>("image", 2, "Name of the device's image.", .required)
    package let fsType = Field<String>("fsType", 3, "File system on the device.")
    package let pool = Field<String>("pool", 4, "Pool of the image.", default: "rbd")
    package let user = Field<String>("user", 5, "User to sign on as.", default: "admin")
    package let keyring = Field<String>("keyring", 6, "File with the user's key.", default: "/etc/ceph/keyring")
    package let secretRef = Field<LocalObjectReference?>("secretRef", 7, "Secret with the credentials, instead of the file.")
    package let readOnly = Field<Bool>("readOnly", 8, "Forbid writing.")

    package static func validate(_ source: View<RBDVolumeSource>, _ path: Path, _ problems: inout Problems) {
        if source.monitors.isEmpty { problems.required(path.child("monitors")) }
    }
}

/// A Ceph file system.
package struct CephFSVolumeSource: Schema {
    package static let definition = Definition(CephFSVolumeSource(), "core.v1.CephFSVolumeSource", "A Ceph file system.")

    package let monitors = Field<[String]>("monitors", 1, "Addresses of the monitors.", .always, .atomic)
    package let path = Field<String>("path", 2, "Directory to mount; the root when empty.")
    package let user = Field<String>("user", 3, "User to sign on as; admin when empty.")
    package let secretFile = Field<String>("secretFile", 4, "File with the user's key.")
    package let secretRef = Field<LocalObjectReference?>("secretRef", 5, "Secret with the credentials, instead of the file.")
    package let readOnly = Field<Bool>("readOnly", 6, "Forbid writing.")

    package static func validate(_ source: View<CephFSVolumeSource>, _ path: Path, _ problems: inout Problems) {
        if source.monitors.isEmpty { problems.required(path.child("monitors")) }
    }
}

/// A Quobyte volume.
package struct QuobyteVolumeSource: Schema {
    package static let definition = Definition(QuobyteVolumeSource(), "core.v1.QuobyteVolumeSource", "A Quobyte volume.")

    package let registry = Field<String>("registry", 1, "Addresses of the registry, as host:port with commas between.", .required)
    package let volume = Field<String>("volume", 2, "Name of the volume.", .required)
    package let readOnly = Field<Bool>("readOnly", 3, "Forbid writing.")
    package let user = Field<String>("user", 4, "User to act as.")
    package let group = Field<String>("group", 5, "Group to act as.")
    package let tenant = Field<String>("tenant", 6, "Tenant that the volume belongs to.")
}

/// A volume of a driver program on the node.
package struct FlexVolumeSource: Schema {
    package static let definition = Definition(FlexVolumeSource(), "core.v1.FlexVolumeSource", "A volume of a driver program on the node.")

    package let driver = Field<String>("driver", 1, "Name of the driver.", .required)
    package let fsType = Field<String>("fsType", 2, "File system to use.")
    package let secretRef = Field<LocalObjectReference?>("secretRef", 3, "Secret with the credentials.")
    package let readOnly = Field<Bool>("readOnly", 4, "Forbid writing.")
    package let options = Field<[String: String]>("options", 5, "Settings that the driver knows.")
}

/// A Flocker dataset, by name or by identifier.
package struct FlockerVolumeSource: Schema {
    package static let definition = Definition(
        FlockerVolumeSource(), "core.v1.FlockerVolumeSource", "A Flocker dataset, by name or by identifier.")

    package let datasetName = Field<String>("datasetName", 1, "Its name.")
    package let datasetUUID = Field<String>("datasetUUID", 2, "Its identifier.")

    package static func validate(_ source: View<FlockerVolumeSource>, _ path: Path, _ problems: inout Problems) {
        if source.datasetName.isEmpty, source.datasetUUID.isEmpty {
            problems.required(path, "one of datasetName and datasetUUID is required")
        }
    }
}

/// A clone of a git repository.
package struct GitRepoVolumeSource: Schema {
    package static let definition = Definition(GitRepoVolumeSource(), "core.v1.GitRepoVolumeSource", "A clone of a git repository.")

    package let repository = Field<String>("repository", 1, "Where it is cloned from.", .required)
    package let revision = Field<String>("revision", 2, "Commit to check out.")
    package let directory = Field<String>("directory", 3, "Directory to clone into, relative to the volume.", .relativePath)
}

/// A StorageOS volume.
package struct StorageOSVolumeSource: Schema {
    package static let definition = Definition(StorageOSVolumeSource(), "core.v1.StorageOSVolumeSource", "A StorageOS volume.")

    package let volumeName = Field<String>("volumeName", 1, "Name of the volume.")
    package let volumeNamespace = Field<String>("volumeNamespace", 2, "Its namespace; the pod's when empty.")
    package let fsType = Field<String>("fsType", 3, "File system to use.")
    package let readOnly = Field<Bool>("readOnly", 4, "Forbid writing.")
    package let secretRef = Field<LocalObjectReference?>("secretRef", 5, "Secret with the credentials.")

    package static func validate(_ source: View<StorageOSVolumeSource>, _ path: Path, _ problems: inout Problems) {
        if source.volumeName.isEmpty { problems.required(path.child("volumeName")) }
    }
}

/// A Portworx volume.
package struct PortworxVolumeSource: Schema {
    package static let definition = Definition(PortworxVolumeSource(), "core.v1.PortworxVolumeSource", "A Portworx volume.")

    package let volumeID = Field<String>("volumeID", 1, "Identifier of the volume.", .required)
    package let fsType = Field<String>("fsType", 2, "File system to use.")
    package let readOnly = Field<Bool>("readOnly", 3, "Forbid writing.")
}

/// A ScaleIO volume.
package struct ScaleIOVolumeSource: Schema {
    package static let definition = Definition(ScaleIOVolumeSource(), "core.v1.ScaleIOVolumeSource", "A ScaleIO volume.")

    package let gateway = Field<String>("gateway", 1, "Address of the gateway.", .required)
    package let system = Field<String>("system", 2, "Name of the storage system.", .required)
    package let secretRef = Field<LocalObjectReference?>("secretRef", 3, "Secret with the credentials.", .always)
    package let sslEnabled = Field<Bool>("sslEnabled", 4, "Talk to the gateway over TLS.")
    package let protectionDomain = Field<String>("protectionDomain", 5, "Protection domain of the storage.")
    package let storagePool = Field<String>("storagePool", 6, "Pool of the domain.")
    package let storageMode = Field<String>("storageMode", 7, "ThickProvisioned or ThinProvisioned.", default: "ThinProvisioned")
    package let volumeName = Field<String>("volumeName", 8, "Name of a volume that exists.")
    package let fsType = Field<String>("fsType", 9, "File system to use.", default: "xfs")
    package let readOnly = Field<Bool>("readOnly", 10, "Forbid writing.")

    package static func validate(_ source: View<ScaleIOVolumeSource>, _ path: Path, _ problems: inout Problems) {
        if source.volumeName.isEmpty { problems.required(path.child("volumeName")) }
    }
}
