import Machinery

/// The names of resources outside of containers: what quotas count and claims ask for. Source: pkg/apis/core/helper.
extension ResourceName {
    /// Objects that a quota counts under a short name.
    package static let counted: Set<String> = [
        "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps", "persistentvolumeclaims",
        "services.nodeports", "services.loadbalancers",
    ]

    /// Amounts that a quota sums up over pods.
    package static let ofQuotas: Set<String> = [
        "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.storage", "requests.ephemeral-storage",
        "limits.cpu", "limits.memory", "limits.ephemeral-storage",
    ]

    /// Known without a domain.
    package static func isStandard(_ name: String) -> Bool { name == "storage" || isStandardForQuotas(name) }

    package static func isStandardForQuotas(_ name: String) -> Bool {
        counted.contains(name) || ofQuotas.contains(name) || name.hasPrefix("hugepages-") || name.hasPrefix("requests.hugepages-")
    }

    /// A qualified name, and a known one if it has no domain.
    static func validateStandard(_ name: String, _ path: Path, _ problems: inout Problems) {
        let details: [String] = Names.qualifiedName(name)
        for detail in details { problems.invalid(path, .string(name), detail) }
        if details.isEmpty, !name.contains("/"), !isStandard(name) {
            problems.invalid(path, .string(name), "must be a standard resource type or fully qualified")
        }
    }

    /// The same with the names that quotas know.
    static func validateForQuota(_ name: String, _ path: Path, _ problems: inout Problems) {
        validateStandard(name, path, &problems)
        if !name.contains("/"), !isStandardForQuotas(name) {
            problems.invalid(path, .string(name), "must be a standard resource for quota")
        }
    }

    /// Not negative, and a whole number of what is counted.
    static func validateQuotaAmount(_ amount: Quantity, of name: String, _ path: Path, _ problems: inout Problems) {
        if amount.sign < 0 { problems.invalid(path, .string(amount.description), "must be greater than or equal to 0") }
        if counted.contains(name) || isExtended(name), amount.milliValue % 1000 != 0 {
            problems.invalid(path, .string(amount.description), "must be an integer")
        }
    }
}
