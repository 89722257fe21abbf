import API
import Machinery

/// What claims have of one device.
struct DeviceUse: Sendable {
    /// How many have it, or a part of it.
    var shares = 0
    /// Of a shared device: by the capacity's name in the slice.
    var consumed: [String: Quantity] = [:]

    mutating func add(_ share: [String: Quantity]) {
        shares += 1
        for (name, amount) in share { consumed[name, default: .zero] += amount }
    }

    mutating func remove(_ share: [String: Quantity]) {
        shares -= 1
        for (name, amount) in share { consumed[name]? -= amount }
    }
}

/// A capacity of a device, and how much of it a request takes. Source: KEP-5075, DRA consumable capacity.
struct DeviceAmount: Sendable {
    /// As it stands in the slice.
    let key: String
    /// With its domain.
    let name: String
    let value: Quantity
    private let policy: View<CapacityRequestPolicy>?

    init(_ key: String, _ capacity: View<DeviceCapacity>, driver: String) {
        self.key = key
        name = DeviceName.full(key, driver)
        value = capacity.value
        policy = capacity.requestPolicy
    }

    /// What a request takes: what it asks for, rounded up to what the policy lets one have. Without a word the policy's default, or all.
    ///
    /// - Returns: nil for more than the policy lets one have, or than there is.
    func taken(by wanted: Quantity?) -> Quantity? {
        guard let wanted = wanted ?? policy?.default else { return value }
        guard let rounded = rounded(wanted), rounded <= value else { return nil }
        return rounded
    }

    private func rounded(_ wanted: Quantity) -> Quantity? {
        guard let policy else { return wanted }
        if !policy.validValues.isEmpty { return policy.validValues.first { $0 >= wanted } }
        guard let range = policy.validRange, let least = range.min else { return wanted }
        var amount: Quantity = max(least, wanted)
        // In whole units, as upstream counts.
        if let step = range.step, step.value > 0 {
            let steps: Int64 = (amount.value - least.value + step.value - 1) / step.value
            amount = least + step * steps
        }
        return range.max.map { amount <= $0 } ?? true ? amount : nil
    }
}
