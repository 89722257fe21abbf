package import Machinery

/// The scopes that a quota may have. Source: pkg/apis/core/helper.
package enum QuotaScope {
    package static let all: Set<String> = [
        "BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "PriorityClass", "Terminating",
        "VolumeAttributesClass",
    ]

    /// Scopes that an object has or has not: they take no values.
    fileprivate static let plain: Set<String> = [
        "BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "Terminating",
    ]

    private static let compute: Set<String> = [
        "pods", "cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory",
    ]

    /// False where objects of the scope use nothing of the resource, so that the quota would never count.
    package static func fits(_ scope: String, _ resource: String) -> Bool {
        switch scope {
        case "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "PriorityClass", "Terminating": compute.contains(resource)
        case "BestEffort": resource == "pods"
        case "VolumeAttributesClass": resource == "persistentvolumeclaims" || resource == "requests.storage"
        default: true
        }
    }
}

/// Source: `ValidateResourceQuotaSpec` of pkg/apis/core/validation.
extension ResourceQuotaSpec {
    package static func validate(_ spec: View<ResourceQuotaSpec>, _ path: Path, _ problems: inout Problems) {
        validateAmounts(spec.json["hard"], path.child("hard"), &problems)
        let resources: [String] = (spec.json["hard"]?.object?.keys ?? []).sorted().filter(ResourceName.isStandardForQuotas)
        validateScopes(spec, resources, path.child("scopes"), &problems)
        if let selector = spec.scopeSelector {
            validateSelector(selector, spec, resources, path.child("scopeSelector").child("matchExpressions"), &problems)
        }
    }

    static func validateAmounts(_ amounts: JSON?, _ path: Path, _ problems: inout Problems) {
        for member in amounts?.object ?? [:] {
            ResourceName.validateForQuota(member.key, path.key(member.key), &problems)
            ResourceName.validateQuotaAmount(Quantity.read(member.value), of: member.key, path.key(member.key), &problems)
        }
    }

    private static func validateScopes(
        _ spec: View<ResourceQuotaSpec>, _ resources: [String], _ path: Path, _ problems: inout Problems
    ) {
        let value: JSON = spec.json["scopes"] ?? []
        for scope in spec.scopes {
            if !QuotaScope.all.contains(scope) { problems.invalid(path, value, "unsupported scope") }
            for resource in resources where !QuotaScope.fits(scope, resource) {
                problems.invalid(path, value, "unsupported scope applied to resource")
            }
        }
        validatePairs(spec.scopes, value, path, &problems)
    }

    private static func validateSelector(
        _ selector: View<ScopeSelector>, _ spec: View<ResourceQuotaSpec>, _ resources: [String], _ path: Path,
        _ problems: inout Problems
    ) {
        for requirement in selector.matchExpressions {
            let scope: String = requirement.scopeName
            if !QuotaScope.all.contains(scope) { problems.invalid(path.child("scopeName"), .string(scope), "unsupported scope") }
            for resource in resources where !QuotaScope.fits(scope, resource) {
                problems.invalid(path, selector.json, "unsupported scope applied to resource")
            }
            let word: JSON = .string(requirement.operator)
            if QuotaScope.plain.contains(scope), requirement.operator != "Exists" {
                problems.invalid(
                    path.child("operator"), word,
                    "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, "
                        + "ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or "
                        + "ResourceQuotaScopeCrossNamespacePodAffinity")
            }
            switch requirement.operator {
            case "In", "NotIn":
                if requirement.values.isEmpty {
                    problems.required(
                        path.child("values"), "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector")
                }
            case "Exists", "DoesNotExist":
                if !requirement.values.isEmpty {
                    problems.invalid(
                        path.child("values"), requirement.json["values"] ?? [],
                        "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector")
                }
            default: problems.invalid(path.child("operator"), word, "not a valid selector operator")
            }
        }
        validatePairs(selector.matchExpressions.map { $0.scopeName }, spec.json["scopes"] ?? .null, path, &problems)
    }

    /// An object can't have a scope and its opposite.
    private static func validatePairs(_ scopes: [String], _ value: JSON, _ path: Path, _ problems: inout Problems) {
        for (one, other) in [("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")]
        where scopes.contains(one) && scopes.contains(other) {
            problems.invalid(path, value, "conflicting scopes")
        }
    }
}
