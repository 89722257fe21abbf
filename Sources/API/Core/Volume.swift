package import Machinery

/// A directory or device that containers of a pod may mount, from one source.
package struct Volume: Schema {
    package static let definition = Definition(
        Volume(), "core.v1.Volume", "A directory or device that containers of a pod may mount, from one source.")

    package let name = Field<String>("name", 1, "Unique within the pod.", .required, .format(Names.dns1123Label))
    package let hostPath = Field<HostPathVolumeSource?>("hostPath", embedded(2, 1), "A path of the node.")
    package let emptyDir = Field<EmptyDirVolumeSource?>("emptyDir", embedded(2, 2), "A directory that lives as long as the pod.")
    package let gcePersistentDisk = Field<GCEPersistentDiskVolumeSource?>(
        "gcePersistentDisk", embedded(2, 3), "A disk of Google Compute Engine.")
    package let awsElasticBlockStore = Field<AWSElasticBlockStoreVolumeSource?>("awsElasticBlockStore", embedded(2, 4), "A disk of Amazon.")
    package let gitRepo = Field<GitRepoVolumeSource?>("gitRepo", embedded(2, 5), "A clone of a git repository. Out of use.")
    package let secret = Field<SecretVolumeSource?>("secret", embedded(2, 6), "The keys of a Secret as files.")
    package let nfs = Field<NFSVolumeSource?>("nfs", embedded(2, 7), "A directory of an NFS server.")
    package let iscsi = Field<ISCSIVolumeSource?>("iscsi", embedded(2, 8), "A disk over iSCSI.")
    package let glusterfs = Field<GlusterfsVolumeSource?>("glusterfs", embedded(2, 9), "A Glusterfs volume. Out of use.")
    package let persistentVolumeClaim = Field<PersistentVolumeClaimVolumeSource?>(
        "persistentVolumeClaim", embedded(2, 10), "The volume that a claim is bound to.")
    package let rbd = Field<RBDVolumeSource?>("rbd", embedded(2, 11), "A Ceph block device. Out of use.")
    package let flexVolume = Field<FlexVolumeSource?>(
        "flexVolume", embedded(2, 12), "A volume of a driver program on the node. Out of use.")
    package let cinder = Field<CinderVolumeSource?>("cinder", embedded(2, 13), "A disk of OpenStack.")
    package let cephfs = Field<CephFSVolumeSource?>("cephfs", embedded(2, 14), "A Ceph file system. Out of use.")
    package let flocker = Field<FlockerVolumeSource?>("flocker", embedded(2, 15), "A Flocker dataset. Out of use.")
    package let downwardAPI = Field<DownwardAPIVolumeSource?>("downwardAPI", embedded(2, 16), "Fields of the pod as files.")
    package let fc = Field<FCVolumeSource?>("fc", embedded(2, 17), "A disk over Fibre Channel.")
    package let azureFile = Field<AzureFileVolumeSource?>("azureFile", embedded(2, 18), "A share of Azure.")
    package let configMap = Field<ConfigMapVolumeSource?>("configMap", embedded(2, 19), "The keys of a ConfigMap as files.")
    package let vsphereVolume = Field<VsphereVirtualDiskVolumeSource?>("vsphereVolume", embedded(2, 20), "A disk of vSphere.")
    package let quobyte = Field<QuobyteVolumeSource?>("quobyte", embedded(2, 21), "A Quobyte volume. Out of use.")
    package let azureDisk = Field<AzureDiskVolumeSource?>("azureDisk", embedded(2, 22), "A disk of Azure.")
    package let photonPersistentDisk = Field<PhotonPersistentDiskVolumeSource?>(
        "photonPersistentDisk", embedded(2, 23), "A disk of Photon. Out of use.")
    package let portworxVolume = Field<PortworxVolumeSource?>("portworxVolume", embedded(2, 24), "A Portworx volume.")
    package let scaleIO = Field<ScaleIOVolumeSource?>("scaleIO", embedded(2, 25), "A ScaleIO volume. Out of use.")
    package let projected = Field<ProjectedVolumeSource?>("projected", embedded(2, 26), "Several sources in one directory.")
    package let storageos = Field<StorageOSVolumeSource?>("storageos", embedded(2, 27), "A StorageOS volume. Out of use.")
    package let csi = Field<CSIVolumeSource?>("csi", embedded(2, 28), "A volume that a CSI driver makes for this pod.")
    package let ephemeral = Field<EphemeralVolumeSource?>(
        "ephemeral", embedded(2, 29), "A claim that is made for this pod and goes with it.")
    package let image = Field<ImageVolumeSource?>("image", embedded(2, 30), "The content of an OCI image or artifact.")

    /// A volume without a source is an emptyDir. Source: `SetDefaults_Volume` of pkg/apis/core/v1/defaults.go.
    package static func setDefaults(_ volume: inout View<Volume>) {
        if volume.sources.isEmpty { volume.emptyDir = View<EmptyDirVolumeSource>() }
    }

    /// Source: `validateVolumeSource` of pkg/apis/core/validation.
    package static func validate(_ volume: View<Volume>, _ path: Path, _ problems: inout Problems) {
        let sources: [String] = volume.sources
        if sources.isEmpty { problems.required(path, "must specify a volume type") }
        for source in sources.dropFirst() {
            problems.forbidden(path.child(source), "may not specify more than 1 volume type")
        }
    }
}

extension View<Volume> {
    /// The members that name a source; one in a valid volume: `emptyDir`.
    package var sources: [String] { json.object?.keys.filter { $0 != "name" && Volume.definition.schema.index(of: $0) != nil } ?? [] }
}
