import API
import Machinery

/// A device, by the names that tell it from all others.
struct DeviceID: Hashable, Sendable {
    let pool: DevicePool.ID
    let name: String

    init(pool: DevicePool.ID, name: String) {
        self.pool = pool
        self.name = name
    }

    init(_ result: View<DeviceRequestAllocationResult>) {
        pool = DevicePool.ID(driver: result.driver, name: result.pool)
        name = result.device
    }
}

/// A device that a driver offers, read once.
final class OfferedDevice: Sendable {
    let id: DeviceID
    let facts: DeviceFacts
    /// By domain and name, as they stand in the slice.
    private let attributes: [String: JSON]
    let taints: [View<DeviceTaint>]
    /// What it takes of its pool's counters: by set and name.
    let consumes: [String: [String: Quantity]]
    /// The one node where it can be used; nil where others may be.
    let nodeName: String?
    /// Nodes where it can be used; nil for all, where `nodeName` is nil.
    let selector: View<NodeSelector>?
    private let rule: NodeRule
    /// Several requests may have a part of it each.
    let isShared: Bool
    private let capacity: [DeviceAmount]
    /// Conditions that must be true of it before a pod is bound, and those that give it up.
    let binding: (conditions: [String], failures: [String])
    /// Whoever uses it stays on the node that was chosen.
    let bindsToNode: Bool

    init(_ device: View<Device>, of spec: View<ResourceSliceSpec>, _ pool: DevicePool.ID) {
        id = DeviceID(pool: pool, name: device.name)
        facts = DeviceFacts(device, driver: pool.driver)
        var attributes: [String: JSON] = [:]
        for member in (device.json["attributes"]?.object ?? [:]).members {
            attributes[DeviceName.full(member.key, pool.driver)] = member.value
        }
        self.attributes = attributes
        taints = device.taints
        consumes = [String: [String: Quantity]](
            device.consumesCounters.map { ($0.counterSet, $0.counters.mapValues { $0.value }) }, uniquingKeysWith: { one, _ in one })
        let isOwn: Bool = spec.perDeviceNodeSelection == true
        nodeName = isOwn ? device.nodeName : spec.nodeName
        selector = isOwn ? device.nodeSelector : spec.nodeSelector
        rule = NodeRule(selector)
        isShared = device.allowMultipleAllocations == true
        capacity = device.capacity.map { DeviceAmount($0.key, $0.value, driver: pool.driver) }
        binding = (device.bindingConditions, device.bindingFailureConditions)
        bindsToNode = device.bindsToNode == true
    }

    /// What a request takes of a shared device: by the capacity's name in the slice; nothing of a device that is given as a whole.
    ///
    /// - Parameter wanted: by name; the domain of a name without one is the driver's.
    /// - Returns: nil for a request that the device can't meet, however free it is.
    func share(for wanted: [String: Quantity]) -> [String: Quantity]? {
        let wanted = [String: Quantity](wanted.map { (DeviceName.full($0.key, id.pool.driver), $0.value) }, uniquingKeysWith: max)
        guard wanted.keys.allSatisfy({ name in capacity.contains { $0.name == name } }) else { return nil }
        var share: [String: Quantity] = [:]
        for amount in capacity {
            guard isShared else {
                if let least = wanted[amount.name], least > amount.value { return nil }
                continue
            }
            guard let taken = amount.taken(by: wanted[amount.name]) else { return nil }
            share[amount.key] = taken
        }
        return share
    }

    /// Whether so much is left of it beside what others have.
    func hasRoom(for share: [String: Quantity], beside use: DeviceUse) -> Bool {
        guard isShared else { return use.shares == 0 }
        return capacity.allSatisfy { (use.consumed[$0.key] ?? .zero) + (share[$0.key] ?? .zero) <= $0.value }
    }

    func isUsable(on node: NodeFacts) -> Bool { nodeName.map { $0 == node.name } ?? rule.allows(name: node.name, labels: node.labels) }

    /// - Parameter name: with its domain.
    func attribute(_ name: String) -> JSON? { attributes[name] }
}

/// The devices that a driver offers in one place.
struct DevicePool: Sendable {
    struct ID: Hashable, Sendable {
        let driver: String
        let name: String
    }

    let id: ID
    /// False while slices of it are missing: nobody knows then which devices are all.
    let isComplete: Bool
    let devices: [OfferedDevice]
    /// What its devices share: by set and name.
    let counters: [String: [String: Quantity]]

    /// - Parameter slices: all there are of the pool; those of former generations don't count.
    init(_ id: ID, _ slices: [View<ResourceSlice>]) {
        let newest: Int = slices.map { $0.spec.pool.generation }.max() ?? 0
        let current: [View<ResourceSlice>] = slices.filter { $0.spec.pool.generation == newest }.sorted { $0.name < $1.name }
        self.id = id
        isComplete = current.count >= current.map { $0.spec.pool.resourceSliceCount }.max() ?? 0
        devices = current.flatMap { slice in slice.spec.devices.map { OfferedDevice($0, of: slice.spec, id) } }
        counters = [String: [String: Quantity]](
            current.flatMap { $0.spec.sharedCounters }.map { ($0.name, $0.counters.mapValues { $0.value }) },
            uniquingKeysWith: { one, _ in one }
        )
    }

    func device(_ name: String) -> OfferedDevice? { devices.first { $0.id.name == name } }
}
