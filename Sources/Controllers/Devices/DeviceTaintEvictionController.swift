import API
import Client
import Machinery
import Synchronization

/// Deletes pods that use a device with a taint NoExecute which their request for it does not tolerate, or no longer.
///
/// Reads ResourceClaims, ResourceSlices and Pods; works on claims. Source: pkg/controller/devicetainteviction.
struct DeviceTaintEvictionController: ObjectController {
    static let name = "device-taint-eviction-controller"
    static let queueName = "device-taint-eviction"
    static let component = "device-taint-eviction"

    let context: ControllerContext
    private var slices: Informer<ResourceSlice> { context.copy() }
    private var pods: Informer<Pod> { context.copy() }

    /// Since when devices of claims are seen to have taints that don't say since when.
    private let threatened = Threatened()

    private final class Threatened: Sendable { let since = Mutex<[ObjectKey: Time]>([:]) }

    var others: [any ObjectCopy] { [slices, pods] }

    static func concerns(_ before: View<ResourceClaim>?, _ after: View<ResourceClaim>?) -> Bool {
        after?.status.allocation != nil && before?.json["status"] != after?.json["status"]
    }

    func watchOthers(_ queue: WorkQueue) {
        slices.onChange { [objects] before, after in
            guard let slice = after ?? before, (before.map(Self.taints) ?? [:]) != (after.map(Self.taints) ?? [:]) else { return }
            for claim in objects.list() {
                let isConcerned: Bool =
                    claim.status.allocation?.devices.results.contains {
                        $0.driver == slice.spec.driver && $0.pool == slice.spec.pool.name
                    } ?? false
                if isConcerned { queue.add(claim.key) }
            }
        }
    }

    /// The taints NoExecute of its devices, by device.
    private static func taints(_ slice: View<ResourceSlice>) -> [String: [View<DeviceTaint>]] {
        var taints: [String: [View<DeviceTaint>]] = [:]
        for device in slice.spec.devices {
            let own: [View<DeviceTaint>] = device.taints.filter { $0.effect == "NoExecute" }
            if !own.isEmpty { taints[device.name] = own }
        }
        return taints
    }

    func reconcile(_ claim: View<ResourceClaim>) async throws -> Duration? {
        let results: [View<DeviceRequestAllocationResult>] = claim.status.allocation?.devices.results ?? []
        let first: Time = threatened.since.withLock { $0[claim.key] } ?? context.clock.time
        guard let end = results.compactMap({ Self.end(of: $0, taints(of: $0), now: first) }).min() else {
            try await clear(claim.key)
            return nil
        }
        threatened.since.withLock { $0[claim.key] = first }
        let left: Duration = end - context.clock.time
        guard left <= .zero else { return left }
        for user in claim.status.reservedFor where user.apiGroup.isEmpty && user.resource == "pods" {
            guard let pod = pods.get(ObjectKey(namespace: claim.namespace, name: user.name)), pod.metadata.uid == user.uid,
                !pod.isTerminating, !pod.isFinished
            else { continue }
            tell(pod, .normal, reason: "DeviceTaintManagerEviction", "Marking for deletion")
            try await context.drive(
                pod, reason: "DeletionByDeviceTaintManager", "Device Taint manager: deleting due to NoExecute taint")
        }
        return nil
    }

    func clear(_ key: ObjectKey) async throws { threatened.since.withLock { $0[key] = nil } }

    private func taints(of result: View<DeviceRequestAllocationResult>) -> [View<DeviceTaint>] {
        let own: [View<ResourceSlice>] = slices.list().filter { $0.spec.driver == result.driver && $0.spec.pool.name == result.pool }
        let newest: Int = own.map { $0.spec.pool.generation }.max() ?? 0
        return own.filter { $0.spec.pool.generation == newest }.flatMap { Self.taints($0)[result.device] ?? [] }
    }

    /// Pure: when the use of a device ends; nil for never. The shortest of the tolerations that are used decides.
    static func end(of result: View<DeviceRequestAllocationResult>, _ taints: [View<DeviceTaint>], now: Time) -> Time? {
        taints.compactMap { taint in
            let since: Time = taint.timeAdded ?? now
            let used: [View<DeviceToleration>] = result.tolerations.filter { $0.tolerates(taint) }
            guard !used.isEmpty else { return since }
            return used.compactMap(\.tolerationSeconds).min().map { since + .seconds(max(0, $0)) }
        }.min()
    }
}
