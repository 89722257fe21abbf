package import Machinery

/// A space for names, within which objects live and die.
package struct Namespace: Kind {
    package static let definition = Definition(Namespace(), "core.v1.Namespace", "A space for names, within which objects live and die.")
    package static let names = KindNames(
        "Namespace", group: "", plural: "namespaces", short: ["ns"], isNamespaced: false,
        verbs: [.create, .delete, .get, .list, .patch, .update, .watch],
        subresources: [Subresource("finalize", kind: "Namespace", verbs: [.update]), .status("Namespace")],
        nameRule: { Names.dns1123Label($0) })

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<NamespaceSpec>("spec", 2, "Who must act before the namespace may go.")
    package let status = Field<NamespaceStatus>("status", 3, "Whether the namespace is in use or going.")

    /// The finalizer in `spec` that stays until the namespace is empty.
    package static let finalizer = "kubernetes"
    /// The label with the namespace's own name, for selectors.
    package static let nameLabel = "kubernetes.io/metadata.name"

    package static let selectableFields: [SelectableField] = ["status.phase"]

    package static let columns: [Column<Namespace>] = [
        .name,
        Column("Status", .string, "Active, or Terminating while its objects are removed.") { space, _ in .string(space.status.phase) },
        .age,
    ]

    package static func setDefaults(_ namespace: inout View<Namespace>) {
        if !namespace.metadata.name.isEmpty { namespace.metadata.labels[nameLabel] = namespace.metadata.name }
    }

    /// Source: `namespaceStrategy` of pkg/registry/core/namespace.
    package static func prepareForCreate(_ namespace: inout View<Namespace>) {
        namespace.metadata.labels[nameLabel] = namespace.metadata.name
        namespace.status.phase = "Active"
        if !namespace.spec.finalizers.contains(finalizer) { namespace.spec.finalizers.append(finalizer) }
    }

    /// Finalizers in `spec` change through the `finalize` subresource only, which does not come by here.
    package static func prepareForUpdate(_ namespace: inout View<Namespace>, from old: View<Namespace>) {
        namespace.spec.finalizers = old.spec.finalizers
    }

    package static func validate(_ namespace: View<Namespace>, _ path: Path, _ problems: inout Problems) {
        let list: Path = path.child("spec").child("finalizers")
        ObjectMeta.validateFinalizerNames(namespace.spec.finalizers, list, &problems)
        ObjectMeta.validateBareFinalizers(namespace.spec.finalizers, of: names, list, &problems)
    }

    package static func prepareForDeletion(_ namespace: inout View<Namespace>) { namespace.status.phase = "Terminating" }

    package static func holdsDeletion(_ namespace: View<Namespace>) -> Bool { !namespace.spec.finalizers.isEmpty }
}

/// Who must act before a namespace may go.
package struct NamespaceSpec: Schema {
    package static let definition = Definition(NamespaceSpec(), "core.v1.NamespaceSpec", "Who must act before a namespace may go.")

    package let finalizers = Field<[String]>(
        "finalizers", 1, "Names of those who must act; the namespace goes when the list is empty.", .atomic)
}

/// Whether a namespace is in use or going.
package struct NamespaceStatus: Schema {
    package static let definition = Definition(
        NamespaceStatus(), "core.v1.NamespaceStatus", "Whether a namespace is in use or going.")

    package let phase = Field<String>("phase", 1, "Active, or Terminating while its objects are removed.", default: "Active")
    package let conditions = Field<[NamespaceCondition]>(
        "conditions", 2, "While terminating: what is still there and what went wrong.", .merge(key: "type"))
}

/// One aspect of a namespace's state.
package struct NamespaceCondition: Schema {
    package static let definition = Definition(
        NamespaceCondition(), "core.v1.NamespaceCondition", "One aspect of a namespace's state.")

    package let type = Field<String>("type", 1, "Such as NamespaceContentRemaining.", .required)
    package let status = Field<String>("status", 2, "True, False or Unknown.", .required)
    package let lastTransitionTime = Field<Time?>("lastTransitionTime", 4, "When the status changed last.", .written)
    package let reason = Field<String>("reason", 5, "One word for why.")
    package let message = Field<String>("message", 6, "The same for people.")
}
