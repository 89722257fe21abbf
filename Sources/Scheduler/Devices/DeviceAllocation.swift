import API
import Machinery

/// A device that was chosen for a request.
struct DeviceChoice {
    /// Place of the claim among those of the pod.
    let claim: Int
    let wish: DeviceWish
    let device: OfferedDevice
    /// Of a shared device, by the capacity's name in the slice.
    let share: [String: Quantity]

    fileprivate var result: JSON {
        var json: JSON = [
            "request": .string(wish.name), "driver": .string(device.id.pool.driver), "pool": .string(device.id.pool.name),
            "device": .string(device.id.name),
        ]
        if wish.isAdmin { json["adminAccess"] = true }
        if !wish.tolerations.isEmpty { json["tolerations"] = .array(wish.tolerations.map(\.json)) }
        if !device.binding.conditions.isEmpty {
            json["bindingConditions"] = .array(device.binding.conditions.map { .string($0) })
            json["bindingFailureConditions"] = .array(device.binding.failures.map { .string($0) })
        }
        if device.isShared, !wish.isAdmin {
            json["shareID"] = .string(RandomUUID.text())
            json["consumedCapacity"] = .object(JSONObject(share.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value.description)) }))
        }
        return json
    }
}

/// What one claim gets.
struct DeviceAllocation {
    let claim: ClaimWish
    let choices: [DeviceChoice]
    /// The node that was chosen.
    let node: String

    /// As it is written into the claim.
    var result: View<AllocationResult> {
        var config: [JSON] = []
        var seen: Set<String> = []
        for choice in choices where seen.insert(choice.wish.name).inserted {
            for one in choice.wish.config {
                config.append(["source": "FromClass", "requests": [.string(choice.wish.name)], "opaque": one.json["opaque"] ?? .null])
            }
        }
        for one in claim.config {
            let isMeant: Bool =
                one.requests.isEmpty
                || one.requests.contains { name in choices.contains { $0.wish.name == name || $0.wish.name.hasPrefix(name + "/") } }
            guard isMeant else { continue }
            var told: JSON = ["source": "FromClaim", "opaque": one.json["opaque"] ?? .null]
            if !one.requests.isEmpty { told["requests"] = .array(one.requests.map { .string($0) }) }
            config.append(told)
        }
        var devices: JSON = ["results": .array(choices.map(\.result))]
        if !config.isEmpty { devices["config"] = .array(config) }
        var allocation: JSON = ["devices": devices]
        if let selector = selector(choices.map(\.device)) { allocation["nodeSelector"] = selector }
        return View<AllocationResult>(allocation)
    }

    /// Where all of the devices can be used; nil for everywhere.
    private func selector(_ devices: [OfferedDevice]) -> JSON? {
        if devices.contains(where: { $0.nodeName != nil || $0.bindsToNode }) {
            let field: JSON = ["key": "metadata.name", "operator": "In", "values": [.string(node)]]
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
