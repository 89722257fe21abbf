package import Machinery

/// A disk of Google Compute Engine.
package struct GCEPersistentDiskVolumeSource: Schema {
    package static let definition = Definition(
        GCEPersistentDiskVolumeSource(), "core.v1.GCEPersistentDiskVolumeSource", "A disk of Google Compute Engine.")

    package let pdName = Field<String>("pdName", 1, "Name of the disk.", .required)
    package let fsType = Field<String>("fsType", 2, "File system to use.")
    package let partition = Field<Int32>("partition", 3, "Number of the partition; 0 for the whole disk.", .between(0, 255))
    package let readOnly = Field<Bool>("readOnly", 4, "Forbid writing.")
}

/// A disk of Amazon.
package struct AWSElasticBlockStoreVolumeSource: Schema {
    package static let definition = Definition(
        AWSElasticBlockStoreVolumeSource(), "core.v1.AWSElasticBlockStoreVolumeSource", "A disk of Amazon.")

    package let volumeID = Field<String>("volumeID", 1, "Identifier of the disk.", .required)
    package let fsType = Field<String>("fsType", 2, "File system to use.")
    package let partition = Field<Int32>("partition", 3, "Number of the partition; 0 for the whole disk.", .between(0, 255))
    package let readOnly = Field<Bool>("readOnly", 4, "Forbid writing.")
}

/// A disk of Azure.
package struct AzureDiskVolumeSource: Schema {
    package static let definition = Definition(AzureDiskVolumeSource(), "core.v1.AzureDiskVolumeSource", "A disk of Azure.")

    package let diskName = Field<String>("diskName", 1, "Name of the disk.", .required)
    package let diskURI = Field<String>("diskURI", 2, "Address of the disk.", .required)
    package let cachingMode = Field<String?>(
        "cachingMode", 3, "None, ReadOnly or ReadWrite.", default: "ReadWrite", .oneOf("None", "ReadOnly", "ReadWrite"))
    package let fsType = Field<String?>("fsType", 4, "File system to use.", default: "ext4")
    package let readOnly = Field<Bool?>("readOnly", 5, "Forbid writing.", default: false)
    package let kind = Field<String?>(
        "kind", 6, "Shared, Dedicated or Managed.", default: "Shared", .oneOf("Dedicated", "Managed", "Shared"))
}

/// A share of Azure.
package struct AzureFileVolumeSource: Schema {
    package static let definition = Definition(AzureFileVolumeSource(), "core.v1.AzureFileVolumeSource", "A share of Azure.")

    package let secretName = Field<String>("secretName", 1, "Secret with the credentials.", .required)
    package let shareName = Field<String>("shareName", 2, "Name of the share.", .required)
    package let readOnly = Field<Bool>("readOnly", 3, "Forbid writing.")
}

/// A disk of OpenStack.
package struct CinderVolumeSource: Schema {
    package static let definition = Definition(CinderVolumeSource(), "core.v1.CinderVolumeSource", "A disk of OpenStack.")

    package let volumeID = Field<String>("volumeID", 1, "Identifier of the disk.", .required)
    package let fsType = Field<String>("fsType", 2, "File system to use.")
    package let readOnly = Field<Bool>("readOnly", 3, "Forbid writing.")
    package let secretRef = Field<LocalObjectReference?>("secretRef", 4, "Secret with the credentials.")
}

/// A disk of vSphere.
package struct VsphereVirtualDiskVolumeSource: Schema {
    package static let definition = Definition(
        VsphereVirtualDiskVolumeSource(), "core.v1.VsphereVirtualDiskVolumeSource", "A disk of vSphere.")

    package let volumePath = Field<String>("volumePath", 1, "Path of the disk.", .required)
    package let fsType = Field<String>("fsType", 2, "File system to use.")
    package let storagePolicyName = Field<String>("storagePolicyName", 3, "Name of the storage policy.")
    package let storagePolicyID = Field<String>("storagePolicyID", 4, "Identifier of the storage policy.")
}

/// A disk of Photon.
package struct PhotonPersistentDiskVolumeSource: Schema {
    package static let definition = Definition(
        PhotonPersistentDiskVolumeSource(), "core.v1.PhotonPersistentDiskVolumeSource", "A disk of Photon.")

    package let pdID = Field<String>("pdID", 1, "Identifier of the disk.", .required)
    package let fsType = Field<String>("fsType", 2, "File system to use.")
}
