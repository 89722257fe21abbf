package import Machinery

/// What the count of a claim's devices depends on beside the claim itself: their classes, and the pod that counts the same devices as
/// resources of its containers.
///
/// Source: pkg/quota/v1/evaluator/core/resource_claims.go.
package struct ClaimSurroundings {
    private let resource: (_ className: String) -> String?
    private let pod: (ObjectKey) -> View<Pod>?
    private let claims: (_ namespace: String) -> [View<ResourceClaim>]

    /// - Parameter resource: the one that a class says its devices serve.
    package init(
        resource: @escaping (_ className: String) -> String?, pod: @escaping (ObjectKey) -> View<Pod>?,
        claims: @escaping (_ namespace: String) -> [View<ResourceClaim>]
    ) {
        self.resource = resource
        self.pod = pod
        self.claims = claims
    }

    package static var none: ClaimSurroundings { ClaimSurroundings(resource: { _ in nil }, pod: { _ in nil }, claims: { _ in [] }) }

    /// The resources of containers that devices of a class serve.
    func resources(of className: String) -> [String] {
        [ResourceName.deviceClassPrefix + className] + (resource(className).map { [$0] } ?? [])
    }

    /// The pod for whose resources the claim was made, so that these are counted already; nil for a claim that only says so.
    func pod(for claim: View<ResourceClaim>) -> View<Pod>? {
        guard claim.isOfExtendedResources, let owner = Self.owner(of: claim),
            let pod = pod(ObjectKey(namespace: claim.namespace, name: owner.name)), pod.metadata.uid == owner.uid
        else { return nil }
        if let told = pod.status.extendedResourceClaimStatus { return told.resourceClaimName == claim.name ? pod : nil }
        // As long as the pod does not say which it is, the first one is.
        let isFirst: Bool = claims(claim.namespace).allSatisfy { other in
            guard other.isOfExtendedResources, Self.owner(of: other)?.uid == owner.uid, other.name != claim.name,
                let made = other.metadata.creationTimestamp
            else { return true }
            guard let mine = claim.metadata.creationTimestamp else { return false }
            return (mine, claim.name) < (made, other.name)
        }
        return isFirst ? pod : nil
    }

    private static func owner(of claim: View<ResourceClaim>) -> View<OwnerReference>? {
        claim.metadata.ownerReferences.first { $0.controller == true && $0.kind == "Pod" && $0.apiVersion == "v1" }
    }
}
