import API
import Machinery

/// What a claim asks for, read once.
struct ClaimWish: Sendable {
    struct Request: Sendable {
        let name: String
        /// In the order of preference; one where there is no choice.
        let options: [DeviceWish]
    }

    /// Why a claim can't be met on any node.
    struct Problem: Error {
        let text: String
    }

    let key: ObjectKey
    let requests: [Request]
    let constraints: [View<DeviceConstraint>]
    let config: [View<DeviceClaimConfiguration>]

    init(key: ObjectKey, requests: [Request], constraints: [View<DeviceConstraint>], config: [View<DeviceClaimConfiguration>]) {
        self.key = key
        self.requests = requests
        self.constraints = constraints
        self.config = config
    }

    /// Throws ``Problem`` for a class that is not there, or a condition that can't be read.
    init(_ claim: View<ResourceClaim>, _ view: DeviceView) throws(Problem) {
        key = claim.key
        constraints = claim.spec.devices.constraints
        config = claim.spec.devices.config
        var requests: [Request] = []
        for request in claim.spec.devices.requests {
            var options: [DeviceWish] = []
            if let exactly = request.exactly {
                options.append(try DeviceWish(request.name, exactly.json, view))
            } else {
                for option in request.firstAvailable { options.append(try DeviceWish(request.name + "/" + option.name, option.json, view)) }
            }
            requests.append(Request(name: request.name, options: options))
        }
        self.requests = requests
    }
}

/// Devices of one description: `exactly`, or one of `firstAvailable`.
struct DeviceWish: Sendable {
    /// Of the request, with a slash and the description's own name where there are several.
    let name: String
    private let conditions: [DeviceCondition]
    let config: [View<DeviceClassConfiguration>]
    /// nil for all that fit.
    let count: Int?
    /// Devices that others have will do, and are not taken.
    let isAdmin: Bool
    let tolerations: [View<DeviceToleration>]
    /// How much of a device, by the capacity's name.
    let capacity: [String: Quantity]

    /// - Parameter json: of both kinds of description, whose members have the same names.
    init(_ name: String, _ json: JSON, _ view: DeviceView) throws(ClaimWish.Problem) {
        let wish = View<ExactDeviceRequest>(json)
        let className: String = wish.deviceClassName
        guard let found = view.classes[className] else {
            throw ClaimWish.Problem(text: "request \(name): device class \(className) does not exist")
        }
        do throws(DeviceCondition.Failure) {
            conditions = try found.conditions.get() + DeviceView.conditions(wish.selectors).get()
        } catch {
            throw ClaimWish.Problem(text: "request \(name): \(error.description)")
        }
        self.name = name
        config = found.config
        count = wish.allocationMode == "All" ? nil : max(1, wish.count)
        isAdmin = wish.adminAccess == true
        tolerations = wish.tolerations
        capacity = wish.capacity?.requests ?? [:]
    }

    /// Throws ``DeviceCondition/Failure`` where a condition has no answer for the device.
    func fits(_ device: OfferedDevice) throws(DeviceCondition.Failure) -> Bool {
        guard device.taints.allSatisfy(isBorne), device.share(for: capacity) != nil else { return false }
        for condition in conditions { guard try condition.holds(for: device.facts) else { return false } }
        return true
    }

    private func isBorne(_ taint: View<DeviceTaint>) -> Bool {
        guard taint.effect == "NoSchedule" || taint.effect == "NoExecute" else { return true }
        return tolerations.contains { $0.tolerates(taint) }
    }
}
