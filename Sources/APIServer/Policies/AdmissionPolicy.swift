import API
import CEL
import Machinery

/// A ValidatingAdmissionPolicy or MutatingAdmissionPolicy, compiled.
struct AdmissionPolicy: Sendable {
    struct Rule: Sendable {
        let expression: PolicyExpression
        let message: String
        let messageExpression: PolicyExpression?
        let reason: String
    }

    struct Change: Sendable {
        let expression: PolicyExpression
        let isPatch: Bool
    }

    let name: String
    let constraints: PolicyConstraints
    let paramKind: (apiVersion: String, kind: String)?
    /// True when what can't be evaluated does not count.
    let ignoresFailures: Bool
    let conditions: [PolicyExpression]
    let variables: [String: PolicyExpression]
    let rules: [Rule]
    let annotations: [(key: String, expression: PolicyExpression)]
    let changes: [Change]
    let runsAgain: Bool

    /// - Parameter json: the policy as it is stored, with its defaults.
    init(_ json: JSON, mutates: Bool) {
        let spec: JSON = json["spec"] ?? [:]
        name = json[["metadata", "name"]]?.string ?? ""
        constraints = PolicyConstraints(spec["matchConstraints"] ?? [:])
        paramKind = spec["paramKind"].map { ($0["apiVersion"]?.string ?? "", $0["kind"]?.string ?? "") }
        ignoresFailures = spec["failurePolicy"]?.string == "Ignore"
        runsAgain = spec["reinvocationPolicy"]?.string == "IfNeeded"
        var known = PolicyEnvironment(hasParams: paramKind != nil, mutates: mutates)
        var variables: [String: PolicyExpression] = [:]
        for variable in spec["variables"]?.array ?? [] {
            let expression = PolicyExpression(variable["expression"]?.string ?? "", .any, in: known.environment)
            let name: String = variable["name"]?.string ?? ""
            variables[name] = expression
            known.declare(name, expression.program?.type ?? .dyn)
        }
        self.variables = variables
        let environment: Environment = known.environment
        func expression(_ json: JSON?, _ kind: PolicyExpression.Kind) -> PolicyExpression {
            PolicyExpression(json?.string ?? "", kind, in: environment)
        }
        conditions = (spec["matchConditions"]?.array ?? []).map { expression($0["expression"], .condition) }
        rules = (spec["validations"]?.array ?? []).map { rule in
            let text: String = rule["messageExpression"]?.string ?? ""
            return Rule(
                expression: expression(rule["expression"], .condition), message: rule["message"]?.string ?? "",
                messageExpression: text.isEmpty ? nil : PolicyExpression(text, .text(orNull: false), in: environment),
                reason: rule["reason"]?.string ?? "Invalid")
        }
        annotations = (spec["auditAnnotations"]?.array ?? []).map { annotation in
            (annotation["key"]?.string ?? "", expression(annotation["valueExpression"], .text(orNull: true)))
        }
        changes = (spec["mutations"]?.array ?? []).map { mutation in
            let isPatch: Bool = mutation["patchType"]?.string == "JSONPatch"
            let field: JSON? = isPatch ? mutation["jsonPatch"] : mutation["applyConfiguration"]
            return Change(expression: expression(field?["expression"], isPatch ? .patch : .applyConfiguration), isPatch: isPatch)
        }
    }
}

/// What puts a policy into force.
struct AdmissionPolicyBinding: Sendable {
    let name: String
    let policyName: String
    let constraints: PolicyConstraints?
    /// nil for a policy that takes none.
    let paramRef: JSON?
    let actions: Set<String>

    init(_ json: JSON) {
        let spec: JSON = json["spec"] ?? [:]
        name = json[["metadata", "name"]]?.string ?? ""
        policyName = spec["policyName"]?.string ?? ""
        constraints = spec["matchResources"].map { PolicyConstraints($0) }
        paramRef = spec["paramRef"]
        actions = Set((spec["validationActions"]?.array ?? []).compactMap(\.string))
    }
}
