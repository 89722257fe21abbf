package import Machinery

/// Puts a ValidatingAdmissionPolicy into force, with its parameters.
package struct ValidatingAdmissionPolicyBinding: Kind {
    package static let definition = Definition(
        ValidatingAdmissionPolicyBinding(), "admissionregistration.v1.ValidatingAdmissionPolicyBinding",
        "Puts a ValidatingAdmissionPolicy into force, with its parameters.")
    package static let names = KindNames(
        "ValidatingAdmissionPolicyBinding", group: "admissionregistration.k8s.io", plural: "validatingadmissionpolicybindings",
        categories: ["api-extensions"], isNamespaced: false, tracksGeneration: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<ValidatingAdmissionPolicyBindingSpec>(
        "spec", 2, "Which policy, for which requests, with what effect.", .always)

    package static let columns: [Column<ValidatingAdmissionPolicyBinding>] = [
        .name,
        Column("PolicyName", .string, "The policy.") { binding, _ in .string(binding.spec.policyName) },
        Column("ParamRef", .string, "Where its parameters come from.") { binding, _ in ParamRef.cell(binding.spec.paramRef) },
        .age,
    ]
}

/// Which policy is in force, for which requests, with what effect.
package struct ValidatingAdmissionPolicyBindingSpec: Schema {
    package static let definition = Definition(
        ValidatingAdmissionPolicyBindingSpec(), "admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec",
        "Which policy is in force, for which requests, with what effect.")

    package let policyName = Field<String>("policyName", 1, "Name of the policy.", .required, .format(Names.dns1123Subdomain))
    package let paramRef = Field<ParamRef?>("paramRef", 2, "Where parameters come from, for a policy that takes any.")
    package let matchResources = Field<MatchResources?>(
        "matchResources", 3, "Of the requests that the policy is about, those that this binding means; all if absent.")
    package let validationActions = Field<[String]>(
        "validationActions", 4, "What a broken rule leads to: Deny refuses, Warn tells the client, Audit makes a note.", .always, .listSet)

    private static let actions: [String] = ["Audit", "Deny", "Warn"]

    /// Source: `validateValidationActions` of pkg/apis/admissionregistration/validation.
    package static func validate(_ spec: View<ValidatingAdmissionPolicyBindingSpec>, _ path: Path, _ problems: inout Problems) {
        let here: Path = path.child("validationActions")
        var seen: Set<String> = []
        for (index, action) in spec.validationActions.enumerated() {
            if !actions.contains(action) { problems.notSupported(here.index(index), .string(action), supported: actions) }
            if !seen.insert(action).inserted { problems.duplicate(here.index(index), .string(action)) }
        }
        if seen.isSuperset(of: ["Deny", "Warn"]) {
            problems.invalid(
                here, .array(spec.validationActions.map { .string($0) }),
                "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers "
                    + "serves no purpose)")
        }
        if seen.isEmpty { problems.required(here, "at least one validation action is required") }
    }
}
