import API
import Machinery

/// Finds devices on one node for all claims of a pod together. Changes nothing.
///
/// Tries requests in their order, descriptions in the order of preference and devices in the order of their slices, and goes back where
/// a choice leaves nothing for a later request. Source: the structured allocator of staging/src/k8s.io/dynamic-resource-allocation.
struct DeviceAllocator {
    private let wishes: [ClaimWish]
    private let pools: [DevicePool]
    private let node: NodeFacts
    private var chosen: [DeviceChoice] = []
    /// What others have, and what was chosen.
    private var uses: [DeviceID: DeviceUse]
    /// Devices that fit a description, by the description's name within its claim.
    private var candidates: [[String: [OfferedDevice]]]
    /// What is left of counters: by pool, set and name.
    private var counters: [DevicePool.ID: [String: [String: Quantity]]] = [:]
    /// So that a claim which nearly fits in very many ways does not hold everybody up.
    private var stepsLeft: Int = 100_000

    init(_ wishes: [ClaimWish], on node: NodeFacts, _ view: DeviceView) {
        self.wishes = wishes
        self.node = node
        pools = view.pools(for: node)
        uses = view.uses
        candidates = Array(repeating: [:], count: wishes.count)
        for pool in pools where !pool.counters.isEmpty {
            var left: [String: [String: Quantity]] = pool.counters
            for device in pool.devices where view.uses[device.id] != nil { Self.take(device, &left) }
            counters[pool.id] = left
        }
    }

    /// What each claim gets; nil when they can't all be met. Throws ``DeviceCondition/Failure`` where a condition has no answer for a device.
    mutating func allocate() throws(DeviceCondition.Failure) -> [ObjectKey: View<AllocationResult>]? {
        guard try meet(claim: 0, request: 0) else { return nil }
        var results: [ObjectKey: View<AllocationResult>] = [:]
        for (index, wish) in wishes.enumerated() {
            results[wish.key] = DeviceAllocation(claim: wish, choices: chosen.filter { $0.claim == index }, node: node.name).result
        }
        return results
    }

    // MARK: - The search

    /// Meets this request and all that follow.
    private mutating func meet(claim: Int, request: Int) throws(DeviceCondition.Failure) -> Bool {
        guard claim < wishes.count else { return true }
        guard request < wishes[claim].requests.count else { return try meet(claim: claim + 1, request: 0) }
        for wish in wishes[claim].requests[request].options {
            let devices: [OfferedDevice] = try fitting(wish, claim)
            if let count = wish.count {
                if try choose(count, wish, devices[...], claim, request) { return true }
            } else if !devices.isEmpty, pools.allSatisfy({ $0.isComplete }) {
                if try choose(devices.count, wish, devices[...], claim, request) { return true }
            }
        }
        return false
    }

    /// Chooses so many of the devices, then meets what follows.
    private mutating func choose(
        _ count: Int, _ wish: DeviceWish, _ devices: ArraySlice<OfferedDevice>, _ claim: Int, _ request: Int
    ) throws(DeviceCondition.Failure) -> Bool {
        guard count > 0 else { return try meet(claim: claim, request: request + 1) }
        var rest: ArraySlice<OfferedDevice> = devices
        while let device = rest.first {
            stepsLeft -= 1
            guard stepsLeft > 0 else { return false }
            let others: ArraySlice<OfferedDevice> = rest.dropFirst()
            if take(device, wish, claim) {
                // Of a shared device a request may have several parts, unless it asks for each device once.
                let next: ArraySlice<OfferedDevice> = device.isShared && wish.count != nil ? rest : others
                if try choose(count - 1, wish, next, claim, request) { return true }
                giveBack(wish)
            }
            rest = others
        }
        return false
    }

    private mutating func fitting(_ wish: DeviceWish, _ claim: Int) throws(DeviceCondition.Failure) -> [OfferedDevice] {
        if let known = candidates[claim][wish.name] { return known }
        var fitting: [OfferedDevice] = []
        for pool in pools {
            for device in pool.devices where device.isUsable(on: node) { if try wish.fits(device) { fitting.append(device) } }
        }
        candidates[claim][wish.name] = fitting
        return fitting
    }

    // MARK: - Choices

    private mutating func take(_ device: OfferedDevice, _ wish: DeviceWish, _ claim: Int) -> Bool {
        guard let share = device.share(for: wish.capacity) else { return false }
        let use: DeviceUse = uses[device.id] ?? DeviceUse()
        let isDouble: Bool = chosen.contains { $0.claim == claim && $0.wish.name == wish.name && $0.device.id == device.id }
        guard wish.isAdmin || device.hasRoom(for: share, beside: use), !isDouble || device.isShared else { return false }
        let choice = DeviceChoice(claim: claim, wish: wish, device: device, share: share)
        guard wishes[claim].constraints.allSatisfy({ holds($0, choice) }) else { return false }
        if !wish.isAdmin {
            // Parts of a device take together what the device takes.
            if !device.consumes.isEmpty, use.shares == 0 {
                var left: [String: [String: Quantity]] = counters[device.id.pool] ?? [:]
                Self.take(device, &left)
                guard left.values.allSatisfy({ $0.values.allSatisfy { $0.sign >= 0 } }) else { return false }
                counters[device.id.pool] = left
            }
            uses[device.id, default: DeviceUse()].add(share)
        }
        chosen.append(choice)
        return true
    }

    /// Takes back what was chosen last.
    private mutating func giveBack(_ wish: DeviceWish) {
        guard let last = chosen.popLast(), !wish.isAdmin else { return }
        uses[last.device.id]?.remove(last.share)
        guard uses[last.device.id]?.shares == 0 else { return }
        for (set, amounts) in last.device.consumes {
            for (name, amount) in amounts { counters[last.device.id.pool]?[set]?[name]? += amount }
        }
    }

    private static func take(_ device: OfferedDevice, _ left: inout [String: [String: Quantity]]) {
        // A counter that the pool does not have is empty.
        for (set, amounts) in device.consumes { for (name, amount) in amounts { left[set, default: [:]][name, default: .zero] -= amount } }
    }

    /// Whether a constraint holds of the devices that were chosen and one more.
    private func holds(_ constraint: View<DeviceConstraint>, _ choice: DeviceChoice) -> Bool {
        func isMeant(_ wish: DeviceWish) -> Bool {
            constraint.requests.isEmpty || constraint.requests.contains { $0 == wish.name || wish.name.hasPrefix($0 + "/") }
        }
        guard isMeant(choice.wish) else { return true }
        let others: [DeviceChoice] = chosen.filter { $0.claim == choice.claim && isMeant($0.wish) }
        if let name = constraint.matchAttribute {
            guard let value = choice.device.attribute(name) else { return false }
            return others.first.map { $0.device.attribute(name) == value } ?? true
        }
        if let name = constraint.distinctAttribute {
            guard let value = choice.device.attribute(name) else { return false }
            return !others.contains { $0.device.attribute(name) == value }
        }
        return true
    }
}
