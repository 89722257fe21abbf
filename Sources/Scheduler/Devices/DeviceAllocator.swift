import API
import Machinery

/// Finds devices on one node for all claims of a pod together. Changes nothing.
///
/// Tries requests in their order, descriptions in the order of preference and devices in the order of their slices, and goes back where
/// a choice leaves nothing for a later request. Source: the structured allocator of staging/src/k8s.io/dynamic-resource-allocation.
struct DeviceAllocator {
    /// A device that was chosen.
    private struct Choice {
        let claim: Int
        let wish: DeviceWish
        let device: OfferedDevice
    }

    private let wishes: [ClaimWish]
    private let pools: [DevicePool]
    private let taken: Set<DeviceID>
    private let node: NodeFacts
    private var chosen: [Choice] = []
    private var used: Set<DeviceID> = []
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
        taken = view.taken
        candidates = Array(repeating: [:], count: wishes.count)
        for pool in pools where !pool.counters.isEmpty {
            var left: [String: [String: Quantity]] = pool.counters
            for device in pool.devices where view.taken.contains(device.id) { Self.take(device, &left) }
            counters[pool.id] = left
        }
    }

    /// What each claim gets; nil when they can't all be met. Throws ``DeviceCondition/Failure`` where a condition has no answer for a device.
    mutating func allocate() throws(DeviceCondition.Failure) -> [ObjectKey: View<AllocationResult>]? {
        guard try meet(claim: 0, request: 0) else { return nil }
        var results: [ObjectKey: View<AllocationResult>] = [:]
        for (index, wish) in wishes.enumerated() { results[wish.key] = result(index, wish) }
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
        while rest.count >= count, let device = rest.popFirst() {
            stepsLeft -= 1
            guard stepsLeft > 0 else { return false }
            guard take(device, wish, claim) else { continue }
            if try choose(count - 1, wish, rest, claim, request) { return true }
            giveBack(wish)
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
        let isFree: Bool = wish.isAdmin || !taken.contains(device.id) && !used.contains(device.id)
        let isDouble: Bool = chosen.contains { $0.claim == claim && $0.wish.name == wish.name && $0.device.id == device.id }
        guard isFree, !isDouble else { return false }
        let choice = Choice(claim: claim, wish: wish, device: device)
        guard wishes[claim].constraints.allSatisfy({ holds($0, choice) }) else { return false }
        if !wish.isAdmin {
            if !device.consumes.isEmpty {
                var left: [String: [String: Quantity]] = counters[device.id.pool] ?? [:]
                Self.take(device, &left)
                guard left.values.allSatisfy({ $0.values.allSatisfy { $0.sign >= 0 } }) else { return false }
                counters[device.id.pool] = left
            }
            used.insert(device.id)
        }
        chosen.append(choice)
        return true
    }

    /// Takes back what was chosen last.
    private mutating func giveBack(_ wish: DeviceWish) {
        guard let last = chosen.popLast(), !wish.isAdmin else { return }
        used.remove(last.device.id)
        for (set, amounts) in last.device.consumes {
            for (name, amount) in amounts { counters[last.device.id.pool]?[set]?[name]? += amount }
        }
    }

    private static func take(_ device: OfferedDevice, _ left: inout [String: [String: Quantity]]) {
        // A counter that the pool does not have is empty.
        for (set, amounts) in device.consumes { for (name, amount) in amounts { left[set, default: [:]][name, default: .zero] -= amount } }
    }

    /// Whether a constraint holds of the devices that were chosen and one more.
    private func holds(_ constraint: View<DeviceConstraint>, _ choice: Choice) -> Bool {
        func isMeant(_ wish: DeviceWish) -> Bool {
            constraint.requests.isEmpty || constraint.requests.contains { $0 == wish.name || wish.name.hasPrefix($0 + "/") }
        }
        guard isMeant(choice.wish) else { return true }
        let others: [Choice] = chosen.filter { $0.claim == choice.claim && isMeant($0.wish) }
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

    // MARK: - The result

    private func result(_ index: Int, _ claim: ClaimWish) -> View<AllocationResult> {
        let own: [Choice] = chosen.filter { $0.claim == index }
        var config: [JSON] = []
        var seen: Set<String> = []
        for choice in own where seen.insert(choice.wish.name).inserted {
            for one in choice.wish.config {
                config.append(["source": "FromClass", "requests": [.string(choice.wish.name)], "opaque": one.json["opaque"] ?? .null])
            }
        }
        for one in claim.config {
            let isMeant: Bool =
                one.requests.isEmpty
                || one.requests.contains { name in own.contains { $0.wish.name == name || $0.wish.name.hasPrefix(name + "/") } }
            guard isMeant else { continue }
            var told: JSON = ["source": "FromClaim", "opaque": one.json["opaque"] ?? .null]
            if !one.requests.isEmpty { told["requests"] = .array(one.requests.map { .string($0) }) }
            config.append(told)
        }
        var devices: JSON = [
            "results": .array(
                own.map { choice in
                    var json: JSON = [
                        "request": .string(choice.wish.name), "driver": .string(choice.device.id.pool.driver),
                        "pool": .string(choice.device.id.pool.name), "device": .string(choice.device.id.name),
                    ]
                    if choice.wish.isAdmin { json["adminAccess"] = true }
                    if !choice.wish.tolerations.isEmpty { json["tolerations"] = .array(choice.wish.tolerations.map(\.json)) }
                    return json
                })
        ]
        if !config.isEmpty { devices["config"] = .array(config) }
        var allocation: JSON = ["devices": devices]
        if let selector = selector(own.map(\.device)) { allocation["nodeSelector"] = selector }
        return View<AllocationResult>(allocation)
    }

    /// Where all of the devices can be used; nil for everywhere.
    private func selector(_ devices: [OfferedDevice]) -> JSON? {
        if devices.contains(where: { $0.nodeName != nil }) {
            let field: JSON = ["key": "metadata.name", "operator": "In", "values": [.string(node.name)]]
            return ["nodeSelectorTerms": [["matchFields": [field]]]]
        }
        var term: JSON = [:]
        for part in ["matchExpressions", "matchFields"] {
            var all: [JSON] = []
            for device in devices {
                for one in device.selector?.nodeSelectorTerms.first?.json[part]?.array ?? [] where !all.contains(one) { all.append(one) }
            }
            if !all.isEmpty { term[part] = .array(all) }
        }
        return term.isEmpty ? nil : ["nodeSelectorTerms": [term]]
    }
}
