package import Machinery

/// What single objects use of what quotas count. Pure: the API server charges it, the quota controller sums it up.
///
/// Source: pkg/quota/v1/evaluator/core and k8s.io/apiserver/pkg/quota/v1/generic.
package enum QuotaUsage {
    private static let storageClass = ".storageclass.storage.k8s.io/"
    private static let devicesOfClass = ".deviceclass.resource.k8s.io/devices"
    private static let requests = "requests."

    /// Amounts by the names that quotas know. Every object counts for `count/RESOURCE.GROUP`.
    ///
    /// - Parameter now: pods that should be gone by then count as objects only.
    package static func of(_ object: JSON, _ names: KindNames, now: Time, _ surroundings: ClaimSurroundings) -> [String: Quantity] {
        var usage: [String: Quantity] = ["count/" + names.qualifiedResource: Quantity(1)]
        if names.resource == ResourceClaim.names.resource { add(View<ResourceClaim>(object), now, surroundings, to: &usage) }
        guard names.group.isEmpty else { return usage }
        switch names.plural {
        case "pods": add(View<Pod>(object), now, to: &usage)
        case "persistentvolumeclaims": add(View<PersistentVolumeClaim>(object), to: &usage)
        case "services": add(View<Service>(object), to: &usage)
        case "configmaps", "replicationcontrollers", "resourcequotas", "secrets": usage[names.plural] = Quantity(1)
        default: break
        }
        return usage
    }

    /// True when objects of the kind may use the resource that a quota names.
    package static func counts(_ resource: String, for names: KindNames) -> Bool {
        if resource == "count/" + names.qualifiedResource { return true }
        if names.resource == ResourceClaim.names.resource {
            return resource.hasSuffix(devicesOfClass) || isOfDevices(resource)
        }
        guard names.group.isEmpty else { return false }
        switch names.plural {
        case "pods": return ofPods.contains(resource) || isPrefixed(resource)
        case "persistentvolumeclaims":
            return resource == "persistentvolumeclaims" || resource == "requests.storage" || resource.contains(storageClass)
        case "services": return ["services", "services.nodeports", "services.loadbalancers"].contains(resource)
        case "configmaps", "replicationcontrollers", "resourcequotas", "secrets": return resource == names.plural
        default: return false
        }
    }

    private static let ofPods: Set<String> = ResourceName.ofQuotas.subtracting(["requests.storage"]).union(["pods"])

    /// Huge pages and devices.
    private static func isPrefixed(_ resource: String) -> Bool {
        resource.hasPrefix("hugepages-") || resource.hasPrefix("requests.hugepages-") || isOfDevices(resource)
    }

    private static func isOfDevices(_ resource: String) -> Bool {
        resource.hasPrefix(requests) && ResourceName.mayNameDevices(String(resource.dropFirst(requests.utf8.count)))
    }

    private static func add(_ pod: View<Pod>, _ now: Time, to usage: inout [String: Quantity]) {
        guard pod.usesQuota(now: now) else { return }
        usage["pods"] = Quantity(1)
        for (name, amount) in ofCompute(requests: pod.spec.requests.amounts, limits: pod.spec.limits.amounts) { usage[name] = amount }
    }

    /// Requests and limits under the names of quotas.
    package static func ofCompute(requests: [String: Quantity], limits: [String: Quantity]) -> [String: Quantity] {
        var usage: [String: Quantity] = [:]
        for (name, amount) in requests {
            if ResourceName.ofContainers.contains(name) || name.hasPrefix("hugepages-") {
                usage[name] = amount
                usage[Self.requests + name] = amount
            } else if ResourceName.mayNameDevices(name) {
                usage[Self.requests + name] = amount
            }
        }
        for (name, amount) in limits where ResourceName.ofContainers.contains(name) { usage["limits." + name] = amount }
        return usage
    }

    private static func add(_ claim: View<PersistentVolumeClaim>, to usage: inout [String: Quantity]) {
        usage["persistentvolumeclaims"] = Quantity(1)
        let reserved: Quantity? = claim.status.allocatedResources["storage"]
        let size: Quantity? = claim.spec.resources.requests["storage"].map { max($0, reserved ?? $0) }
        if let size { usage["requests.storage"] = size }
        let storage: String = claim.metadata.annotations["volume.beta.kubernetes.io/storage-class"] ?? claim.spec.storageClassName ?? ""
        guard !storage.isEmpty else { return }
        usage[storage + storageClass + "persistentvolumeclaims"] = Quantity(1)
        if let size { usage[storage + storageClass + "requests.storage"] = size }
    }

    /// Of each class as many devices as the claim may get, also as the resources that they serve: less what the claim's pod counts.
    private static func add(
        _ claim: View<ResourceClaim>, _ now: Time, _ surroundings: ClaimSurroundings, to usage: inout [String: Quantity]
    ) {
        let devices: [String: Quantity] = devices(of: claim)
        var served: [String: Quantity] = [:]
        for (name, count) in devices {
            usage[name + devicesOfClass] = count
            for resource in surroundings.resources(of: name).map({ requests + $0 }) {
                served[resource] = (served[resource] ?? .zero) + count
            }
        }
        var counted: [String: Quantity] = [:]
        if let pod = surroundings.pod(for: claim) { add(pod, now, to: &counted) }
        for (resource, count) in served {
            let rest: Quantity = count - (counted[resource] ?? .zero)
            if rest.sign > 0 { usage[resource] = rest }
        }
    }

    /// By class; all of them count as the most that a claim can have.
    private static func devices(of claim: View<ResourceClaim>) -> [String: Quantity] {
        var devices: [String: Quantity] = [:]
        for request in claim.spec.devices.requests {
            let exact: [(name: String, mode: String, count: Int)] =
                request.exactly.map { [($0.deviceClassName, $0.allocationMode, $0.count)] } ?? []
            var most: [String: Int] = [:]
            for choice in exact + request.firstAvailable.map({ ($0.deviceClassName, $0.allocationMode, $0.count) }) {
                let count: Int = choice.mode == "All" ? DeviceAllocationResult.most : choice.count
                most[choice.name] = max(most[choice.name] ?? 0, count)
            }
            for (name, count) in most { devices[name] = (devices[name] ?? .zero) + Quantity(Int64(count)) }
        }
        return devices
    }

    private static func add(_ service: View<Service>, to usage: inout [String: Quantity]) {
        usage["services"] = Quantity(1)
        let ports: [View<ServicePort>] = service.spec.ports
        switch service.spec.type {
        case "NodePort": usage["services.nodeports"] = Quantity(Int64(ports.count))
        case "LoadBalancer":
            usage["services.nodeports"] = Quantity(
                Int64(service.spec.needsNodePorts ? ports.count : ports.count { $0.nodePort != 0 }))
            usage["services.loadbalancers"] = Quantity(1)
        default: break
        }
    }
}

extension View<Pod> {
    /// False for a pod that has ended, or whose time to end is over.
    fileprivate func usesQuota(now: Time) -> Bool {
        guard !["Succeeded", "Failed"].contains(self.status.phase) else { return false }
        guard let end = self.metadata.deletionTimestamp, let grace = json[["metadata", "deletionGracePeriodSeconds"]]?.int else {
            return true
        }
        return now <= end + .seconds(grace)
    }
}
