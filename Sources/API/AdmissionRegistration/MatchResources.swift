package import Machinery

/// Requests that a policy or its binding is about.
package struct MatchResources: Schema {
    package static let definition = Definition(
        MatchResources(), "admissionregistration.v1.MatchResources", "Requests that a policy or its binding is about.", isAtomic: true)

    package let namespaceSelector = Field<LabelSelector?>(
        "namespaceSelector", 1, "Namespaces whose objects are meant; for a namespace its own labels count.", default: [:])
    package let objectSelector = Field<LabelSelector?>(
        "objectSelector", 2, "Labels that the object has to have, before or after the request.", default: [:])
    package let resourceRules = Field<[NamedRuleWithOperations]>(
        "resourceRules", 3, "Operations and resources that are meant; any rule will do.", .atomic)
    package let excludeResourceRules = Field<[NamedRuleWithOperations]>(
        "excludeResourceRules", 4, "Operations and resources that are not meant, whatever resourceRules says.", .atomic)
    package let matchPolicy = Field<String?>(
        "matchPolicy", 7, "Exact takes the rules literally; Equivalent takes requests in other versions of the resource too.",
        default: "Equivalent", .oneOf("Equivalent", "Exact"))
}

extension View<MatchResources> {
    /// Operations that a mutation can't apply to are refused. Source: `validateMutatingAdmissionPolicySpec`.
    func validateMutable(_ path: Path, _ problems: inout Problems) {
        let supported: [String] = ["*", "CONNECT", "CREATE", "UPDATE"]
        for rule in self.resourceRules {
            for operation in rule.operations where !supported.contains(operation) {
                problems.notSupported(path.child("resourceRules").child("operations"), .string(operation), supported: supported)
            }
        }
    }
}

/// The kind of the objects that a policy takes parameters from.
package struct ParamKind: Schema {
    package static let definition = Definition(
        ParamKind(), "admissionregistration.v1.ParamKind", "The kind of the objects that a policy takes parameters from.",
        isAtomic: true)

    package let apiVersion = Field<String>("apiVersion", 1, "Group and version of the kind.")
    package let kind = Field<String>("kind", 2, "Name of the kind.")

    /// Source: `validateParamKind` of pkg/apis/admissionregistration/validation.
    package static func validate(_ param: View<ParamKind>, _ path: Path, _ problems: inout Problems) {
        validateVersion(param.apiVersion, path.child("apiVersion"), &problems)
        if param.kind.isEmpty {
            problems.required(path.child("kind"))
        } else {
            let wrong: [String] = Names.dns1035Label(param.kind.lowercased())
            if !wrong.isEmpty {
                problems.invalid(
                    path.child("kind"), .string(param.kind),
                    "may have mixed case, but should otherwise match: " + wrong.joined(separator: ","))
            }
        }
    }

    private static func validateVersion(_ text: String, _ path: Path, _ problems: inout Problems) {
        guard !text.isEmpty else { return problems.required(path) }
        let parts: [String] = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2 else { return problems.invalid(path, .string(text), "unexpected GroupVersion string: \(text)") }
        let (group, version): (String, String) = parts.count == 2 ? (parts[0], parts[1]) : ("", parts[0])
        let wrongGroup: [String] = group.isEmpty ? [] : Names.dns1123Subdomain(group)
        if !wrongGroup.isEmpty { problems.invalid(path, .string(group), wrongGroup.joined(separator: ",")) }
        guard !version.isEmpty else { return problems.invalid(path, .string(text), "version must be specified") }
        let wrongVersion: [String] = Names.dns1035Label(version)
        if !wrongVersion.isEmpty { problems.invalid(path, .string(version), wrongVersion.joined(separator: ",")) }
    }
}

/// The objects that a binding takes the parameters of its policy from.
package struct ParamRef: Schema {
    package static let definition = Definition(
        ParamRef(), "admissionregistration.v1.ParamRef", "The objects that a binding takes the parameters of its policy from.",
        isAtomic: true)

    package let name = Field<String>("name", 1, "Name of the one object. Give this or selector.")
    package let namespace = Field<String>("namespace", 2, "Namespace of the objects; that of the request if empty.")
    package let selector = Field<LabelSelector?>("selector", 3, "Labels of the objects; the policy is asked once for each of them.")
    package let parameterNotFoundAction = Field<String?>(
        "parameterNotFoundAction", 4, "What it means when there is no such object: Allow lets requests pass, Deny is up to failurePolicy.")

    /// Source: `validateParamRef` of pkg/apis/admissionregistration/validation.
    package static func validate(_ param: View<ParamRef>, _ path: Path, _ problems: inout Problems) {
        let both = "name and selector are mutually exclusive"
        if !param.name.isEmpty {
            for detail in Names.pathSegment(param.name) { problems.invalid(path.child("name"), .string(param.name), detail) }
        }
        switch (param.name.isEmpty, param.selector) {
        case (false, .some):
            problems.forbidden(path.child("name"), both)
            problems.forbidden(path.child("selector"), both)
        case (true, nil): problems.required(path, "one of name or selector must be specified")
        default: break
        }
        switch param.parameterNotFoundAction ?? "" {
        case "": problems.required(path.child("parameterNotFoundAction"))
        case "Allow", "Deny": break
        case let other:
            problems.notSupported(path.child("parameterNotFoundAction"), .string(other), supported: ["Deny", "Allow"])
        }
    }

    /// What columns show of a binding's parameters. Source: `printValidatingAdmissionPolicyBinding`.
    static func cell(_ param: View<ParamRef>?) -> JSON {
        guard let param else { return "<unset>" }
        guard param.name.isEmpty else { return .string((param.namespace.isEmpty ? "*" : param.namespace) + "/" + param.name) }
        return .string(param.selector.map { $0.goDescription } ?? "<unset>")
    }
}

/// A value with a name, for the expressions of a policy that come after it.
package struct PolicyVariable: Schema {
    package static let definition = Definition(
        PolicyVariable(), "admissionregistration.v1.Variable", "A value with a name, for the expressions of a policy.", isAtomic: true)

    package let name = Field<String>("name", 1, "Name; expressions after this one find the value under variables.", .always)
    package let expression = Field<String>("expression", 2, "The value, in CEL.", .always)

    private static let reserved: Set<String> = [
        "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop",
        "package", "namespace", "return", "var", "void", "while",
    ]

    /// Source: `validateVariable` of pkg/apis/admissionregistration/validation.
    package static func validate(_ variable: View<PolicyVariable>, _ path: Path, _ problems: inout Problems) {
        if variable.name.isBlank {
            problems.required(path.child("name"), "name is not specified")
        } else if !isIdentifier(variable.name) {
            problems.invalid(path.child("name"), .string(variable.name), "name is not a valid CEL identifier")
        }
        if variable.expression.isBlank { problems.required(path.child("expression"), "expression is not specified") }
    }

    private static func isIdentifier(_ name: String) -> Bool { Names.cIdentifier(name).isEmpty && !reserved.contains(name) }
}
