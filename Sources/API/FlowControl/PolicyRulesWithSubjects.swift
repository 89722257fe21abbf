package import Machinery

/// Requests: who makes them, and what they ask for.
package struct PolicyRulesWithSubjects: Schema {
    package static let definition = Definition(
        PolicyRulesWithSubjects(), "flowcontrol.v1.PolicyRulesWithSubjects", "Requests: who makes them, and what they ask for.")

    package let subjects = Field<[FlowSubject]>("subjects", 1, "Who makes them; any of these.", .always, .atomic)
    package let resourceRules = Field<[ResourcePolicyRule]>("resourceRules", 2, "Requests for resources; any rule will do.", .atomic)
    package let nonResourceRules = Field<[NonResourcePolicyRule]>(
        "nonResourceRules", 3, "Requests for other paths; any rule will do.", .atomic)

    /// Source: `ValidateFlowSchemaPolicyRulesWithSubjects` of pkg/apis/flowcontrol/validation.
    package static func validate(_ rules: View<PolicyRulesWithSubjects>, _ path: Path, _ problems: inout Problems) {
        if rules.subjects.isEmpty { problems.required(path.child("subjects"), "subjects must contain at least one value") }
        if rules.resourceRules.isEmpty, rules.nonResourceRules.isEmpty {
            problems.required(path, "at least one of resourceRules and nonResourceRules has to be non-empty")
        }
    }
}

/// Who makes requests.
package struct FlowSubject: Schema {
    package static let definition = Definition(FlowSubject(), "flowcontrol.v1.Subject", "Who makes requests.")

    package let kind = Field<String>("kind", 1, "Which of the others is given: User, Group or ServiceAccount.", .always)
    package let user = Field<UserSubject?>("user", 2, "A user.")
    package let group = Field<GroupSubject?>("group", 3, "A group of users.")
    package let serviceAccount = Field<ServiceAccountSubject?>("serviceAccount", 4, "A service account.")

    /// Source: `ValidateFlowSchemaSubject` of pkg/apis/flowcontrol/validation.
    package static func validate(_ subject: View<FlowSubject>, _ path: Path, _ problems: inout Problems) {
        let parts: [(kind: String, field: String)] = [("ServiceAccount", "serviceAccount"), ("User", "user"), ("Group", "group")]
        guard let wanted = parts.first(where: { $0.kind == subject.kind }) else {
            return problems.notSupported(
                path.child("kind"), .string(subject.kind), supported: ["Group", "ServiceAccount", "User"])
        }
        if subject.json[wanted.field] == nil {
            problems.required(path.child(wanted.field), "\(wanted.field) is required when subject kind is '\(wanted.kind)'")
        }
        for part in parts where part.field != wanted.field && subject.json[part.field] != nil {
            problems.forbidden(path.child(part.field), "\(part.field) is forbidden when subject kind is not '\(part.kind)'")
        }
    }
}

/// A user, by name.
package struct UserSubject: Schema {
    package static let definition = Definition(UserSubject(), "flowcontrol.v1.UserSubject", "A user, by name.")

    package let name = Field<String>("name", 1, "Name of the user; * is every user.", .required)
}

/// A group of users, by name.
package struct GroupSubject: Schema {
    package static let definition = Definition(GroupSubject(), "flowcontrol.v1.GroupSubject", "A group of users, by name.")

    package let name = Field<String>("name", 1, "Name of the group; * is every group.", .required)
}

/// A service account.
package struct ServiceAccountSubject: Schema {
    package static let definition = Definition(
        ServiceAccountSubject(), "flowcontrol.v1.ServiceAccountSubject", "A service account.")

    package let namespace = Field<String>("namespace", 1, "Namespace of the account.", .always)
    package let name = Field<String>("name", 2, "Name of the account; * is every account of the namespace.", .required)

    package static func validate(_ account: View<ServiceAccountSubject>, _ path: Path, _ problems: inout Problems) {
        if !account.name.isEmpty, account.name != "*" {
            for detail in Names.dns1123Subdomain(account.name) {
                problems.invalid(path.child("name"), .string(account.name), detail)
            }
        }
        if account.namespace.isEmpty {
            problems.required(path.child("namespace"), "must specify namespace for service account")
        } else {
            for detail in Names.dns1123Label(account.namespace) {
                problems.invalid(path.child("namespace"), .string(account.namespace), detail)
            }
        }
    }
}

