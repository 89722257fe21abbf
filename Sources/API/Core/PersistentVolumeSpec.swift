package import Machinery

/// What a volume is and who may use it; one of its fields says where it is.
package struct PersistentVolumeSpec: Schema {
    package static let definition = Definition(
        PersistentVolumeSpec(), "core.v1.PersistentVolumeSpec", "What a volume is and who may use it.")

    package let capacity = Field<[String: Quantity]>("capacity", 1, "Size of the volume, as storage.")
    package let accessModes = Field<[String]>(
        "accessModes", 3, "How the volume can be mounted: ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod.", .atomic)
    package let claimRef = Field<ObjectReference?>(
        "claimRef", 4, "The claim that the volume is bound to, or kept for when it has no UID.", .granular)
    package let persistentVolumeReclaimPolicy = Field<String>(
        "persistentVolumeReclaimPolicy", 5, "What becomes of the volume when its claim goes: Retain, Delete or Recycle (out of use).",
        default: "Retain", .oneOf("Delete", "Recycle", "Retain"))
    package let storageClassName = Field<String>("storageClassName", 6, "Class of the volume; empty for none.")
    package let mountOptions = Field<[String]>("mountOptions", 7, "Options for mounting, unchecked.", .atomic)
    package let volumeMode = Field<String?>(
        "volumeMode", 8, "Filesystem, or Block for a raw device.", default: "Filesystem", .oneOf("Block", "Filesystem"))
    package let nodeAffinity = Field<VolumeNodeAffinity?>("nodeAffinity", 9, "Nodes that can reach the volume; all if absent.")
    package let volumeAttributesClassName = Field<String?>(
        "volumeAttributesClassName", 10, "Class of attributes that may change while the volume is in use.")
    package let gcePersistentDisk = Field<GCEPersistentDiskVolumeSource?>(
        "gcePersistentDisk", embedded(2, 1), "A disk of Google Compute Engine.")
    package let awsElasticBlockStore = Field<AWSElasticBlockStoreVolumeSource?>("awsElasticBlockStore", embedded(2, 2), "A disk of Amazon.")
    package let hostPath = Field<HostPathVolumeSource?>("hostPath", embedded(2, 3), "A path of the node.")
    package let glusterfs = Field<GlusterfsPersistentVolumeSource?>("glusterfs", embedded(2, 4), "A Glusterfs volume. Out of use.")
    package let nfs = Field<NFSVolumeSource?>("nfs", embedded(2, 5), "A directory of an NFS server.")
    package let rbd = Field<RBDPersistentVolumeSource?>("rbd", embedded(2, 6), "A Ceph block device. Out of use.")
    package let iscsi = Field<ISCSIPersistentVolumeSource?>("iscsi", embedded(2, 7), "A disk over iSCSI.")
    package let cinder = Field<CinderPersistentVolumeSource?>("cinder", embedded(2, 8), "A disk of OpenStack.")
    package let cephfs = Field<CephFSPersistentVolumeSource?>("cephfs", embedded(2, 9), "A Ceph file system. Out of use.")
    package let fc = Field<FCVolumeSource?>("fc", embedded(2, 10), "A disk over Fibre Channel.")
    package let flocker = Field<FlockerVolumeSource?>("flocker", embedded(2, 11), "A Flocker dataset. Out of use.")
    package let flexVolume = Field<FlexPersistentVolumeSource?>(
        "flexVolume", embedded(2, 12), "A volume of a driver program on the node. Out of use.")
    package let azureFile = Field<AzureFilePersistentVolumeSource?>("azureFile", embedded(2, 13), "A share of Azure.")
    package let vsphereVolume = Field<VsphereVirtualDiskVolumeSource?>("vsphereVolume", embedded(2, 14), "A disk of vSphere.")
    package let quobyte = Field<QuobyteVolumeSource?>("quobyte", embedded(2, 15), "A Quobyte volume. Out of use.")
    package let azureDisk = Field<AzureDiskVolumeSource?>("azureDisk", embedded(2, 16), "A disk of Azure.")
    package let photonPersistentDisk = Field<PhotonPersistentDiskVolumeSource?>(
        "photonPersistentDisk", embedded(2, 17), "A disk of Photon. Out of use.")
    package let portworxVolume = Field<PortworxVolumeSource?>("portworxVolume", embedded(2, 18), "A Portworx volume.")
    package let scaleIO = Field<ScaleIOPersistentVolumeSource?>("scaleIO", embedded(2, 19), "A ScaleIO volume. Out of use.")
    package let local = Field<LocalVolumeSource?>("local", embedded(2, 20), "A disk or directory of one node.")
    package let storageos = Field<StorageOSPersistentVolumeSource?>("storageos", embedded(2, 21), "A StorageOS volume. Out of use.")
    package let csi = Field<CSIPersistentVolumeSource?>("csi", embedded(2, 22), "A volume of a CSI driver.")

    /// The fields that say where a volume is.
    package static let sources: [String] = definition.schema.fields.filter { $0.number >= embedded(2, 0) }.map { $0.name }
}

