package import Machinery

/// Puts a MutatingAdmissionPolicy into force, with its parameters.
package struct MutatingAdmissionPolicyBinding: Kind {
    package static let definition = Definition(
        MutatingAdmissionPolicyBinding(), "admissionregistration.v1.MutatingAdmissionPolicyBinding",
        "Puts a MutatingAdmissionPolicy into force, with its parameters.")
    package static let names = KindNames(
        "MutatingAdmissionPolicyBinding", group: "admissionregistration.k8s.io", plural: "mutatingadmissionpolicybindings",
        categories: ["api-extensions"], isNamespaced: false, tracksGeneration: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<MutatingAdmissionPolicyBindingSpec>("spec", 2, "Which policy, for which requests.")

    package static let columns: [Column<MutatingAdmissionPolicyBinding>] = [
        .name,
        Column("PolicyName", .string, "The policy.") { binding, _ in .string(binding.spec.policyName) },
        Column("ParamRef", .string, "Where its parameters come from.") { binding, _ in ParamRef.cell(binding.spec.paramRef) },
        .age,
    ]
}

/// Which policy is in force, for which requests.
package struct MutatingAdmissionPolicyBindingSpec: Schema {
    package static let definition = Definition(
        MutatingAdmissionPolicyBindingSpec(), "admissionregistration.v1.MutatingAdmissionPolicyBindingSpec",
        "Which policy is in force, for which requests.")

    package let policyName = Field<String>("policyName", 1, "Name of the policy.", .format(Names.dns1123Subdomain))
    package let paramRef = Field<ParamRef?>("paramRef", 2, "Where parameters come from, for a policy that takes any.")
    package let matchResources = Field<MatchResources?>(
        "matchResources", 3, "Of the requests that the policy is about, those that this binding means; all if absent.")

    package static func validate(_ spec: View<MutatingAdmissionPolicyBindingSpec>, _ path: Path, _ problems: inout Problems) {
        if spec.policyName.isEmpty { problems.required(path.child("policyName")) }
        spec.matchResources?.validateMutable(path.child("matchResources"), &problems)
    }
}
