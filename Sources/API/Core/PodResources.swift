package import Machinery

/// Amounts by resource; what isn't named is 0.
package struct PodResources: Sendable, Hashable {
    package private(set) var amounts: [String: Quantity]

    package init(_ amounts: [String: Quantity] = [:]) { self.amounts = amounts }

    package subscript(_ name: String) -> Quantity {
        get { amounts[name] ?? .zero }
        set { amounts[name] = newValue }
    }

    package var cpu: Quantity { self["cpu"] }
    package var memory: Quantity { self["memory"] }
    package var ephemeralStorage: Quantity { self["ephemeral-storage"] }
    /// Everything but processor, memory and disk.
    package var others: [String: Quantity] { amounts.filter { !ResourceName.ofContainers.contains($0.key) } }

    package mutating func add(_ other: [String: Quantity]) {
        for (name, amount) in other { amounts[name] = (amounts[name] ?? .zero) + amount }
    }

    /// The larger of each.
    package mutating func raise(to other: [String: Quantity]) {
        for (name, amount) in other { amounts[name] = max(amounts[name] ?? amount, amount) }
    }
}

/// What a pod takes of its node. Source: k8s.io/component-helpers/resource.
extension View<PodSpec> {
    /// Requests of the pod: those of the containers that run together, or of the init container that needs most, and the overhead.
    package var requests: PodResources { total({ $0.requests }, of: containerRequests) }

    package var limits: PodResources { total({ $0.limits }, of: sum { $0.limits }) }

    /// Requests of the containers alone, without overhead and the pod's own.
    package var containerRequests: PodResources { sum { $0.requests } }

    private func total(
        _ amounts: (View<ResourceRequirements>) -> [String: Quantity], of containers: PodResources
    ) -> PodResources {
        var total: PodResources = containers
        if let whole: View<ResourceRequirements> = self.resources {
            for (name, amount) in amounts(whole) { total[name] = amount }
        }
        total.add(self.overhead)
        return total
    }

    /// Init containers run one after the other, each beside the sidecars that were started before it.
    private func sum(_ amounts: (View<ResourceRequirements>) -> [String: Quantity]) -> PodResources {
        var running = PodResources()
        for container in self.containers { running.add(amounts(container.resources)) }
        var sidecars = PodResources()
        var starting = PodResources()
        for container in self.initContainers {
            if container.isSidecar {
                running.add(amounts(container.resources))
                sidecars.add(amounts(container.resources))
                starting.raise(to: sidecars.amounts)
            } else {
                var now: PodResources = sidecars
                now.add(amounts(container.resources))
                starting.raise(to: now.amounts)
            }
        }
        running.raise(to: starting.amounts)
        return running
    }

    /// `Guaranteed` when each container has equal requests and limits for processor and memory, `BestEffort` when none has any,
    /// else `Burstable`. Source: `ComputePodQOS` of pkg/apis/core/v1/helper/qos.
    package var qosClass: String {
        let parts: [View<ResourceRequirements>]
        if let whole: View<ResourceRequirements> = self.resources, !(whole.requests.isEmpty && whole.limits.isEmpty) {
            parts = [whole]
        } else {
            let all: [View<Container>] = self.containers + self.initContainers
            parts = all.map { $0.resources }
        }
        var requests = PodResources()
        var limits = PodResources()
        var isGuaranteed: Bool = true
        for part in parts {
            let wanted: [String: Quantity] = counted(part.json["requests"])
            let allowed: [String: Quantity] = counted(part.json["limits"])
            requests.add(wanted)
            limits.add(allowed)
            if allowed.count < 2 { isGuaranteed = false }
        }
        if requests.amounts.isEmpty, limits.amounts.isEmpty { return "BestEffort" }
        return isGuaranteed && requests.amounts.count == limits.amounts.count
            && requests.amounts.allSatisfy({ limits[$0.key] == $0.value }) ? "Guaranteed" : "Burstable"
    }

    /// Of amounts by resource those that count.
    private func counted(_ amounts: JSON?) -> [String: Quantity] {
        var counted: [String: Quantity] = [:]
        for name in ["cpu", "memory"] {
            if let amount = amounts?[name].map({ Quantity.read($0) }), amount.sign > 0 { counted[name] = amount }
        }
        return counted
    }
}
