package import Machinery

/// The number of pods of any workload, in one form for all: the body of the `scale` subresource.
package struct Scale: Kind {
    package static let definition = Definition(Scale(), "autoscaling.v1.Scale", "The number of pods of a workload.")
    package static let names = KindNames("Scale", group: "autoscaling", plural: "scales", verbs: [.get, .patch, .update])

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, namespace and revision of the workload.")
    package let spec = Field<ScaleSpec>("spec", 2, "What is wanted.")
    package let status = Field<ScaleStatus>("status", 3, "What was last seen.")

    package static let columns: [Column<Scale>] = [
        .name,
        .count("Desired", "Number of wanted pods.") { $0.spec.replicas },
        .count("Available", "Number of pods that there are.") { $0.status.replicas },
        .age,
    ]
}

/// The number of wanted pods.
package struct ScaleSpec: Schema {
    package static let definition = Definition(ScaleSpec(), "autoscaling.v1.ScaleSpec", "The number of wanted pods.")

    package let replicas = Field<Int32>("replicas", 1, "Number of wanted pods.", .atLeast(0))
}

/// The number of pods that there are.
package struct ScaleStatus: Schema {
    package static let definition = Definition(ScaleStatus(), "autoscaling.v1.ScaleStatus", "The number of pods that there are.")

    package let replicas = Field<Int32>("replicas", 1, "Number of pods that there are.", .always)
    package let selector = Field<String>("selector", 2, "Which pods are counted, as a label selector in text form.")
}
