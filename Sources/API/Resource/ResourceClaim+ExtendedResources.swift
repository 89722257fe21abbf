import Machinery

/// Claims that are made for pods that ask for resources which devices serve. Source: KEP-5004.
extension ResourceClaim {
    /// The annotation, with the value `true`.
    package static let extendedResources = "resource.kubernetes.io/extended-resource-claim"
}

extension View<ResourceClaim> {
    package var isOfExtendedResources: Bool { self.metadata.annotations[ResourceClaim.extendedResources] == "true" }
}
