package import Machinery

/// What a container or a pod needs of each resource, and what it may use at most.
package struct ResourceRequirements: Schema {
    package static let definition = Definition(
        ResourceRequirements(), "core.v1.ResourceRequirements",
        "What a container or a pod needs of each resource, and what it may use at most.")

    package let limits = Field<[String: Quantity]>(
        "limits", 1, "The most that may be used, by resource: cpu, memory, ephemeral-storage, others.")
    package let requests = Field<[String: Quantity]>("requests", 2, "What is set aside; the limit when absent.")
    package let claims = Field<[ContainerResourceClaim]>(
        "claims", 3, "Device claims of the pod that the container uses.", .listMap(keys: ["name"]))

    /// Amounts finer than a thousandth are rounded up. Source: `SetDefaults_ResourceList` of pkg/apis/core/v1/defaults.go.
    package static func setDefaults(_ resources: inout View<ResourceRequirements>) {
        for list in ["limits", "requests"] {
            // Only these suffixes of the canonical form are that fine; nearly no object has one.
            guard let amounts: JSONObject = resources.json[list]?.object,
                amounts.contains(where: { $0.value.string?.hasSuffix("n") == true || $0.value.string?.hasSuffix("u") == true })
            else { continue }
            var rounded: JSONObject = amounts
            rounded.updateValues { _, amount in amount = .string(Quantity.read(amount).roundedUpToMilli.description) }
            resources.json[list] = .object(rounded)
        }
    }
}

extension View<ResourceRequirements> {
    /// Limits without a request become requests.
    mutating func takeRequestsFromLimits(where isWanted: (String) -> Bool = { _ in true }) {
        guard let limits: JSONObject = json["limits"]?.object, !limits.isEmpty else { return }
        var requests: JSONObject = json["requests"]?.object ?? [:]
        for member in limits where requests[member.key] == nil && isWanted(member.key) { requests.append(member.key, member.value) }
        if !requests.isEmpty { json["requests"] = .object(requests) }
    }
}

/// A device claim of the pod that a container uses.
package struct ContainerResourceClaim: Schema {
    package static let definition = Definition(
        ContainerResourceClaim(), "core.v1.ResourceClaim", "A device claim of the pod that a container uses.")

    package let name = Field<String>("name", 1, "The claim's name in the pod's list.", .required)
    package let request = Field<String>("request", 2, "One request of the claim; all of them when empty.")
}
