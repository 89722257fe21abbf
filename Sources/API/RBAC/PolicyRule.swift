package import Machinery

/// What may be done with which resources or paths.
package struct PolicyRule: Schema {
    package static let definition = Definition(
        PolicyRule(), "rbac.v1.PolicyRule", "What may be done with which resources or paths.")

    package let verbs = Field<[String]>("verbs", 1, "What may be done, such as get; * is everything.", .always, .atomic)
    package let apiGroups = Field<[String]>("apiGroups", 2, "Groups of the resources; an empty text is the core group, * is all.", .atomic)
    package let resources = Field<[String]>(
        "resources", 3, "Resources such as pods, or pods/log for a part of them; */scale is that part of all, * is all of all.", .atomic)
    package let resourceNames = Field<[String]>(
        "resourceNames", 4, "Names of the objects that the rule is limited to; without any it is for all.", .atomic)
    package let nonResourceURLs = Field<[String]>(
        "nonResourceURLs", 5, "Paths outside of the resources; a * at the end stands for any rest. In cluster roles only.", .atomic)

    /// Source: `ValidatePolicyRule` of pkg/apis/rbac/validation.
    static func validate(_ rules: [View<PolicyRule>], isNamespaced: Bool, _ problems: inout Problems) {
        for (index, rule) in rules.enumerated() {
            let path: Path = Path("rules").index(index)
            if rule.verbs.isEmpty { problems.required(path.child("verbs"), "verbs must contain at least one value") }
            guard rule.nonResourceURLs.isEmpty else {
                let urls: JSON = rule.json["nonResourceURLs"] ?? []
                if isNamespaced {
                    problems.invalid(path.child("nonResourceURLs"), urls, "namespaced rules cannot apply to non-resource URLs")
                }
                if !rule.apiGroups.isEmpty || !rule.resources.isEmpty || !rule.resourceNames.isEmpty {
                    problems.invalid(
                        path.child("nonResourceURLs"), urls, "rules cannot apply to both regular resources and non-resource URLs")
                }
                continue
            }
            if rule.apiGroups.isEmpty { problems.required(path.child("apiGroups"), "resource rules must supply at least one api group") }
            if rule.resources.isEmpty { problems.required(path.child("resources"), "resource rules must supply at least one resource") }
        }
    }
}