/// Nodes that can reach a volume.
package struct VolumeNodeAffinity: Schema {
    package static let definition = Definition(VolumeNodeAffinity(), "core.v1.VolumeNodeAffinity", "Nodes that can reach a volume.")

    package let required = Field<NodeSelector?>("required", 1, "Conditions that such a node meets.")

    package static func validate(_ affinity: View<VolumeNodeAffinity>, _ path: Path, _ problems: inout Problems) {
        if affinity.required == nil { problems.required(path.child("required"), "must specify required node constraints") }
    }
}

extension PersistentVolumeSpec {
    /// Source: `ValidatePersistentVolumeSpec` of pkg/apis/core/validation.
    package static func validate(_ spec: View<PersistentVolumeSpec>, _ path: Path, _ problems: inout Problems) {
        if spec.accessModes.isEmpty { problems.required(path.child("accessModes")) }
        AccessModes.validate(spec.accessModes, path.child("accessModes"), &problems)
        let used: [String] = sources.filter { spec.json[$0] != nil }
        if used.isEmpty { problems.required(path, "must specify a volume type") }
        for source in used.dropFirst() { problems.forbidden(path.child(source), "may not specify more than 1 volume type") }
        if spec.local != nil, spec.nodeAffinity == nil {
            problems.required(Path("metadata").child("annotations"), "Local volume requires node affinity")
        }
        if spec.persistentVolumeReclaimPolicy == "Recycle", let host = spec.hostPath, isRoot(host.path) {
            problems.forbidden(
                path.child("persistentVolumeReclaimPolicy"), "may not be 'recycle' for a hostPath mount of '/'")
        }
        if !spec.storageClassName.isEmpty {
            for detail in Names.dns1123Subdomain(spec.storageClassName) {
                problems.invalid(path.child("storageClassName"), .string(spec.storageClassName), detail)
            }
        }
        validateAttributesClass(spec, path, &problems)
    }

    /// Of a volume that is an object of its own.
    static func validateCapacity(_ capacity: JSON?, _ path: Path, _ problems: inout Problems) {
        let amounts: JSONObject = capacity?.object ?? [:]
        if amounts.isEmpty { problems.required(path) }
        if amounts["storage"] == nil || amounts.count > 1 {
            problems.notSupported(path, capacity ?? .null, supported: ["storage"])
        }
        for member in amounts where Quantity.read(member.value).sign <= 0 {
            problems.invalid(path.key(member.key), member.value, "must be greater than zero")
        }
    }

    private static func validateAttributesClass(_ spec: View<PersistentVolumeSpec>, _ path: Path, _ problems: inout Problems) {
        guard let name: String = spec.volumeAttributesClassName else { return }
        let here: Path = path.child("volumeAttributesClassName")
        if name.isEmpty { problems.required(here, "an empty string is disallowed") }
        if !name.isEmpty { for detail in Names.dns1123Subdomain(name) { problems.invalid(here, .string(name), detail) } }
        if spec.csi == nil { problems.required(path.child("csi"), "has to be specified when using volumeAttributesClassName") }
    }

    /// `/`, `//`, `/.`: nothing but the root.
    private static func isRoot(_ path: String) -> Bool {
        path.hasPrefix("/") && path.split(separator: "/").allSatisfy { $0 == "." || $0 == ".." }
    }
}
