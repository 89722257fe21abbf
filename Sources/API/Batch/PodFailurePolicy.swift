package import Machinery

/// What kinds of failure mean for a job. The first rule that fits a failed pod decides.
package struct PodFailurePolicy: Schema {
    package static let definition = Definition(PodFailurePolicy(), "batch.v1.PodFailurePolicy", "What kinds of failure mean for a job.")

    package let rules = Field<[PodFailurePolicyRule]>("rules", 1, "In order; the first that fits decides. 20 at most.", .always, .atomic)
}

/// What one kind of failure means.
package struct PodFailurePolicyRule: Schema {
    package static let definition = Definition(PodFailurePolicyRule(), "batch.v1.PodFailurePolicyRule", "What one kind of failure means.")

    package let action = Field<String>(
        "action", 1,
        "FailJob ends the job, FailIndex its one number, Ignore makes a new pod without counting, Count counts towards backoffLimit.",
        .required)
    package let onExitCodes = Field<PodFailurePolicyOnExitCodesRequirement?>(
        "onExitCodes", 2, "Fits pods of which a container ended with one of some codes.")
    package let onPodConditions = Field<[PodFailurePolicyOnPodConditionsPattern]>(
        "onPodConditions", 3, "Fits pods with one of these conditions. 20 at most.", .atomic)
}

/// Exit codes that a rule fits.
package struct PodFailurePolicyOnExitCodesRequirement: Schema {
    package static let definition = Definition(
        PodFailurePolicyOnExitCodesRequirement(), "batch.v1.PodFailurePolicyOnExitCodesRequirement", "Exit codes that a rule fits.")

    package let containerName = Field<String?>("containerName", 1, "The container that is looked at; any of them if absent.")
    package let `operator` = Field<String>(
        "operator", 2, "In: the code is in the list; NotIn: it is not.", .required, .oneOf("In", "NotIn"))
    package let values = Field<[Int32]>(
        "values", 3, "Exit codes in rising order, 1 to 255 of them; 0 can't be in a list for In.",
        .always, .listSet)

    /// Source: `validatePodFailurePolicyRuleOnExitCodes` of pkg/apis/batch/validation.
    package static func validate(
        _ requirement: View<PodFailurePolicyOnExitCodesRequirement>, _ path: Path, _ problems: inout Problems
    ) {
        let here: Path = path.child("values")
        let values: [Int] = requirement.values
        if values.isEmpty {
            problems.invalid(here, [], "at least one value is required")
        } else if values.count > 255 {
            problems.tooMany(here, values.count, atMost: 255)
        }
        var seen: Set<Int> = []
        for (index, value) in values.enumerated() {
            if requirement.operator == "In", value == 0 {
                problems.invalid(here.index(index), 0, "must not be 0 for the In operator")
            }
            if !seen.insert(value).inserted { problems.duplicate(here.index(index), Cells.integer(value)) }
        }
        if values != values.sorted() {
            problems.invalid(here, .array(values.map { Cells.integer($0) }), "must be ordered")
        }
    }
}

/// A pod condition that a rule fits.
package struct PodFailurePolicyOnPodConditionsPattern: Schema {
    package static let definition = Definition(
        PodFailurePolicyOnPodConditionsPattern(), "batch.v1.PodFailurePolicyOnPodConditionsPattern", "A pod condition that a rule fits.")

    package let type = Field<String>("type", 1, "Type of the condition, such as DisruptionTarget.", .required, .format(Names.qualifiedName))
    package let status = Field<String>(
        "status", 2, "Status of the condition; True if absent.", default: "True",
        .oneOf("False", "True", "Unknown"))
}

extension View<PodFailurePolicy> {
    /// Rules between the policy and its job. Source: `validatePodFailurePolicy` of pkg/apis/batch/validation.
    func validate(in spec: View<JobSpec>, _ path: Path, _ problems: inout Problems) {
        let here: Path = path.child("rules")
        if self.rules.count > 20 { problems.tooMany(here, self.rules.count, atMost: 20) }
        let containers: Set<String> = Set(
            spec.template.spec.containers.map { $0.name } + spec.template.spec.initContainers.map { $0.name })
        for (index, rule) in self.rules.enumerated() {
            rule.validate(in: spec, containers: containers, here.index(index), &problems)
        }
    }
}

extension View<PodFailurePolicyRule> {
    fileprivate func validate(in spec: View<JobSpec>, containers: Set<String>, _ path: Path, _ problems: inout Problems) {
        if self.action == "FailIndex", spec.backoffLimitPerIndex == nil {
            problems.invalid(path.child("action"), .string(self.action), "requires the backoffLimitPerIndex to be set")
        }
        let actions: [String] = ["Count", "FailIndex", "FailJob", "Ignore"]
        if !self.action.isEmpty, !actions.contains(self.action) {
            problems.notSupported(path.child("action"), .string(self.action), supported: actions)
        }
        if let codes = self.onExitCodes, let name: String = codes.containerName, !containers.contains(name) {
            problems.invalid(
                path.child("onExitCodes").child("containerName"), .string(name),
                "must be one of the container or initContainer names in the pod template")
        }
        if self.onPodConditions.count > 20 { problems.tooMany(path.child("onPodConditions"), self.onPodConditions.count, atMost: 20) }
        if self.onExitCodes != nil, !self.onPodConditions.isEmpty {
            problems.invalid(
                path, json, "specifying both OnExitCodes and OnPodConditions is not supported")
        }
        if self.onExitCodes == nil, self.onPodConditions.isEmpty {
            problems.invalid(path, json, "specifying one of OnExitCodes and OnPodConditions is required")
        }
    }
}