/// Requests for resources.
package struct ResourcePolicyRule: Schema {
    package static let definition = Definition(ResourcePolicyRule(), "flowcontrol.v1.ResourcePolicyRule", "Requests for resources.")

    package let verbs = Field<[String]>("verbs", 1, "What is done, or * for anything.", .always, .listSet)
    package let apiGroups = Field<[String]>("apiGroups", 2, "Groups of the resources, or * for any.", .always, .listSet)
    package let resources = Field<[String]>("resources", 3, "The resources and subresources, or * for any.", .always, .listSet)
    package let clusterScope = Field<Bool>("clusterScope", 4, "True means requests without a namespace too.")
    package let namespaces = Field<[String]>("namespaces", 5, "Namespaces of the requests, or * for any.", .listSet)

    /// Source: `ValidateFlowSchemaResourcePolicyRule` of pkg/apis/flowcontrol/validation.
    package static func validate(_ rule: View<ResourcePolicyRule>, _ path: Path, _ problems: inout Problems) {
        FlowVerbs.validate(rule.verbs, path.child("verbs"), &problems)
        for (field, values, one, many) in [
            ("apiGroups", rule.apiGroups, "api group", "api groups"), ("resources", rule.resources, "resource", "resources"),
        ] {
            if values.isEmpty {
                problems.required(path.child(field), "resource rules must supply at least one \(one)")
            } else if values.count > 1, values.contains("*") {
                problems.invalid(
                    path.child(field), .array(values.map { .string($0) }), "if '*' is present, must not specify other \(many)")
            }
        }
        let here: Path = path.child("namespaces")
        if rule.namespaces.isEmpty, !rule.clusterScope {
            problems.required(here, "resource rules that are not cluster scoped must supply at least one namespace")
        } else if rule.namespaces.contains("*") {
            if rule.namespaces.count > 1 {
                problems.invalid(
                    here, .array(rule.namespaces.map { .string($0) }), "if '*' is present, must not specify other namespaces")
            }
        } else {
            for (index, name) in rule.namespaces.enumerated() {
                for detail in Names.dns1123Label(name) {
                    problems.invalid(
                        here.index(index), .string(name), "each member of this list must be '*' or a DNS-1123 label; " + detail)
                }
            }
        }
    }
}

/// Requests for paths that are no resources.
package struct NonResourcePolicyRule: Schema {
    package static let definition = Definition(
        NonResourcePolicyRule(), "flowcontrol.v1.NonResourcePolicyRule", "Requests for paths that are no resources.")

    package let verbs = Field<[String]>("verbs", 1, "What is done, or * for anything.", .always, .listSet)
    package let nonResourceURLs = Field<[String]>(
        "nonResourceURLs", 6, "The paths, such as /healthz, /apis/* or * for any.", .always, .listSet)

    /// Source: `ValidateFlowSchemaNonResourcePolicyRule` of pkg/apis/flowcontrol/validation.
    package static func validate(_ rule: View<NonResourcePolicyRule>, _ path: Path, _ problems: inout Problems) {
        FlowVerbs.validate(rule.verbs, path.child("verbs"), &problems)
        let here: Path = path.child("nonResourceURLs")
        if rule.nonResourceURLs.isEmpty {
            problems.required(here, "nonResourceURLs must contain at least one value")
        } else if rule.nonResourceURLs.contains("*") {
            if rule.nonResourceURLs.count > 1 {
                problems.invalid(
                    here, .array(rule.nonResourceURLs.map { .string($0) }), "if '*' is present, must not specify other non-resource URLs")
            }
        } else {
            for (index, url) in rule.nonResourceURLs.enumerated() {
                if let detail: String = flaw(url) { problems.invalid(here.index(index), .string(url), detail) }
            }
        }
    }

    private static func flaw(_ url: String) -> String? {
        if url.isEmpty { return "must not be empty" }
        if url == "/" { return nil }
        if !url.hasPrefix("/") { return "must start with slash" }
        if url.contains(" ") { return "must not contain white-space" }
        if url.contains("//") { return "must not contain double slash" }
        let stars: Int = url.count { $0 == "*" }
        return stars > 1 || stars == 1 && !url.hasSuffix("/*") ? "wildcard can only do suffix matching" : nil
    }
}

/// The verbs that rules of flow schemas may name.
private enum FlowVerbs {
    private static let all: [String] = [
        "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch",
    ]

    static func validate(_ verbs: [String], _ path: Path, _ problems: inout Problems) {
        let shown: JSON = .array(verbs.map { .string($0) })
        if verbs.isEmpty {
            problems.required(path, "verbs must contain at least one value")
        } else if verbs.contains("*") {
            if verbs.count > 1 { problems.invalid(path, shown, "if '*' is present, must not specify other verbs") }
        } else if !Set(verbs).isSubset(of: all) {
            problems.notSupported(path, shown, supported: all)
        }
    }
}
