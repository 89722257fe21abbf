package import Machinery

/// What all objects of a namespace together may use.
package struct ResourceQuota: Kind {
    package static let definition = Definition(
        ResourceQuota(), "core.v1.ResourceQuota", "What all objects of a namespace together may use.")
    package static let names = KindNames(
        "ResourceQuota", group: "", plural: "resourcequotas", short: ["quota"], subresources: [.status("ResourceQuota")],
        returnsDeleted: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<ResourceQuotaSpec>("spec", 2, "The bounds.")
    package let status = Field<ResourceQuotaStatus>("status", 3, "The bounds in force and what is used of them.")

    package static let columns: [Column<ResourceQuota>] = [
        .name,
        Column("Request", .string, "Used and allowed amounts and numbers.") { quota, _ in .string(quota.usage(ofLimits: false)) },
        Column("Limit", .string, "Used and allowed amounts of limits.") { quota, _ in .string(quota.usage(ofLimits: true)) },
        .age,
    ]

    /// Source: `ValidateResourceQuotaUpdate` of pkg/apis/core/validation.
    package static func validateUpdate(
        _ quota: View<ResourceQuota>, from old: View<ResourceQuota>, _ path: Path, _ problems: inout Problems
    ) {
        if Set(quota.spec.scopes) != Set(old.spec.scopes) {
            problems.invalid(path.child("spec").child("scopes"), quota.spec.json["scopes"] ?? .null, "field is immutable")
        }
    }
}

extension View<ResourceQuota> {
    /// `cpu: 1/2, pods: 3/10`: of the names that begin with `limits.`, or of all others.
    fileprivate func usage(ofLimits: Bool) -> String {
        let used: [String: Quantity] = self.status.used
        return self.status.hard.sorted { $0.key < $1.key }.filter { $0.key.hasPrefix("limits.") == ofLimits }
            .map { "\($0.key): \(used[$0.key] ?? .zero)/\($0.value)" }.joined(separator: ", ")
    }
}

/// The bounds of a quota.
package struct ResourceQuotaSpec: Schema {
    package static let definition = Definition(ResourceQuotaSpec(), "core.v1.ResourceQuotaSpec", "The bounds of a quota.")

    package let hard = Field<[String: Quantity]>(
        "hard", 1, "The most that may be used, by name: requests.cpu, limits.memory, pods, count/jobs.batch and the like.")
    package let scopes = Field<[String]>("scopes", 2, "Only objects of all these scopes count. Never changes.", .atomic)
    package let scopeSelector = Field<ScopeSelector?>("scopeSelector", 3, "Further scopes, with conditions on their values.")
}

/// Scopes that an object must have to count, with conditions on their values.
package struct ScopeSelector: Schema {
    package static let definition = Definition(
        ScopeSelector(), "core.v1.ScopeSelector", "Scopes that an object must have to count, with conditions on their values.",
        isAtomic: true)

    package let matchExpressions = Field<[ScopedResourceSelectorRequirement]>(
        "matchExpressions", 1, "Conditions, all of which must hold.", .atomic)
}

/// One condition on a scope.
package struct ScopedResourceSelectorRequirement: Schema {
    package static let definition = Definition(
        ScopedResourceSelectorRequirement(), "core.v1.ScopedResourceSelectorRequirement", "One condition on a scope.")

    package let scopeName = Field<String>("scopeName", 1, "The scope, such as PriorityClass.", .always)
    package let `operator` = Field<String>("operator", 2, "In, NotIn, Exists or DoesNotExist.", .always)
    package let values = Field<[String]>("values", 3, "One or more for In and NotIn, none otherwise.", .atomic)
}

/// The bounds in force and what is used of them.
package struct ResourceQuotaStatus: Schema {
    package static let definition = Definition(
        ResourceQuotaStatus(), "core.v1.ResourceQuotaStatus", "The bounds in force and what is used of them.")

    package let hard = Field<[String: Quantity]>("hard", 1, "The bounds that usage is counted against.")
    package let used = Field<[String: Quantity]>("used", 2, "What is used.")

    package static func validate(_ status: View<ResourceQuotaStatus>, _ path: Path, _ problems: inout Problems) {
        ResourceQuotaSpec.validateAmounts(status.json["hard"], path.child("hard"), &problems)
        ResourceQuotaSpec.validateAmounts(status.json["used"], path.child("used"), &problems)
    }
}
