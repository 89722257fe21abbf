package import Machinery

/// A sort of volumes that can be asked for by name.
package struct StorageClass: Kind {
    package static let definition = Definition(
        StorageClass(), "storage.v1.StorageClass", "A sort of volumes that can be asked for by name.")
    package static let names = KindNames(
        "StorageClass", group: "storage.k8s.io", plural: "storageclasses", short: ["sc"], isNamespaced: false, returnsDeleted: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let provisioner = Field<String>("provisioner", 2, "Who makes the volumes. Never changes.", .required)
    package let parameters = Field<[String: String]>("parameters", 3, "Settings that the provisioner knows. They never change.")
    package let reclaimPolicy = Field<String?>(
        "reclaimPolicy", 4, "What becomes of a volume that is released: Delete or Retain. Never changes.", default: "Delete",
        .oneOf("Delete", "Retain"))
    package let mountOptions = Field<[String]>("mountOptions", 5, "Options for mounting the volumes, unchecked.", .atomic)
    package let allowVolumeExpansion = Field<Bool?>("allowVolumeExpansion", 6, "True when volumes can grow.")
    package let volumeBindingMode = Field<String?>(
        "volumeBindingMode", 7, "When volumes are made: Immediate, or WaitForFirstConsumer for when a pod needs them. Never changes.",
        default: "Immediate", .immutable, .oneOf("Immediate", "WaitForFirstConsumer"))
    package let allowedTopologies = Field<[TopologySelectorTerm]>(
        "allowedTopologies", 8, "Where volumes may be made; anywhere if empty.", .atomic)

    /// The annotation of the class for claims that name none: `"true"`.
    package static let defaultAnnotation = "storageclass.kubernetes.io/is-default-class"
    /// The same in its old form.
    package static let betaDefaultAnnotation = "storageclass.beta.kubernetes.io/is-default-class"

    package static let columns: [Column<StorageClass>] = [
        Column("Name", .string, "Name, with a mark on the default one.", format: "name") { storage, _ in
            .string(storage.isDefault ? storage.name + " (default)" : storage.name)
        },
        Column("Provisioner", .string, "Who makes the volumes.") { storage, _ in .string(storage.provisioner) },
        Column("ReclaimPolicy", .string, "What becomes of a volume that is released.") { storage, _ in
            .string(storage.reclaimPolicy ?? "Delete")
        },
        Column("VolumeBindingMode", .string, "When volumes are made.") { storage, _ in .string(storage.volumeBindingMode ?? "Immediate") },
        Column("AllowVolumeExpansion", .string, "True when volumes can grow.") { storage, _ in .bool(storage.allowVolumeExpansion ?? false)
        },
        .age,
    ]

    /// Source: pkg/api/storage/util.go.
    package static func warnings(_ storage: View<StorageClass>, from old: View<StorageClass>?) -> [String] {
        storage.allowedTopologies.enumerated().flatMap { index, term in
            term.matchLabelExpressions.enumerated().compactMap { number, expression in
                DeprecatedNodeLabels.notes[expression.key].map {
                    "allowedTopologies[\(index)].matchLabelExpressions[\(number)].key: \($0)"
                }
            }
        }
    }

    /// Source: `ValidateStorageClass` of pkg/apis/storage/validation.
    package static func validate(_ storage: View<StorageClass>, _ path: Path, _ problems: inout Problems) {
        StorageRules.validateProvisioner(storage.provisioner, path.child("provisioner"), &problems)
        StorageRules.validateParameters(storage.json["parameters"], path.child("parameters"), &problems)
        let topologies: [View<TopologySelectorTerm>] = storage.allowedTopologies
        for (index, term) in topologies.enumerated()
        where !term.matchLabelExpressions.isEmpty && topologies[..<index].contains(where: { $0.means(term) }) {
            problems.duplicate(path.child("allowedTopologies").index(index).child("matchLabelExpressions"), "")
        }
    }

    /// Source: `ValidateStorageClassUpdate` of pkg/apis/storage/validation.
    package static func validateUpdate(
        _ storage: View<StorageClass>, from old: View<StorageClass>, _ path: Path, _ problems: inout Problems
    ) {
        for field in ["parameters", "provisioner", "reclaimPolicy"] where storage.json[field] != old.json[field] {
            problems.forbidden(path.child(field), "updates to \(field) are forbidden.")
        }
    }
}

extension View<StorageClass> {
    /// True for the class of claims that name none.
    package var isDefault: Bool {
        let annotations: [String: String] = self.metadata.annotations
        return annotations[StorageClass.defaultAnnotation] == "true" || annotations[StorageClass.betaDefaultAnnotation] == "true"
    }
}
