package import API
package import Client
package import Logging
package import Machinery
import Synchronization

/// Plays the kubelet of nodes that are no machines: their pods become Running and Ready without a process, and end when they are told to.
///
/// A node is simulated when its mark says ``NodeMarks/Kind/simulated``. Reads Nodes and Pods; writes the status of both, the nodes' leases, and
/// deletes pods that have ended. Acts as each node's own user, within that user's rights.
package final class SimulatedNodes: Sendable {
    private let client: @Sendable (_ node: String, _ departure: Departure?) -> Client
    private let clock: ClusterClock
    private let log: Logger
    private let nodes: Informer<Node>
    private let pods: Informer<Pod>
    private let podsByNode: PodsByNode
    private let claims: Informer<ResourceClaim>
    private let queue: WorkQueue
    private let heartbeats: SimulatedHeartbeats
    /// Of the nodes that are switched on.
    private let names = Mutex<Set<String>>([])
    private let addresses = SimulatedAddresses()

    /// - Parameter client: acts as the node of that name.
    package init(
        client: @escaping @Sendable (_ node: String, _ departure: Departure?) -> Client, informers: Informers, clock: ClusterClock,
        log: Logger
    ) {
        self.client = client
        self.clock = clock
        self.log = log
        nodes = informers.informer()
        pods = informers.informer()
        podsByNode = informers.podsByNode
        claims = informers.informer()
        let slices: Informer<ResourceSlice> = informers.informer()
        queue = WorkQueue(clock: clock)
        heartbeats = SimulatedHeartbeats(clock: clock)
        nodes.onChange { [weak self] before, after in self?.changed(before, after) }
        slices.onChange { [weak self] before, after in
            if after == nil, let node = before?.spec.nodeName { self?.queue.add(ObjectKey(namespace: "", name: node)) }
        }
        pods.onChange { [weak self, addresses] before, after in
            addresses.podChanged(before, after)
            self?.changed(after)
        }
    }

    private func changed(_ before: View<Node>?, _ after: View<Node>?) {
        guard let node = after ?? before else { return }
        let isOn: Bool = after?.kind == .simulated && after?.isSwitchedOff == false
        let isNews: Bool = names.withLock { isOn ? $0.insert(node.name).inserted : $0.remove(node.name) != nil }
        guard isOn else { return heartbeats.remove(node.name) }
        if isNews { heartbeats.add(node.name) }
        let (wasReady, isReady): (Bool, Bool) = (before?.isReady ?? false, node.isReady)
        // One that was given up says at once that it lives.
        if isNews || SimulatedStatus.lacksSomething(node) || before?.simulatedDevices != node.simulatedDevices { queue.add(node.key) }
        // Pods may have been seen before their node, or before it had addresses for them; and of pods whose node was given up nobody knew.
        let hadRange: Bool = before?.spec.podCIDR.isEmpty == false
        guard !node.spec.podCIDR.isEmpty, isNews || !hadRange || isReady && !wasReady else { return }
        for key in podsByNode.keys(on: node.name) { queue.add(key) }
    }

    private func changed(_ pod: View<Pod>?) {
        guard let pod, names.withLock({ $0.contains(pod.spec.nodeName) }) else { return }
        queue.add(pod.key)
    }

    /// Runs until the task is cancelled.
    package func run() async {
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                for _ in 0..<64 { group.addTask { [self] in while let key = await queue.next() { await work(on: key) } } }
                group.addTask { [self] in
                    await heartbeats.run { [self] node in
                        let key = ObjectKey(namespace: "", name: node)
                        // What failed is tried again as all other work is.
                        do { try await renew(node, heartbeats.departure) } catch { queue.add(key) }
                    }
                }
            }
        } onCancel: {
            queue.close()
        }
    }

    private func work(on key: ObjectKey) async {
        defer { queue.done(key) }
        do {
            // Nodes have no namespace.
            var delay: Duration?
            if key.namespace.isEmpty { try await report(key) } else { delay = try await play(key) }
            queue.forget(key)
            if let delay { queue.add(key, after: delay) }
        } catch let status as APIStatus where status.isNotFound || status.isConflict {
            // Gone, or about to come again.
        } catch {
            guard !Task.isCancelled else { return }
            log.debug("a simulated node failed", metadata: ["object": "\(key)", "error": "\(error)"])
            queue.addAfterFailure(key)
        }
    }

    // MARK: - Nodes

    /// Says what the node is where that is not known, and that it lives.
    private func report(_ key: ObjectKey) async throws {
        guard names.withLock({ $0.contains(key.name) }), let node = nodes.get(key) else { return }
        let client: Client = client(node.name, nil)
        let labels: [String: String] = SimulatedStatus.missingLabels(node)
        if !labels.isEmpty {
            let patch: JSON = ["metadata": ["labels": .object(JSONObject(labels.map { ($0.key, JSON.string($0.value)) }))]]
            nodes.note(try await client.patch(Node.self, key, patch))
        }
        if SimulatedStatus.isOutdated(node) {
            let status: JSON = SimulatedStatus.make(node, now: clock.time).json
            nodes.note(try await client.patch(Node.self, key, ["status": status], subresource: "status"))
        }
        for slice in SimulatedDevices.slices(of: node) { try await publish(slice, client) }
        try await renew(node.name)
    }

    /// Most of what simulated nodes do: it looks at nothing else, and changes of a node are heard of.
    private func renew(_ node: String, _ departure: Departure? = nil) async throws {
        guard names.withLock({ $0.contains(node) }) else { return }
        try await NodeLease(nodeName: node, client: client(node, departure)).renew(at: clock.microTime)
    }

    private func publish(_ slice: View<ResourceSlice>, _ client: Client) async throws {
        guard var present = try await client.find(ResourceSlice.self, slice.key) else {
            try await client.create(slice)
            return
        }
        guard present.spec.devices != slice.spec.devices else { return }
        let generation: Int = present.spec.pool.generation + 1
        present.spec = slice.spec
        present.spec.pool.generation = generation
        try await client.update(present)
    }

    // MARK: - Pods

    /// Whether the pod may use all devices that it claims.
    private func hasDevices(_ pod: View<Pod>) -> Bool {
        pod.spec.resourceClaims.allSatisfy { use in
            guard let name = pod.claimName(use) else { return false }
            let claim: View<ResourceClaim>? = claims.get(ObjectKey(namespace: pod.namespace, name: name))
            return claim?.status.reservedFor.contains { $0.uid == pod.metadata.uid } ?? false
        }
    }

    private func play(_ key: ObjectKey) async throws -> Duration? {
        guard let pod = pods.get(key), names.withLock({ $0.contains(pod.spec.nodeName) }),
            let node = nodes.get(ObjectKey(namespace: "", name: pod.spec.nodeName))
        else { return nil }
        let client: Client = client(node.name, nil)
        let simulation = SimulatedPod(pod: pod, node: node, now: clock.time)
        var delay: Duration?
        let status: View<PodStatus>
        switch simulation.step {
        case .nothing, .wait:
            if case .wait(let duration) = simulation.step { delay = duration }
            // While its node is given up the pod would be said to be not ready again.
            guard node.isReady, let report = simulation.report else { return delay }
            status = report
        case .start:
            guard hasDevices(pod) else { return .seconds(1) }
            // A node gets its range soon after it is made, and then its pods have their turn.
            guard let address = addresses.address(for: pod, on: node) else { return nil }
            status = simulation.running(address: address)
        case .end(let code): status = simulation.ended(code: code)
        case .remove:
            try await client.delete(Pod.self, key, uid: pod.metadata.uid, gracePeriodSeconds: 0)
            return nil
        }
        // The uid keeps the status off a pod of the same name that came after this one.
        let patch: JSON = ["metadata": ["uid": .string(pod.metadata.uid)], "status": status.json]
        try await client.patchUnread(Pod.self, key, patch, subresource: "status")
        return delay
    }
}

extension SimulatedNodes: UsageSource {
    package func podMetrics() -> [View<PodMetrics>] {
        let names: Set<String> = names.withLock { $0 }
        return pods.list().filter { names.contains($0.spec.nodeName) && $0.status.phase == "Running" }
            .compactMap { SimulatedPod.usage($0, now: clock.time) }
    }

    /// The sum of what its pods use.
    package func nodeMetrics() -> [View<NodeMetrics>] {
        let names: Set<String> = names.withLock { $0 }
        let used: [String: PodResources] = pods.list().reduce(into: [:]) { sums, pod in
            guard names.contains(pod.spec.nodeName), let usage = SimulatedPod.usage(pod, now: clock.time) else { return }
            sums[pod.spec.nodeName, default: PodResources()].add(["cpu": usage.total("cpu"), "memory": usage.total("memory")])
        }
        return names.sorted().map { name in
            NodeMetrics.new(name) {
                $0.timestamp = clock.time
                $0.window = "15s"
                $0.usage = ["cpu": used[name]?.cpu ?? .zero, "memory": used[name]?.memory ?? .zero]
            }
        }
    }
}
