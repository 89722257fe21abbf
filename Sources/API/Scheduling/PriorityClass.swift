package import Machinery

/// A name for a priority that pods may have.
package struct PriorityClass: Kind {
    package static let definition = Definition(PriorityClass(), "scheduling.v1.PriorityClass", "A name for a priority that pods may have.")
    package static let names = KindNames(
        "PriorityClass", group: "scheduling.k8s.io", plural: "priorityclasses", short: ["pc"], isNamespaced: false)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let value = Field<Int32>(
        "value", 2, "The priority. Pods with a higher one are placed first. Never changes.", default: 0)
    package let globalDefault = Field<Bool>(
        "globalDefault", 3, "True for the class of pods that name none; of several the one with the lowest value counts.")
    package let description = Field<String>("description", 4, "For people: when to use the class.")
    package let preemptionPolicy = Field<String>(
        "preemptionPolicy", 5, "PreemptLowerPriority lets pods push others off a node, Never does not.",
        default: "PreemptLowerPriority", .immutable, .oneOf("Never", "PreemptLowerPriority"))

    /// The highest value outside the system's own classes.
    package static let highestUserValue: Int = 1_000_000_000
    /// The system's own classes, by name; they may have no others.
    package static let systemClasses: [String: Int] = [
        "system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000,
    ]

    package static let columns: [Column<PriorityClass>] = [
        .name,
        .count("Value", "The priority.") { $0.value },
        Column("Global-Default", .boolean, "True for the class of pods that name none.") { priority, _ in .bool(priority.globalDefault) },
        .age,
        Column("PreemptionPolicy", .string, "Whether pods may push others off a node.") { priority, _ in
            .string(priority.preemptionPolicy)
        },
    ]

    package static func prepareForCreate(_ priority: inout View<PriorityClass>) { priority.metadata.generation = 1 }

    /// Source: `ValidatePriorityClass` of pkg/apis/scheduling/validation.
    package static func validate(_ priority: View<PriorityClass>, _ path: Path, _ problems: inout Problems) {
        let name: String = priority.metadata.name
        if name.hasPrefix("system-") {
            let flaw: String? =
                switch systemClasses[name] {
                case priority.value?: priority.globalDefault ? "globalDefault of \(name) must be false" : nil
                case let wanted?: "value of \(name) must be \(wanted)"
                case nil: "\(name) is not a known system priority class"
                }
            if let flaw {
                problems.forbidden(
                    path.child("metadata").child("name"),
                    "priority class names with 'system-' prefix are reserved for system use only. error: \(flaw)")
            }
        } else if priority.value > highestUserValue {
            problems.forbidden(
                path.child("value"), "maximum allowed value of a user defined priority is \(highestUserValue)")
        }
    }

    package static func validateUpdate(
        _ priority: View<PriorityClass>, from old: View<PriorityClass>, _ path: Path, _ problems: inout Problems
    ) {
        if priority.value != old.value { problems.forbidden(path.child("value"), "may not be changed in an update.") }
    }
}
