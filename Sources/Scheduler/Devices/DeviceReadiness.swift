import API
import Machinery

/// Whether the devices of a claim are ready for pods to be bound to their node. Source: KEP-5007, device binding conditions.
enum DeviceReadiness: Equatable {
    case ready
    case waiting
    /// The driver has given the device up, for the reason of this condition.
    case failed(device: String, condition: String)

    init(_ claim: View<ResourceClaim>) {
        var readiness: DeviceReadiness = .ready
        let results: [View<DeviceRequestAllocationResult>] = claim.status.allocation?.devices.results ?? []
        for result in results where !result.bindingConditions.isEmpty {
            let status: View<AllocatedDeviceStatus>? = claim.status.devices.first { $0.key == result.key }
            let reached: Set<String> = Set((status?.conditions ?? []).filter { $0.status == "True" }.map(\.type))
            if let failure = result.bindingFailureConditions.first(where: reached.contains) {
                self = .failed(device: result.key, condition: failure)
                return
            }
            if !reached.isSuperset(of: result.bindingConditions) { readiness = .waiting }
        }
        self = readiness
    }
}
