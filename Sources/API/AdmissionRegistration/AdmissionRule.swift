package import Machinery

/// Requests that webhooks and policies care about: operations on resources. What one rule says has to hold as a whole.
package struct RuleWithOperations: Schema {
    package static let definition = Definition(
        RuleWithOperations(), "admissionregistration.v1.RuleWithOperations", "Operations on resources.")

    package let operations = Field<[String]>(
        "operations", 1, "CREATE, UPDATE, DELETE, CONNECT, or * for all of them.", .atomic)
    package let apiGroups = Field<[String]>(
        "apiGroups", embedded(2, 1), "Groups of the resources; * is every group, an empty name the core group.", .atomic)
    package let apiVersions = Field<[String]>("apiVersions", embedded(2, 2), "Versions of the resources; * is every version.", .atomic)
    package let resources = Field<[String]>(
        "resources", embedded(2, 3), "Resources and subresources: pods, pods/log, pods/*, */scale, * or */*.", .atomic)
    package let scope = Field<String?>(
        "scope", embedded(2, 4), "Cluster, Namespaced, or * for both.", default: "*", .oneOf("*", "Cluster", "Namespaced"))

    package static func validate(_ rule: View<RuleWithOperations>, _ path: Path, _ problems: inout Problems) {
        AdmissionRule.validate(
            rule.operations, rule.apiGroups, rule.apiVersions, rule.resources, path, &problems)
    }
}

/// As ``RuleWithOperations``, for objects of some names only if any are given.
package struct NamedRuleWithOperations: Schema {
    package static let definition = Definition(
        NamedRuleWithOperations(), "admissionregistration.v1.NamedRuleWithOperations",
        "Operations on resources, for objects of some names only if any are given.", isAtomic: true)

    package let resourceNames = Field<[String]>("resourceNames", 1, "Names of the objects; every object if empty.", .atomic)
    package let operations = Field<[String]>(
        "operations", embedded(2, 1), "CREATE, UPDATE, DELETE, CONNECT, or * for all of them.", .atomic)
    package let apiGroups = Field<[String]>(
        "apiGroups", embedded(embedded(2, 2), 1), "Groups of the resources; * is every group, an empty name the core group.", .atomic)
    package let apiVersions = Field<[String]>(
        "apiVersions", embedded(embedded(2, 2), 2), "Versions of the resources; * is every version.", .atomic)
    package let resources = Field<[String]>(
        "resources", embedded(embedded(2, 2), 3), "Resources and subresources: pods, pods/log, pods/*, */scale, * or */*.", .atomic)
    package let scope = Field<String?>(
        "scope", embedded(embedded(2, 2), 4), "Cluster, Namespaced, or * for both.", default: "*",
        .oneOf("*", "Cluster", "Namespaced"))

    /// Source: `validateNamedRuleWithOperations` of pkg/apis/admissionregistration/validation.
    package static func validate(_ rule: View<NamedRuleWithOperations>, _ path: Path, _ problems: inout Problems) {
        var seen: Set<String> = []
        for (index, name) in rule.resourceNames.enumerated() {
            let here: Path = path.child("resourceNames").index(index)
            for detail in Names.pathSegment(name) { problems.invalid(here, .string(name), detail) }
            if !seen.insert(name).inserted { problems.duplicate(here, .string(name)) }
        }
        AdmissionRule.validate(
            rule.operations, rule.apiGroups, rule.apiVersions, rule.resources, path, &problems)
    }
}

/// What the rules of webhooks and policies have in common. Source: pkg/apis/admissionregistration/validation.
enum AdmissionRule {
    private static let operations: [String] = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"]

    static func validate(
        _ operations: [String], _ groups: [String], _ versions: [String], _ resources: [String], _ path: Path, _ problems: inout Problems
    ) {
        if operations.isEmpty { problems.required(path.child("operations")) }
        checkWildcard(operations, "operations", path.child("operations"), &problems)
        for (index, operation) in operations.enumerated() where !Self.operations.contains(operation) {
            problems.notSupported(path.child("operations").index(index), .string(operation), supported: Self.operations)
        }
        if groups.isEmpty { problems.required(path.child("apiGroups")) }
        checkWildcard(groups, "API groups", path.child("apiGroups"), &problems)
        if versions.isEmpty { problems.required(path.child("apiVersions")) }
        checkWildcard(versions, "API versions", path.child("apiVersions"), &problems)
        for (index, version) in versions.enumerated() where version.isEmpty {
            problems.required(path.child("apiVersions").index(index))
        }
        validateResources(resources, path.child("resources"), &problems)
    }

    private static func checkWildcard(_ values: [String], _ noun: String, _ path: Path, _ problems: inout Problems) {
        if values.count > 1, values.contains("*") {
            problems.invalid(path, .array(values.map { .string($0) }), "if '*' is present, must not specify other \(noun)")
        }
    }

    private static func validateResources(_ resources: [String], _ path: Path, _ problems: inout Problems) {
        if resources.isEmpty { problems.required(path) }
        var withAllSubresources: Set<String> = []
        var ofAllResources: Set<String> = []
        var hasPlainResource = false
        for (index, name) in resources.enumerated() {
            let here: Path = path.index(index)
            guard !name.isEmpty else {
                problems.required(here)
                continue
            }
            let parts: [String] = name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else {
                // As upstream, only the last name without a subresource counts.
                hasPlainResource = name != "*"
                continue
            }
            if withAllSubresources.contains(parts[0]) {
                problems.invalid(here, .string(name), "if '\(parts[0])/*' is present, must not specify \(name)")
            }
            if ofAllResources.contains(parts[1]) {
                problems.invalid(here, .string(name), "if '*/\(parts[1])' is present, must not specify \(name)")
            }
            if parts[1] == "*" { withAllSubresources.insert(parts[0]) }
            if parts[0] == "*" { ofAllResources.insert(parts[1]) }
        }
        let all: JSON = .array(resources.map { .string($0) })
        if resources.count > 1, resources.contains("*/*") {
            problems.invalid(path, all, "if '*/*' is present, must not specify other resources")
        }
        if resources.contains("*"), hasPlainResource {
            problems.invalid(path, all, "if '*' is present, must not specify other resources without subresources")
        }
    }
}
