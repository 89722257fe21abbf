import CEL
package import Machinery

/// Rules in CEL that a request has to meet.
package struct ValidatingAdmissionPolicy: Kind {
    package static let definition = Definition(
        ValidatingAdmissionPolicy(), "admissionregistration.v1.ValidatingAdmissionPolicy", "Rules in CEL that a request has to meet.")
    package static let names = KindNames(
        "ValidatingAdmissionPolicy", group: "admissionregistration.k8s.io", plural: "validatingadmissionpolicies",
        categories: ["api-extensions"], isNamespaced: false, subresources: [.status("ValidatingAdmissionPolicy", metadata: .kept)],
        tracksGeneration: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<ValidatingAdmissionPolicySpec>("spec", 2, "The rules and the requests that they are about.")
    package let status = Field<ValidatingAdmissionPolicyStatus>("status", 3, "What was found out about the policy.")

    package static let columns: [Column<ValidatingAdmissionPolicy>] = [
        .name,
        .count("Validations", "Number of rules.") { $0.spec.validations.count },
        Column("ParamKind", .string, "Kind of the objects that parameters come from.") { policy, _ in
            ParamKind.cell(policy.spec.paramKind)
        },
        .age,
    ]

    /// Each audit annotation's key is made with the policy's name. Source: `validateAuditAnnotation`.
    package static func validate(_ policy: View<ValidatingAdmissionPolicy>, _ path: Path, _ problems: inout Problems) {
        var seen: Set<String> = []
        for (index, annotation) in policy.spec.auditAnnotations.enumerated() {
            let here: Path = path.child("spec").child("auditAnnotations").index(index).child("key")
            let full: String = policy.metadata.name + "/" + annotation.key
            for detail in Names.qualifiedName(full) { problems.invalid(here, .string(full), detail) }
            if !seen.insert(annotation.key).inserted { problems.duplicate(here, .string(annotation.key)) }
        }
    }
}

/// The rules of a policy and the requests that they are about.
package struct ValidatingAdmissionPolicySpec: Schema {
    package static let definition = Definition(
        ValidatingAdmissionPolicySpec(), "admissionregistration.v1.ValidatingAdmissionPolicySpec",
        "The rules of a policy and the requests that they are about.")

    package let paramKind = Field<ParamKind?>("paramKind", 1, "Kind of the objects that parameters come from, if the policy takes any.")
    package let matchConstraints = Field<MatchResources?>("matchConstraints", 2, "Requests that the policy is about.")
    package let validations = Field<[Validation]>("validations", 3, "The rules; all have to hold.", .atomic)
    package let failurePolicy = Field<String?>(
        "failurePolicy", 4, "What an expression that can't be evaluated means: Fail refuses the request, Ignore lets it pass.",
        default: "Fail", .oneOf("Fail", "Ignore"))
    package let auditAnnotations = Field<[AuditAnnotation]>(
        "auditAnnotations", 5, "What to note of the request for the audit, 20 at most.", .atomic)
    package let matchConditions = Field<[MatchCondition]>(
        "matchConditions", 6, "Further conditions in CEL, 64 at most; all have to hold.", .merge(key: "name"),
        .check(MatchCondition.validateAll))
    package let variables = Field<[PolicyVariable]>(
        "variables", 7, "Values with names that the expressions may use, each those before it.", .merge(key: "name"))

    /// Source: `validateValidatingAdmissionPolicySpec` of pkg/apis/admissionregistration/validation.
    package static func validate(_ spec: View<ValidatingAdmissionPolicySpec>, _ path: Path, _ problems: inout Problems) {
        if let match = spec.matchConstraints {
            if match.resourceRules.isEmpty { problems.required(path.child("matchConstraints").child("resourceRules")) }
        } else {
            problems.required(path.child("matchConstraints"))
        }
        if spec.validations.isEmpty, spec.auditAnnotations.isEmpty {
            let detail = "validations or auditAnnotations must contain at least one item"
            problems.required(path.child("validations"), detail)
            problems.required(path.child("auditAnnotations"), detail)
        }
        validateExpressions(spec, path, &problems)
        if spec.auditAnnotations.count > 20 {
            problems.invalid(
                path.child("auditAnnotations"), spec.json["auditAnnotations"] ?? [], "must not have more than 20 auditAnnotations")
        }
    }
}

extension ValidatingAdmissionPolicySpec {
    /// Source: `validateValidation`, `validateVariable` and the like of pkg/apis/admissionregistration/validation.
    private static func validateExpressions(
        _ spec: View<ValidatingAdmissionPolicySpec>, _ path: Path, _ problems: inout Problems
    ) {
        var known = PolicyEnvironment(hasParams: spec.paramKind != nil)
        known.declare(spec.variables, path.child("variables"), &problems)
        known.check(spec.matchConditions, path.child("matchConditions"), &problems)
        let environment: Environment = known.environment
        for (index, rule) in spec.validations.enumerated() {
            let here: Path = path.child("validations").index(index)
            problems.check(rule.expression, .condition, in: environment, here.child("expression"))
            problems.check(rule.messageExpression, .text(orNull: false), in: environment, here.child("messageExpression"))
        }
        for (index, annotation) in spec.auditAnnotations.enumerated() {
            let here: Path = path.child("auditAnnotations").index(index).child("valueExpression")
            problems.check(annotation.valueExpression, .text(orNull: true), in: environment, here)
        }
    }
}

/// One rule of a policy.
package struct Validation: Schema {
    package static let definition = Definition(Validation(), "admissionregistration.v1.Validation", "One rule of a policy.")

    package let expression = Field<String>("expression", 1, "The rule in CEL; the request is refused when it is false.", .always)
    package let message = Field<String>("message", 2, "What the client is told when the rule is broken, on one line.")
    package let reason = Field<String?>(
        "reason", 3, "Which status a broken rule answers with; Invalid if absent.",
        .oneOf("Forbidden", "Invalid", "RequestEntityTooLarge"))
    package let messageExpression = Field<String>("messageExpression", 4, "The message as an expression in CEL; counts before message.")

    /// Source: `validateValidation` of pkg/apis/admissionregistration/validation.
    package static func validate(_ rule: View<Validation>, _ path: Path, _ problems: inout Problems) {
        if rule.expression.isBlank { problems.required(path.child("expression"), "expression is not specified") }
        if !rule.messageExpression.isEmpty, rule.messageExpression.isBlank {
            problems.invalid(path.child("messageExpression"), .string(rule.messageExpression), "must be non-empty if specified")
        }
        if !rule.message.isEmpty, rule.message.isBlank {
            problems.invalid(path.child("message"), .string(rule.message), "message must be non-empty if specified")
        } else if rule.message.hasInnerLineBreak {
            problems.invalid(path.child("message"), .string(rule.message), "message must not contain line breaks")
        }
    }
}

extension String {
    /// A line break other than at the ends.
    fileprivate var hasInnerLineBreak: Bool {
        var rest: Substring = drop(while: \.isWhitespace)
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return rest.contains(where: \.isNewline)
    }
}

/// One thing to note of a request for the audit.
package struct AuditAnnotation: Schema {
    package static let definition = Definition(
        AuditAnnotation(), "admissionregistration.v1.AuditAnnotation", "One thing to note of a request for the audit.")

    package let key = Field<String>("key", 1, "Key of the note; the policy's name and a slash go before it.", .always)
    package let valueExpression = Field<String>(
        "valueExpression", 2, "What to note, in CEL: a text, or null for nothing. 5 KiB at most.", .always)

    package static func validate(_ annotation: View<AuditAnnotation>, _ path: Path, _ problems: inout Problems) {
        if annotation.valueExpression.isBlank {
            problems.required(path.child("valueExpression"), "valueExpression is not specified")
        } else if annotation.valueExpression.utf8.count > 5 * 1024 {
            problems.required(path.child("valueExpression"), "must not exceed 5120 bytes in length")
        }
    }
}

/// What was found out about a policy.
package struct ValidatingAdmissionPolicyStatus: Schema {
    package static let definition = Definition(
        ValidatingAdmissionPolicyStatus(), "admissionregistration.v1.ValidatingAdmissionPolicyStatus",
        "What was found out about a policy.")

    package let observedGeneration = Field<Int64>("observedGeneration", 1, "Generation of the policy that was looked at.")
    package let typeChecking = Field<TypeChecking?>("typeChecking", 2, "Where expressions don't fit the types that they are about.")
    package let conditions = Field<[Condition]>("conditions", 3, "Aspects of the state.", .listMap(keys: ["type"]))

    package static func validate(_ status: View<ValidatingAdmissionPolicyStatus>, _ path: Path, _ problems: inout Problems) {
        Condition.requireReasons(status.conditions, path.child("conditions"), &problems)
    }
}

/// Where the expressions of a policy don't fit the types that they are about.
package struct TypeChecking: Schema {
    package static let definition = Definition(
        TypeChecking(), "admissionregistration.v1.TypeChecking", "Where expressions don't fit the types that they are about.")

    package let expressionWarnings = Field<[ExpressionWarning]>("expressionWarnings", 1, "One for each such expression.", .atomic)
}

/// An expression that does not fit the types that it is about.
package struct ExpressionWarning: Schema {
    package static let definition = Definition(
        ExpressionWarning(), "admissionregistration.v1.ExpressionWarning", "An expression that does not fit the types that it is about.")

    package let fieldRef = Field<String>("fieldRef", 2, "Where the expression stands, such as spec.validations[0].expression.", .required)
    package let warning = Field<String>("warning", 3, "What is wrong with it, for each type in turn.", .required)
}

extension ParamKind {
    /// What columns show: `v1/ConfigMap`, or `<unset>`.
    static func cell(_ kind: View<ParamKind>?) -> JSON { kind.map { .string($0.apiVersion + "/" + $0.kind) } ?? "<unset>" }
}
