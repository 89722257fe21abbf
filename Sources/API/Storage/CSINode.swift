package import Machinery

/// The storage drivers of a node; the name is the node's.
package struct CSINode: Kind {
    package static let definition = Definition(CSINode(), "storage.v1.CSINode", "The storage drivers of a node; the name is the node's.")
    package static let names = KindNames(
        "CSINode", group: "storage.k8s.io", plural: "csinodes", isNamespaced: false, returnsDeleted: true, needsRevision: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<CSINodeSpec>("spec", 2, "The drivers.", .always)

    package static let columns: [Column<CSINode>] = [
        .name,
        .count("Drivers", "Number of drivers.") { $0.spec.drivers.count },
        .age,
    ]
}

/// The storage drivers of a node.
package struct CSINodeSpec: Schema {
    package static let definition = Definition(CSINodeSpec(), "storage.v1.CSINodeSpec", "The storage drivers of a node.")

    package let drivers = Field<[CSINodeDriver]>("drivers", 1, "The drivers.", .always, .merge(key: "name"))

    package static func validate(_ spec: View<CSINodeSpec>, _ path: Path, _ problems: inout Problems) {
        var names: Set<String> = []
        for (index, driver) in spec.drivers.enumerated() where !names.insert(driver.name).inserted {
            problems.duplicate(path.child("drivers").index(index).child("name"), .string(driver.name))
        }
    }

    /// What a driver said once stays, but for the number of volumes. Source: `ValidateCSINodeUpdate` of pkg/apis/storage/validation.
    package static func validateUpdate(
        _ spec: View<CSINodeSpec>, from old: View<CSINodeSpec>, _ path: Path, _ problems: inout Problems
    ) {
        for driver in spec.drivers {
            guard let before = old.drivers.first(where: { $0.name == driver.name }) else { continue }
            var compared: View<CSINodeDriver> = driver
            compared.allocatable = before.allocatable
            if compared != before { problems.invalid(Path("CSINodeDriver"), driver.json, "field is immutable") }
        }
    }
}

/// A storage driver of a node.
package struct CSINodeDriver: Schema {
    package static let definition = Definition(CSINodeDriver(), "storage.v1.CSINodeDriver", "A storage driver of a node.")

    package let name = Field<String>("name", 1, "Name of the driver.", .always)
    package let nodeID = Field<String>("nodeID", 2, "What the driver calls the node; 192 bytes at most.", .required)
    package let topologyKeys = Field<[String]>("topologyKeys", 3, "Labels of the node by which the driver tells places apart.", .atomic)
    package let allocatable = Field<VolumeNodeResources?>("allocatable", 4, "What the node has for the driver's volumes.")

    /// Source: `validateCSINodeDriver` of pkg/apis/storage/validation.
    package static func validate(_ driver: View<CSINodeDriver>, _ path: Path, _ problems: inout Problems) {
        StorageRules.validateDriver(driver.name, path.child("name"), &problems)
        if driver.nodeID.utf8.count > 192 {
            problems.invalid(path.child("nodeID"), .string(driver.nodeID), "must be 192 characters or less")
        }
        var keys: Set<String> = []
        for key in driver.topologyKeys {
            if key.isEmpty || !keys.insert(key).inserted { problems.duplicate(path.child("topologyKeys"), .string(key)) }
            for detail in Names.qualifiedName(key) {
                problems.invalid(path.child("topologyKeys"), driver.json["topologyKeys"] ?? [], detail)
            }
        }
    }
}

/// What a node has for volumes.
package struct VolumeNodeResources: Schema {
    package static let definition = Definition(VolumeNodeResources(), "storage.v1.VolumeNodeResources", "What a node has for volumes.")

    package let count = Field<Int32?>("count", 1, "Number of volumes that the node can have; no limit if absent.", .atLeast(0))
}
