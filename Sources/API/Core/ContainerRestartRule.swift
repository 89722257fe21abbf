package import Machinery

/// What to do when a container ends in a certain way.
package struct ContainerRestartRule: Schema {
    package static let definition = Definition(
        ContainerRestartRule(), "core.v1.ContainerRestartRule", "What to do when a container ends in a certain way.")

    package let action = Field<String>(
        "action", 1, "Restart, or RestartAllContainers for the whole pod.", .required, .oneOf("Restart", "RestartAllContainers"))
    package let exitCodes = Field<ContainerRestartRuleOnExitCodes?>("exitCodes", 2, "The exit codes that the rule is for.")

    /// Source: `validateContainerRestartPolicyRules` of pkg/apis/core/validation.
    package static func validate(_ rule: View<ContainerRestartRule>, _ path: Path, _ problems: inout Problems) {
        guard let codes: View<ContainerRestartRuleOnExitCodes> = rule.exitCodes else {
            return problems.required(path.child("exitCodes"), "must be specified")
        }
        if codes.values.count > 255 {
            problems.tooMany(path.child("exitCodes").child("values"), codes.values.count, atMost: 255)
        }
    }
}

/// A set of exit codes.
package struct ContainerRestartRuleOnExitCodes: Schema {
    package static let definition = Definition(
        ContainerRestartRuleOnExitCodes(), "core.v1.ContainerRestartRuleOnExitCodes", "A set of exit codes.")

    package let `operator` = Field<String>("operator", 1, "In or NotIn the values.", .required, .oneOf("In", "NotIn"))
    package let values = Field<[Int32]>("values", 2, "Exit codes, 255 at most.", .listSet)
}

/// How a running container takes a change of one resource.
package struct ContainerResizePolicy: Schema {
    package static let definition = Definition(
        ContainerResizePolicy(), "core.v1.ContainerResizePolicy", "How a running container takes a change of one resource.")

    package let resourceName = Field<String>("resourceName", 1, "cpu or memory.", .required, .oneOf("cpu", "memory"))
    package let restartPolicy = Field<String>(
        "restartPolicy", 2, "NotRequired or RestartContainer.", .required, .oneOf("NotRequired", "RestartContainer"))
}
