import CEL
package import Machinery

/// Changes in CEL that are made to objects on their way into the store.
package struct MutatingAdmissionPolicy: Kind {
    package static let definition = Definition(
        MutatingAdmissionPolicy(), "admissionregistration.v1.MutatingAdmissionPolicy",
        "Changes in CEL that are made to objects on their way into the store.")
    package static let names = KindNames(
        "MutatingAdmissionPolicy", group: "admissionregistration.k8s.io", plural: "mutatingadmissionpolicies",
        categories: ["api-extensions"], isNamespaced: false, tracksGeneration: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<MutatingAdmissionPolicySpec>("spec", 2, "The changes and the requests that they are about.")

    package static let columns: [Column<MutatingAdmissionPolicy>] = [
        .name,
        .count("Mutations", "Number of changes.") { $0.spec.mutations.count },
        Column("ParamKind", .string, "Kind of the objects that parameters come from.") { policy, _ in
            ParamKind.cell(policy.spec.paramKind)
        },
        .age,
    ]
}

/// The changes of a policy and the requests that they are about.
package struct MutatingAdmissionPolicySpec: Schema {
    package static let definition = Definition(
        MutatingAdmissionPolicySpec(), "admissionregistration.v1.MutatingAdmissionPolicySpec",
        "The changes of a policy and the requests that they are about.")

    package let paramKind = Field<ParamKind?>("paramKind", 1, "Kind of the objects that parameters come from, if the policy takes any.")
    package let matchConstraints = Field<MatchResources?>("matchConstraints", 2, "Requests that the policy is about; never deletes.")
    package let variables = Field<[PolicyVariable]>(
        "variables", 3, "Values with names that the expressions may use, each those before it.", .atomic)
    package let mutations = Field<[Mutation]>("mutations", 4, "The changes, in the order in which they are made.", .atomic)
    package let failurePolicy = Field<String?>(
        "failurePolicy", 5, "What an expression that can't be evaluated means: Fail refuses the request, Ignore lets it pass.",
        default: "Fail", .oneOf("Fail", "Ignore"))
    package let matchConditions = Field<[MatchCondition]>(
        "matchConditions", 6, "Further conditions in CEL, 64 at most; all have to hold.", .merge(key: "name"),
        .check(MatchCondition.validateAll))
    package let reinvocationPolicy = Field<String>(
        "reinvocationPolicy", 7, "IfNeeded runs the policy once more when others changed the object after it; Never does not.",
        .oneOf("Never", "IfNeeded"))

    /// Source: `validateMutatingAdmissionPolicySpec` of pkg/apis/admissionregistration/validation.
    package static func validate(_ spec: View<MutatingAdmissionPolicySpec>, _ path: Path, _ problems: inout Problems) {
        let here: Path = path.child("matchConstraints")
        if let match = spec.matchConstraints {
            if match.resourceRules.isEmpty { problems.required(here.child("resourceRules")) }
            match.validateMutable(here, &problems)
        } else {
            problems.required(here)
        }
        if spec.mutations.isEmpty { problems.required(path.child("mutations"), "mutations must contain at least one item") }
        var known = PolicyEnvironment(hasParams: spec.paramKind != nil, mutates: true)
        known.declare(spec.variables, path.child("variables"), &problems)
        known.check(spec.matchConditions, path.child("matchConditions"), &problems)
        for (index, mutation) in spec.mutations.enumerated() {
            let here: Path = path.child("mutations").index(index)
            problems.check(
                mutation.applyConfiguration?.expression ?? "", .applyConfiguration, in: known.environment,
                here.child("applyConfiguration").child("expression"))
            problems.check(
                mutation.jsonPatch?.expression ?? "", .patch, in: known.environment, here.child("jsonPatch").child("expression"))
        }
        if spec.reinvocationPolicy.isEmpty { problems.required(path.child("reinvocationPolicy")) }
    }
}

/// One change of a policy.
package struct Mutation: Schema {
    package static let definition = Definition(Mutation(), "admissionregistration.v1.Mutation", "One change of a policy.")

    package let patchType = Field<String>(
        "patchType", 2, "Which of the two is given: ApplyConfiguration or JSONPatch.", .required,
        .oneOf("ApplyConfiguration", "JSONPatch"))
    package let applyConfiguration = Field<PolicyApplyConfiguration?>(
        "applyConfiguration", 3, "The fields to set, merged into the object as a server-side apply would.")
    package let jsonPatch = Field<PolicyJSONPatch?>("jsonPatch", 4, "The operations to perform on the object.")

    /// Source: `validateMutation` of pkg/apis/admissionregistration/validation.
    package static func validate(_ mutation: View<Mutation>, _ path: Path, _ problems: inout Problems) {
        let parts: [(type: String, field: String)] = [("ApplyConfiguration", "applyConfiguration"), ("JSONPatch", "jsonPatch")]
        guard let wanted = parts.first(where: { $0.type == mutation.patchType }) else { return }
        for part in parts {
            let here: Path = path.child(part.field)
            let given: JSON? = mutation.json[part.field]
            if part.field == wanted.field {
                guard let given else {
                    problems.required(here, "must be specified when patchType is \(wanted.type)")
                    continue
                }
                if (given["expression"]?.string ?? "").isBlank { problems.required(here.child("expression")) }
            } else if given != nil {
                problems.invalid(here, .string("{\(part.field)}"), "must not be specified when patchType is \(wanted.type)")
            }
        }
    }
}

/// Fields to set on an object.
package struct PolicyApplyConfiguration: Schema {
    package static let definition = Definition(
        PolicyApplyConfiguration(), "admissionregistration.v1.ApplyConfiguration", "Fields to set on an object.")

    package let expression = Field<String>("expression", 1, "An object with the fields to set, in CEL: Object{spec: Object.spec{…}}.")
}

/// Operations to perform on an object.
package struct PolicyJSONPatch: Schema {
    package static let definition = Definition(
        PolicyJSONPatch(), "admissionregistration.v1.JSONPatch", "Operations to perform on an object.")

    package let expression = Field<String>("expression", 1, "A list of operations, in CEL: [JSONPatch{op: \"add\", …}].")
}
