package import Machinery

extension ResourceRequirements {
    /// Source: `validateResourceRequirements` of pkg/apis/core/validation.
    package static func validate(_ resources: View<ResourceRequirements>, _ path: Path, _ problems: inout Problems) {
        let limits: [(name: String, amount: Quantity)] = amounts(resources.json["limits"])
        let requests: [(name: String, amount: Quantity)] = amounts(resources.json["requests"])
        for (name, amount) in limits {
            let here: Path = path.child("limits").key(name)
            ResourceName.validate(name, here, &problems)
            ResourceName.validate(amount, of: name, here, &problems)
        }
        for (name, amount) in requests {
            let here: Path = path.child("requests").key(name)
            ResourceName.validate(name, here, &problems)
            ResourceName.validate(amount, of: name, here, &problems)
            guard let limit: Quantity = limits.first(where: { $0.name == name })?.amount else {
                if !ResourceName.isOvercommitAllowed(name) {
                    problems.required(path.child("limits"), "Limit must be set for non overcommitable resources")
                }
                continue
            }
            if amount != limit, !ResourceName.isOvercommitAllowed(name) {
                problems.invalid(
                    path.child("requests"), .string(amount.description), "must be equal to \(name) limit of \(limit)")
            } else if amount > limit {
                problems.invalid(
                    path.child("requests"), .string(amount.description), "must be less than or equal to \(name) limit of \(limit)")
            }
        }
        let names: [String] = limits.map { $0.name } + requests.map { $0.name }
        if names.contains(where: { $0.hasPrefix("hugepages-") }), !names.contains("cpu"), !names.contains("memory") {
            problems.forbidden(path, "HugePages require cpu or memory")
        }
        var claims: Set<JSON> = []
        for (index, claim) in resources.claims.enumerated() where !claims.insert(claim.json).inserted {
            problems.duplicate(path.child("claims").index(index), claim.json)
        }
    }

    private static func amounts(_ json: JSON?) -> [(name: String, amount: Quantity)] {
        json?.object?.members.map { ($0.key, Quantity.read($0.value)) } ?? []
    }
}

/// The rules for names of resources. Source: pkg/apis/core/helper and pkg/apis/core/v1/helper.
package enum ResourceName {
    /// Resources without a domain that a container may ask for.
    package static let ofContainers: [String] = ["cpu", "memory", "ephemeral-storage"]

    /// Without a domain, or of `kubernetes.io`.
    package static func isNative(_ name: String) -> Bool { !name.utf8.contains(UInt8(ascii: "/")) || name.contains("kubernetes.io/") }

    /// Announced by a device plugin or by hand: with a foreign domain.
    package static func isExtended(_ name: String) -> Bool {
        !isNative(name) && !name.hasPrefix("requests.") && Names.qualifiedName("requests." + name).isEmpty
    }

    /// Before the name of a class in the resource that its devices serve.
    package static let deviceClassPrefix = "deviceclass.resource.kubernetes.io/"

    /// Devices may serve it: a class by its own name, or one that names it. Source: `IsDRAExtendedResourceName` of pkg/scheduler/util.
    package static func mayNameDevices(_ name: String) -> Bool { isExtended(name) || name.hasPrefix(deviceClassPrefix) }

    /// False for what is handed out whole: huge pages and extended resources.
    package static func isOvercommitAllowed(_ name: String) -> Bool { isNative(name) && !name.hasPrefix("hugepages-") }

    /// Source: `validateContainerResourceName` of pkg/apis/core/validation.
    static func validate(_ name: String, _ path: Path, _ problems: inout Problems) {
        validateStandard(name, path, &problems)
        if !name.utf8.contains(UInt8(ascii: "/")) {
            if !ofContainers.contains(name), !name.hasPrefix("hugepages-") {
                problems.invalid(path, .string(name), "must be a standard resource for containers")
            }
        } else if !isNative(name), !isExtended(name) {
            problems.invalid(path, .string(name), "doesn't follow extended resource name standard")
        }
    }

    static func validate(_ amount: Quantity, of name: String, _ path: Path, _ problems: inout Problems) {
        if amount.sign < 0 {
            problems.invalid(path, .string(amount.description), "must be greater than or equal to 0")
        }
        if isExtended(name) || name == "pods", amount.milliValue % 1000 != 0 {
            problems.invalid(path, .string(amount.description), "must be an integer")
        }
    }
}
