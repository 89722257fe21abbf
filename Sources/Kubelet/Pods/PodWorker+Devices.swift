import API
import Client
import Machinery

extension PodWorker {
    /// Throws ``ConfigError`` while a ResourceClaim of the pod has no devices or is not reserved for the pod, and for devices at all: only their
    /// driver could prepare them, and no driver can register with this node.
    func checkDevices() async throws {
        for use in pod.spec.resourceClaims {
            guard let name = pod.claimName(use) else {
                throw ConfigError("prepare dynamic resources: pod claim \(use.name): resource claim not created yet")
            }
            let key = ObjectKey(namespace: pod.namespace, name: name)
            guard let claim = try await node.client.find(ResourceClaim.self, key) else {
                throw ConfigError("prepare dynamic resources: resourceclaim.resource.k8s.io \(JSON.quoted(name)) not found")
            }
            guard let allocation = claim.status.allocation,
                claim.status.reservedFor.contains(where: { $0.uid == pod.metadata.uid })
            else {
                throw ConfigError(
                    "prepare dynamic resources: pod \(pod.name)(\(pod.metadata.uid)) is not allowed to use resource claim "
                        + "\(name)(\(claim.metadata.uid))")
            }
            if let driver = allocation.devices.results.first?.driver {
                throw ConfigError("prepare dynamic resources: claim \(name): DRA driver \(driver) is not registered")
            }
        }
    }
}
