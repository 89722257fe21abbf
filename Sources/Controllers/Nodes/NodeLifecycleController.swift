import API
import Client
import Machinery
import Synchronization

/// Notices nodes that are no longer heard of, and drives the pods of nodes that are not well away.
///
/// Reads Nodes, their Leases and Pods. Every five seconds: writes Unknown into the conditions of nodes whose heartbeats are missing, says of
/// their pods that they are not ready, and sets or takes the taints NoExecute, zone by zone no faster than ``ZoneState`` allows.
/// Source: pkg/controller/nodelifecycle.
struct NodeLifecycleController: Controller {
    static let name = "node-controller"
    static let queueName = "node_lifecycle_controller"
    static let period: Duration = .seconds(5)

    /// What was last heard of a node, and when.
    private struct Heartbeat {
        var lease: MicroTime?
        var status: Time?
        var heardAt: ClusterClock.Instant
        /// True for a node that is Ready and drives no pods away: while it is heard of there is nothing to do.
        var isWell = false
    }

    private struct State {
        var heartbeats: [String: Heartbeat] = [:]
        var lastLook: ClusterClock.Instant?
        /// When the last node of a zone was tainted.
        var lastTaint: [String: ClusterClock.Instant] = [:]
    }

    let context: ControllerContext
    private var nodes: Informer<Node> { context.copy() }
    private var leases: Informer<Lease> { context.copy() }
    private var pods: Informer<Pod> { context.copy() }
    private let state = LifecycleState()

    private final class LifecycleState: Sendable { let lock = Mutex(State()) }

    func watch(_ queue: WorkQueue) {
        let all = ObjectKey(namespace: "", name: "nodes")
        queue.add(all)
        let (state, clock): (LifecycleState, ClusterClock) = (state, context.clock)
        nodes.onChange { before, after in
            guard let node = after else {
                guard let before else { return }
                state.lock.withLock { $0.heartbeats[before.name] = nil }
                let name: String = before.name
                return tell(before, .normal, reason: "RemovingNode", "Node \(name) event: Removing Node \(name) from Controller")
            }
            if before == nil {
                tell(node, .normal, reason: "RegisteredNode", "Node \(node.name) event: Registered Node \(node.name) in Controller")
            }
            let ready: View<NodeCondition>? = node.condition("Ready")
            let status: Time? = ready.flatMap { $0.status == "Unknown" ? nil : $0.lastHeartbeatTime }
            let isDriving: Bool = NodeHealth.drivesAway(node)
            state.lock.withLock { state in
                var heartbeat: Heartbeat = state.heartbeats[node.name] ?? Heartbeat(heardAt: clock.now)
                if status != nil, status != heartbeat.status { heartbeat.heardAt = clock.now }
                heartbeat.status = status ?? heartbeat.status
                heartbeat.isWell = ready?.status == "True" && !isDriving
                state.heartbeats[node.name] = heartbeat
            }
            // A node that says that it is well again is believed at once. One that is new drives nobody away.
            let former: String? = before?.condition("Ready")?.status
            if former != ready?.status, former != nil || isDriving { queue.add(all) }
        }
        leases.onChange { _, after in
            guard let lease = after, lease.namespace == "kube-node-lease" else { return }
            let time: MicroTime? = lease.spec.renewTime
            state.lock.withLock { state in
                guard let heartbeat = state.heartbeats[lease.name], heartbeat.lease != time else { return }
                state.heartbeats[lease.name]?.lease = time
                state.heartbeats[lease.name]?.heardAt = clock.now
            }
        }
    }

    func reconcile(_ key: ObjectKey) async throws -> Duration? {
        await letNodesSpeak()
        await nodes.caughtUp()
        await leases.caughtUp()
        await pods.caughtUp()
        let now: ClusterClock.Instant = context.clock.now
        guard isAnyUnwell(now) else { return Self.period }
        let present: [View<Node>] = nodes.list().filter { !$0.isTerminating }
        let silences: [String: Duration] = state.lock.withLock { $0.heartbeats.mapValues { $0.heardAt.duration(to: now) } }
        var zones: [String: [View<Node>]] = [:]
        var podsByNode: [String: [View<Pod>]]?
        for var node in present {
            if let conditions = NodeHealth.conditions(of: node, silentFor: silences[node.name] ?? .zero, now: now.time) {
                node = try await write(conditions, node)
            }
            if let ready = node.condition("Ready"), ready.status != "True" {
                if podsByNode == nil { podsByNode = Dictionary(grouping: pods.list().filter { $0.isReady }) { $0.spec.nodeName } }
                try await mark(podsByNode?[node.name] ?? [])
            }
            zones[ZoneState.zone(of: node), default: []].append(node)
        }
        let isEverywhere: Bool = present.allSatisfy { NodeHealth.taint(of: $0) != nil }
        for (zone, members) in zones { try await taint(members, of: zone, isEverywhere: isEverywhere, now) }
        return Self.period
    }

