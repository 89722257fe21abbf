import API
import Client
import Machinery

/// Makes ranges of service addresses ready, and keeps a deleted one while addresses of it are in use. Reads ServiceCIDRs and IPAddresses;
/// writes the finalizer `networking.k8s.io/service-cidr-finalizer` and the condition `Ready`. Source: pkg/controller/servicecidrs.
struct ServiceRangeController: ObjectController {
    static let name = "service-cidr-controller"
    static let queueName = "servicecidrs"
    static let finalizer = "networking.k8s.io/service-cidr-finalizer"

    let context: ControllerContext
    private var addresses: Informer<ServiceIPAddress> { context.copy() }

    func watchOthers(_ queue: WorkQueue) {
        objects.onChange { [objects] before, _ in
            // What one range no longer has, or has now too, may let another one go.
            for range in objects.list() where range.isTerminating || before == nil { queue.add(range.key) }
        }
        addresses.onChange { [objects] _, after in
            guard after == nil else { return }
            for range in objects.list() where range.isTerminating { queue.add(range.key) }
        }
    }

    func reconcile(_ range: View<ServiceCIDR>) async throws -> Duration? {
        let key: ObjectKey = range.key
        var used: [IPAddress] = []
        if range.isTerminating {
            // What goes must be unused for certain: the API is asked, not the copy.
            used = try await context.client.list(ServiceIPAddress.self).items.compactMap { IPAddress($0.name) }
        }
        let plan = ServiceRangePlan(range, others: objects.list().filter { $0.key != key }, used: used, now: context.clock.time)
        if let finalizers = plan.finalizers {
            let revision: JSON = .string(range.metadata.resourceVersion)
            let patch: JSON = ["metadata": ["finalizers": .array(finalizers.map { .string($0) }), "resourceVersion": revision]]
            objects.note(try await context.client.patch(ServiceCIDR.self, key, patch, as: .mergePatch))
        }
        if let ready = plan.ready {
            objects.note(
                try await context.client.patch(ServiceCIDR.self, key, ["status": ["conditions": [ready]]], subresource: "status"))
        }
        return nil
    }
}

/// What is to be written of a range. Pure.
struct ServiceRangePlan {
    /// nil when they are as they should be.
    private(set) var finalizers: [String]?
    /// The condition, when it is to change.
    private(set) var ready: JSON?

    /// - Parameter used: the addresses that somebody has; asked of a range that goes only.
    init(_ range: View<ServiceCIDR>, others: [View<ServiceCIDR>], used: [IPAddress], now: Time) {
        let found: [String] = range.metadata.finalizers
        let isMarked: Bool = found.contains(ServiceRangeController.finalizer)
        let status: String? = range.status.conditions.first { $0.type == "Ready" }?.status
        guard range.isTerminating else {
            if !isMarked { finalizers = found + [ServiceRangeController.finalizer] }
            if status == nil { ready = Self.condition(true, "", "Kubernetes Service CIDR is ready", now) }
            return
        }
        guard isMarked else { return }
        guard Self.isNeeded(range, others, used) else {
            finalizers = found.filter { $0 != ServiceRangeController.finalizer }
            return
        }
        guard status != "False" else { return }
        ready = Self.condition(
            false, "Terminating",
            "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR", now)
    }

    /// Whether an address of the range is in use that no other range has.
    private static func isNeeded(_ range: View<ServiceCIDR>, _ others: [View<ServiceCIDR>], _ used: [IPAddress]) -> Bool {
        let own: [CIDR] = blocks(range)
        let rest: [CIDR] = others.filter { !$0.isTerminating }.flatMap(blocks)
        return used.contains { address in
            own.contains { $0.contains(address) } && !rest.contains { $0.contains(address) }
        }
    }

    private static func blocks(_ range: View<ServiceCIDR>) -> [CIDR] { range.spec.cidrs.compactMap { CIDR($0) } }

    private static func condition(_ isReady: Bool, _ reason: String, _ message: String, _ now: Time) -> JSON {
        [
            "type": "Ready", "status": isReady ? "True" : "False", "reason": .string(reason), "message": .string(message),
            "lastTransitionTime": now.json,
        ]
    }
}
