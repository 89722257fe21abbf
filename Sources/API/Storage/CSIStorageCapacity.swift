package import Machinery

/// How much room there is for volumes of a class in a part of the cluster.
package struct CSIStorageCapacity: Kind {
    package static let definition = Definition(
        CSIStorageCapacity(), "storage.v1.CSIStorageCapacity",
        "How much room there is for volumes of a class in a part of the cluster.")
    package static let names = KindNames("CSIStorageCapacity", group: "storage.k8s.io", plural: "csistoragecapacities", needsRevision: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let nodeTopology = Field<LabelSelector?>("nodeTopology", 2, "Nodes that can reach the room. Never changes.", .immutable)
    package let storageClassName = Field<String>(
        "storageClassName", 3, "The class. Never changes.", .always, .immutable, .format(Names.dns1123Subdomain))
    package let capacity = Field<Quantity?>("capacity", 4, "The room that is left.", .nonNegativeQuantity)
    package let maximumVolumeSize = Field<Quantity?>("maximumVolumeSize", 5, "The largest volume that can be made.", .nonNegativeQuantity)

    package static let columns: [Column<CSIStorageCapacity>] = [
        .name,
        Column("StorageClassName", .string, "The class.") { room, _ in .string(room.storageClassName) },
        Column("Capacity", .string, "The room that is left.") { room, _ in .string(room.capacity?.description ?? "<unset>") },
    ]

    package static func warnings(_ room: View<CSIStorageCapacity>, from old: View<CSIStorageCapacity>?) -> [String] {
        room.nodeTopology.map { DeprecatedNodeLabels.warnings($0, Path("nodeTopology")) } ?? []
    }
}
