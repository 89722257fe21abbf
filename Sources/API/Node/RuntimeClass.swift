package import Machinery

/// A way of running pods that they can ask for by name.
package struct RuntimeClass: Kind {
    package static let definition = Definition(
        RuntimeClass(), "node.v1.RuntimeClass", "A way of running pods that they can ask for by name.")
    package static let names = KindNames(
        "RuntimeClass", group: "node.k8s.io", plural: "runtimeclasses", isNamespaced: false, needsRevision: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let handler = Field<String>(
        "handler", 2, "What the kubelet calls this way of running pods. Never changes.", .always, .immutable, .format(Names.dns1123Label))
    package let overhead = Field<Overhead?>("overhead", 3, "What a pod needs beside its containers.")
    package let scheduling = Field<Scheduling?>("scheduling", 4, "Nodes that can run such pods; all if absent.")

    package static let columns: [Column<RuntimeClass>] = [
        .name,
        Column("Handler", .string, "What the kubelet calls this way of running pods.") { runtime, _ in .string(runtime.handler) },
        .age,
    ]

    package static func warnings(_ runtime: View<RuntimeClass>, from old: View<RuntimeClass>?) -> [String] {
        DeprecatedNodeLabels.notes(of: runtime.scheduling?.nodeSelector ?? [:]).map { "scheduling.nodeSelector: \($0.note)" }
    }
}

/// What a pod needs beside its containers.
package struct Overhead: Schema {
    package static let definition = Definition(Overhead(), "node.v1.Overhead", "What a pod needs beside its containers.")

    package let podFixed = Field<[String: Quantity]>("podFixed", 1, "Amounts for the whole pod, by resource.")

    /// Checked as the limits of a container, and told as such. Source: `validateOverhead` of pkg/apis/node/validation.
    package static func validate(_ overhead: View<Overhead>, _ path: Path, _ problems: inout Problems) {
        guard let amounts: JSON = overhead.json["podFixed"] else { return }
        ResourceRequirements.validate(View(["limits": amounts]), path, &problems)
    }
}

/// Nodes that can run pods of a RuntimeClass.
package struct Scheduling: Schema {
    package static let definition = Definition(Scheduling(), "node.v1.Scheduling", "Nodes that can run pods of a RuntimeClass.")

    package let nodeSelector = Field<[String: String]>(
        "nodeSelector", 1, "Labels of these nodes; they join those that the pod asks for itself.", .atomic)
    package let tolerations = Field<[Toleration]>("tolerations", 2, "Tolerations that such pods get.", .atomic)

    /// Source: `validateScheduling` of pkg/apis/node/validation.
    package static func validate(_ scheduling: View<Scheduling>, _ path: Path, _ problems: inout Problems) {
        Labels.validate(scheduling.json["nodeSelector"], path.child("nodeSelector"), &problems)
        var seen: Set<JSON> = []
        for (index, toleration) in scheduling.tolerations.enumerated() where !seen.insert(toleration.json).inserted {
            problems.duplicate(path.child("tolerations").index(index), toleration.json)
        }
    }
}
