package import Machinery

/// How many pods of a set may be missing while nodes are drained and pods are evicted.
package struct PodDisruptionBudget: Kind {
    package static let definition = Definition(
        PodDisruptionBudget(), "policy.v1.PodDisruptionBudget", "How many pods of a set may be missing while pods are evicted.")
    package static let names = KindNames(
        "PodDisruptionBudget", group: "policy", plural: "poddisruptionbudgets", short: ["pdb"],
        subresources: [.status("PodDisruptionBudget")], tracksGeneration: true, needsRevision: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<PodDisruptionBudgetSpec>("spec", 2, "What is wanted.")
    package let status = Field<PodDisruptionBudgetStatus>("status", 3, "What was last seen.")

    package static let columns: [Column<PodDisruptionBudget>] = [
        .name,
        Column("Min Available", .string, "Pods that must stay, as a number or a percentage.") { budget, _ in
            .string(budget.spec.minAvailable?.description ?? "N/A")
        },
        Column("Max Unavailable", .string, "Pods that may be missing, as a number or a percentage.") { budget, _ in
            .string(budget.spec.maxUnavailable?.description ?? "N/A")
        },
        .count("Allowed Disruptions", "Pods that may be evicted just now.") { $0.status.disruptionsAllowed },
        .age,
    ]
}

/// What a budget allows: a least number of pods that stay, or a greatest number that may be missing.
package struct PodDisruptionBudgetSpec: Schema {
    package static let definition = Definition(
        PodDisruptionBudgetSpec(), "policy.v1.PodDisruptionBudgetSpec", "What a budget for evictions allows.")

    package let minAvailable = Field<IntOrString?>(
        "minAvailable", 1, "Pods that must be healthy after an eviction, as a number or a percentage rounded up.",
        .check(IntOrPercent.validate), .check(IntOrPercent.validateNotMoreThan100Percent))
    package let selector = Field<LabelSelector?>(
        "selector", 2, "Which pods count. Empty means all of the namespace, absence none.", .replace)
    package let maxUnavailable = Field<IntOrString?>(
        "maxUnavailable", 3, "Pods that may be missing after an eviction, as a number or a percentage rounded up.",
        .check(IntOrPercent.validate), .check(IntOrPercent.validateNotMoreThan100Percent))
    package let unhealthyPodEvictionPolicy = Field<String?>(
        "unhealthyPodEvictionPolicy", 4,
        "When pods that are not ready may be evicted: IfHealthyBudget while enough others are, AlwaysAllow at any time.",
        .oneOf("AlwaysAllow", "IfHealthyBudget"))

    /// Source: `ValidatePodDisruptionBudgetSpec` of pkg/apis/policy/validation.
    package static func validate(_ spec: View<PodDisruptionBudgetSpec>, _ path: Path, _ problems: inout Problems) {
        if spec.minAvailable != nil, spec.maxUnavailable != nil {
            problems.invalid(path, spec.json, "minAvailable and maxUnavailable cannot be both set")
        }
    }
}

/// What was last seen of a budget and its pods.
package struct PodDisruptionBudgetStatus: Schema {
    package static let definition = Definition(
        PodDisruptionBudgetStatus(), "policy.v1.PodDisruptionBudgetStatus", "What was last seen of a budget and its pods.")

    package let observedGeneration = Field<Int64>(
        "observedGeneration", 1, "Generation of the budget that the numbers are of; evictions wait for the present one.", .atLeast(0))
    package let disruptedPods = Field<[String: Time]>(
        "disruptedPods", 2, "Pods whose eviction was granted but that are not yet terminating, by name, with the time of the grant.")
    package let disruptionsAllowed = Field<Int32>("disruptionsAllowed", 3, "Pods that may be evicted just now.", default: 0, .atLeast(0))
    package let currentHealthy = Field<Int32>("currentHealthy", 4, "Pods that are healthy.", default: 0, .atLeast(0))
    package let desiredHealthy = Field<Int32>("desiredHealthy", 5, "Pods that must be healthy.", default: 0, .atLeast(0))
    package let expectedPods = Field<Int32>("expectedPods", 6, "Pods that count.", default: 0, .atLeast(0))
    package let conditions = Field<[Condition]>(
        "conditions", 7, "Aspects of the state: DisruptionAllowed.", .merge(key: "type"))

    package static func validate(_ status: View<PodDisruptionBudgetStatus>, _ path: Path, _ problems: inout Problems) {
        Condition.requireReasons(status.conditions, path.child("conditions"), &problems)
    }
}
