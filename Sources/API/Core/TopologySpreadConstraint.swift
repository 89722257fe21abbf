package import Machinery

/// How evenly the pods of a set are to be spread over one kind of place.
package struct TopologySpreadConstraint: Schema {
    package static let definition = Definition(
        TopologySpreadConstraint(), "core.v1.TopologySpreadConstraint",
        "How evenly the pods of a set are to be spread over one kind of place.")

    package let maxSkew = Field<Int32>("maxSkew", 1, "How many more pods one place may have than the emptiest.", .always, .aboveZero)
    package let topologyKey = Field<String>("topologyKey", 2, "Label of nodes whose values are the places.", .required)
    package let whenUnsatisfiable = Field<String>(
        "whenUnsatisfiable", 3, "DoNotSchedule, or ScheduleAnyway for a wish.", .required, .oneOf("DoNotSchedule", "ScheduleAnyway"))
    package let labelSelector = Field<LabelSelector?>("labelSelector", 4, "The pods to count.")
    package let minDomains = Field<Int32?>(
        "minDomains", 5, "Places that must exist, else the emptiest counts as 0. Only with DoNotSchedule.", .aboveZero)
    package let nodeAffinityPolicy = Field<String?>(
        "nodeAffinityPolicy", 6, "Honor leaves out nodes that the pod's affinity excludes; Ignore counts them.", .oneOf("Honor", "Ignore"))
    package let nodeTaintsPolicy = Field<String?>(
        "nodeTaintsPolicy", 7, "Honor leaves out nodes whose taints the pod doesn't tolerate; Ignore counts them.",
        .oneOf("Honor", "Ignore"))
    package let matchLabelKeys = Field<[String]>(
        "matchLabelKeys", 8, "Labels whose values are taken from the pod itself and added to the selector.", .atomic)

    /// Source: `validateTopologySpreadConstraints` of pkg/apis/core/validation.
    package static func validate(_ constraint: View<TopologySpreadConstraint>, _ path: Path, _ problems: inout Problems) {
        if let domains: Int = constraint.minDomains, constraint.whenUnsatisfiable != "DoNotSchedule" {
            problems.invalid(
                path.child("minDomains"), .int(Int64(domains)),
                "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not \(constraint.whenUnsatisfiable)")
        }
        PodAffinityTerm.validateKeys(
            constraint.matchLabelKeys, "matchLabelKeys", selector: constraint.labelSelector, path, &problems)
    }
}
