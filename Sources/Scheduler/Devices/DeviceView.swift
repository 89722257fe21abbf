import API
import Machinery

/// Devices, classes and claims as the scheduler sees them. It is ahead of the informers: devices count as given from the decision on.
struct DeviceView: Sendable {
    /// A DeviceClass, read once.
    struct Class: Sendable {
        let conditions: Result<[DeviceCondition], DeviceCondition.Failure>
        let config: [View<DeviceClassConfiguration>]
        /// The resource of containers that its devices serve.
        let resource: String?
        let made: Time
    }

    private struct Given: Equatable {
        let device: DeviceID
        let share: [String: Quantity]
    }

    private(set) var claims: [ObjectKey: View<ResourceClaim>] = [:]
    private(set) var classes: [String: Class] = [:]
    /// Classes by the resource of containers that they serve; of several the newest.
    private(set) var extended: [String: String] = [:]
    private(set) var pools: [DevicePool.ID: DevicePool] = [:]
    private var slices: [DevicePool.ID: [String: View<ResourceSlice>]] = [:]
    /// Pools whose devices can be used on one node each, by the node.
    private var ownPools: [String: Set<DevicePool.ID>] = [:]
    private var sharedPools: Set<DevicePool.ID> = []
    /// Devices that claims have, by the claim, and what of those that are shared; those decided upon too.
    private var given: [ObjectKey: [Given]] = [:]
    /// The same, by the device.
    private(set) var uses: [DeviceID: DeviceUse] = [:]
    /// What was decided for a claim and is not written yet.
    private(set) var promised: [ObjectKey: View<AllocationResult>] = [:]

    // MARK: - What the informers show

    /// True when devices came free.
    mutating func setClaim(_ key: ObjectKey, _ claim: View<ResourceClaim>?) -> Bool {
        claims[key] = claim
        let allocation: View<AllocationResult>? = claim?.status.allocation
        if allocation != nil || claim == nil { promised[key] = nil }
        return give(allocation ?? promised[key], to: key)
    }

    mutating func setClass(_ name: String, _ found: View<DeviceClass>?) {
        classes[name] = found.map {
            Class(
                conditions: Self.conditions($0.spec.selectors), config: $0.spec.config, resource: $0.spec.extendedResourceName,
                made: $0.metadata.creationTimestamp ?? .epoch)
        }
        extended = [:]
        for (name, one) in classes.sorted(by: { ($0.value.made, $1.key) < ($1.value.made, $0.key) }) {
            if let resource = one.resource { extended[resource] = name }
        }
    }

    mutating func setSlice(_ name: String, before: View<ResourceSlice>?, after: View<ResourceSlice>?) {
        for slice in [before, after].compactMap({ $0 }) {
            let id = DevicePool.ID(driver: slice.spec.driver, name: slice.spec.pool.name)
            slices[id, default: [:]][name] = slice.metadata.uid == after?.metadata.uid ? after : nil
            let all: [View<ResourceSlice>] = slices[id].map { Array($0.values) } ?? []
            for nodes in ownPools.keys where ownPools[nodes]?.remove(id) != nil && ownPools[nodes]?.isEmpty == true {
                ownPools[nodes] = nil
            }
            sharedPools.remove(id)
            guard !all.isEmpty else {
                slices[id] = nil
                pools[id] = nil
                continue
            }
            pools[id] = DevicePool(id, all)
            for slice in all {
                if let node = slice.spec.nodeName { ownPools[node, default: []].insert(id) } else { sharedPools.insert(id) }
            }
        }
    }

    // MARK: - Decisions

    mutating func promise(_ allocation: View<AllocationResult>, to key: ObjectKey) {
        promised[key] = allocation
        _ = give(allocation, to: key)
    }

    /// Takes a promise back. True when there was one.
    mutating func withdraw(from key: ObjectKey) -> Bool {
        guard promised.removeValue(forKey: key) != nil else { return false }
        return give(claims[key]?.status.allocation, to: key)
    }

    private mutating func give(_ allocation: View<AllocationResult>?, to key: ObjectKey) -> Bool {
        let before: [Given] = given[key] ?? []
        // Who only looks on takes nothing.
        let now: [Given] =
            allocation?.devices.results.filter { $0.adminAccess != true }.map { Given(device: DeviceID($0), share: $0.consumedCapacity) }
            ?? []
        given[key] = now.isEmpty ? nil : now
        for one in before {
            uses[one.device]?.remove(one.share)
            if uses[one.device]?.shares == 0 { uses[one.device] = nil }
        }
        for one in now { uses[one.device, default: DeviceUse()].add(one.share) }
        return !before.allSatisfy(now.contains)
    }

    // MARK: - Reading

    /// The pools that have something for a node, in a fixed order.
    func pools(for node: NodeFacts) -> [DevicePool] {
        (ownPools[node.name] ?? []).union(sharedPools).compactMap { pools[$0] }.sorted {
            ($0.id.driver, $0.id.name) < ($1.id.driver, $1.id.name)
        }
    }

    static func conditions(_ selectors: [View<DeviceSelector>]) -> Result<[DeviceCondition], DeviceCondition.Failure> {
        do throws(DeviceCondition.Failure) {
            var conditions: [DeviceCondition] = []
            for selector in selectors { if let text = selector.cel?.expression { conditions.append(try DeviceCondition(text)) } }
            return .success(conditions)
        } catch {
            return .failure(error)
        }
    }
}

/// A claim that a pod has on devices.
struct PodDeviceClaim: Hashable, Sendable {
    /// How the pod's containers call it.
    let name: String
    /// nil while the claim of a template is not made yet; empty when none is needed.
    let claim: String?
    /// Made for this pod alone.
    let isOwn: Bool

    static func of(_ pod: View<Pod>) -> [PodDeviceClaim] {
        let claims: [View<PodResourceClaim>] = pod.spec.resourceClaims
        guard !claims.isEmpty else { return [] }
        let made: [View<PodResourceClaimStatus>] = pod.status.resourceClaimStatuses
        return claims.map { claim in
            if let name = claim.resourceClaimName { return PodDeviceClaim(name: claim.name, claim: name, isOwn: false) }
            let status: View<PodResourceClaimStatus>? = made.first { $0.name == claim.name }
            return PodDeviceClaim(name: claim.name, claim: status.map { $0.resourceClaimName ?? "" }, isOwn: true)
        }
    }
}