    /// When the clock jumped, or the machine slept, the nodes wake at this moment too: their heartbeats need a little real time.
    private func letNodesSpeak() async {
        let now: ClusterClock.Instant = context.clock.now
        let isJump: Bool = state.lock.withLock { state in
            defer { state.lastLook = now }
            return state.lastLook.map { $0.duration(to: now) > Self.period * 2 } ?? false
        }
        if isJump { try? await Task.sleep(for: .milliseconds(500)) }
    }

    /// False while all nodes are well and heard of: nearly always, and then a look costs nothing, however many they are.
    private func isAnyUnwell(_ now: ClusterClock.Instant) -> Bool {
        state.lock.withLock { state in
            state.heartbeats.values.contains { !$0.isWell || $0.heardAt.duration(to: now) >= NodeHealth.patience }
        }
    }

    private func write(_ conditions: [View<NodeCondition>], _ node: View<Node>) async throws -> View<Node> {
        let patch: JSON = [
            "metadata": ["resourceVersion": .string(node.metadata.resourceVersion)],
            "status": ["conditions": .array(conditions.map(\.json))],
        ]
        let written: View<Node> = try await context.client.patch(Node.self, node.key, patch, subresource: "status")
        nodes.note(written)
        tell(node, .normal, reason: "NodeNotReady", "Node \(node.name) status is now: NodeNotReady")
        return written
    }

    /// Nobody can say that the pods of such a node are ready.
    private func mark(_ ready: [View<Pod>]) async throws {
        for var pod in ready {
            guard pod.setCondition("Ready", false, now: context.clock.time), let condition = pod.condition("Ready") else { continue }
            let patch: JSON = ["metadata": ["uid": .string(pod.metadata.uid)], "status": ["conditions": [condition.json]]]
            do {
                pods.note(try await context.client.patch(Pod.self, pod.key, patch, subresource: "status"))
                tell(pod, .warning, reason: "NodeNotReady", "Node is not ready")
            } catch let status as APIStatus where status.isNotFound || status.isConflict {}
        }
    }

    private func taint(_ members: [View<Node>], of zone: String, isEverywhere: Bool, _ now: ClusterClock.Instant) async throws {
        let sick: Int = members.count { NodeHealth.taint(of: $0) != nil }
        let pace: Duration? = ZoneState(ready: members.count - sick, notReady: sick).pace(size: members.count, isEverywhere: isEverywhere)
        for node in members.sorted(by: { $0.name < $1.name }) {
            var wanted: String? = NodeHealth.taint(of: node)
            let isTainted: Bool = node.spec.taints.contains { $0.effect == "NoExecute" && $0.key == wanted }
            if wanted != nil, isEverywhere {
                wanted = nil
            } else if wanted != nil, !isTainted {
                let isAllowed: Bool = state.lock.withLock { state in
                    guard let pace, state.lastTaint[zone].map({ $0.duration(to: now) >= pace }) ?? true else { return false }
                    state.lastTaint[zone] = now
                    return true
                }
                guard isAllowed else { continue }
            }
            guard let taints = NodeHealth.taints(of: node, wanted: wanted, now: now.time) else { continue }
            var updated: View<Node> = node
            updated.spec.taints = taints
            do {
                nodes.note(try await context.client.update(updated))
                guard wanted != nil, !isTainted else { continue }
                context.metrics.counter(
                    "node_collector_evictions_total",
                    "Number of Node evictions that happened since current instance of NodeController started.",
                    [MetricLabel("zone", zone == "/" ? "" : zone)]
                ).add()
            } catch let status as APIStatus where status.isNotFound || status.isConflict {}
        }
    }
}
