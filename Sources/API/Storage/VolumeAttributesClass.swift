package import Machinery

/// Attributes of volumes that may change while they are in use, under a name.
package struct VolumeAttributesClass: Kind {
    package static let definition = Definition(
        VolumeAttributesClass(), "storage.v1.VolumeAttributesClass",
        "Attributes of volumes that may change while they are in use, under a name.")
    package static let names = KindNames(
        "VolumeAttributesClass", group: "storage.k8s.io", plural: "volumeattributesclasses", short: ["vac"], isNamespaced: false,
        returnsDeleted: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let driverName = Field<String>("driverName", 2, "The driver that knows the attributes. Never changes.", .required)
    package let parameters = Field<[String: String]>("parameters", 3, "The attributes, one at least. They never change.")

    package static let columns: [Column<VolumeAttributesClass>] = [
        .name,
        Column("DriverName", .string, "The driver that knows the attributes.") { attributes, _ in .string(attributes.driverName) },
        .age,
    ]

    /// Source: `ValidateVolumeAttributesClass` of pkg/apis/storage/validation.
    package static func validate(_ attributes: View<VolumeAttributesClass>, _ path: Path, _ problems: inout Problems) {
        StorageRules.validateProvisioner(attributes.driverName, path.child("driverName"), &problems)
        StorageRules.validateParameters(attributes.json["parameters"], mayBeEmpty: false, path.child("parameters"), &problems)
    }

    package static func validateUpdate(
        _ attributes: View<VolumeAttributesClass>, from old: View<VolumeAttributesClass>, _ path: Path, _ problems: inout Problems
    ) {
        for field in ["driverName", "parameters"] where attributes.json[field] != old.json[field] {
            problems.forbidden(path.child(field), "updates to \(field) are forbidden.")
        }
    }
}
