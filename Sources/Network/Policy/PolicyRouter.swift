package import API
package import Client
package import Logging
package import Machinery
package import Sandbox
import Synchronization

/// Keeps the kernel's rules as network policies want them.
///
/// Reads NetworkPolicies, pods, namespaces and nodes; writes one table of the cluster's network, replaced as a whole whenever the plan
/// changes, and on a host that can enforce none an event for each policy.
package final class PolicyRouter: Sendable {
    private struct State {
        /// The addresses of pods whose status does not show them yet, by uid.
        var coming: [String: [String]] = [:]
        /// Who waits until the rules are as they should be.
        var waiting: [CheckedContinuation<Void, Never>] = []
        var isOver = false
    }

    private let filter: PacketFilter
    private let problem: String?
    private let others: [PolicyMember]
    private let ruleset: PolicyRuleset
    private let gate: PolicyGate
    private let policies: Informer<NetworkPolicy>
    private let pods: Informer<Pod>
    private let namespaces: Informer<Namespace>
    private let nodes: Informer<Node>
    private let events: EventRecorder
    private let log: Logger
    private let state = Mutex(State())
    private let pokes: AsyncStream<Void>
    private let poke: AsyncStream<Void>.Continuation

    /// What is said of a policy where the host can enforce none.
    package static func notice(_ problem: String) -> String { "stored, NOT enforced on this host: \(problem)" }

    /// - Parameters:
    ///   - problem: why rules cannot be in force here; nil where they can.
    ///   - others: what a policy may select beside pods, such as the cluster's name server.
    package init(
        network: ClusterNetwork, problem: String?, others: [PolicyMember], ruleset: PolicyRuleset, gate: PolicyGate,
        client: Client, clock: ClusterClock, informers: Informers, log: Logger
    ) {
        self.ruleset = ruleset
        self.gate = gate
        filter = PacketFilter(network: network)
        self.problem = problem
        self.others = others
        policies = informers.informer()
        pods = informers.informer()
        namespaces = informers.informer()
        nodes = informers.informer()
        events = EventRecorder(client: client, clock: clock, component: "swkube-network-policy")
        self.log = log
        (pokes, poke) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Returns when the rules for a new pod are in force, or could not be set: nothing of it may run before. Its status need not show the
    /// address yet.
    package func admit(_ pod: View<Pod>, addresses: [String]) async {
        guard problem == nil, !policies.list().isEmpty else { return }
        await withCheckedContinuation { continuation in
            let isOver: Bool = state.withLock { state in
                state.coming[pod.metadata.uid] = addresses
                if !state.isOver { state.waiting.append(continuation) }
                return state.isOver
            }
            if isOver { continuation.resume() } else { poke.yield() }
        }
    }

    /// Lets those go who wait.
    private func tell(_ waiting: [CheckedContinuation<Void, Never>]) { for continuation in waiting { continuation.resume() } }

    /// Keeps the rules until the task is cancelled; they stay in force then.
    package func run() async {
        await keep()
        tell(
            state.withLock { state in
                defer { state.waiting = [] }
                state.isOver = true
                return state.waiting
            })
    }

    private func keep() async {
        await policies.caughtUp()
        if let problem { return await tell(problem) }
        await pods.caughtUp()
        await namespaces.caughtUp()
        await nodes.caughtUp()
        let poke: AsyncStream<Void>.Continuation = poke
        policies.onChange { before, after in if before?.spec.json != after?.spec.json { poke.yield() } }
        // Without policies pods make no rules.
        pods.onChange { [policies] before, after in if !policies.isEmpty, !Self.looksSame(before, after) { poke.yield() } }
        namespaces.onChange { before, after in
            if before?.metadata.labels != after?.metadata.labels || (before == nil) != (after == nil) { poke.yield() }
        }
        nodes.onChange { before, after in if before?.kind != after?.kind { poke.yield() } }
        poke.yield()
        var current: PolicyPlan?
        // The rules of an earlier process stay in force until these are.
        var ruleset: PolicyRuleset = await ruleset.isInForce(filter) ? ruleset.other : ruleset
        for await _ in pokes {
            if Task.isCancelled { return }
            let waiting: [CheckedContinuation<Void, Never>] = state.withLock { state in
                defer { state.waiting = [] }
                return state.waiting
            }
            defer { tell(waiting) }
            let plan: PolicyPlan = plan()
            gate.set(plan)
            guard plan != current else { continue }
            do {
                try await filter.apply(ruleset.text(plan), entry: ruleset.entry(plan))
                (current, ruleset) = (plan, ruleset.other)
            } catch {
                log.error("the rules of network policies could not be set", metadata: ["reason": "\(error)"])
                for policy in policies.list() { events.record(policy, .warning, reason: "NotEnforced", "\(error)") }
                try? await ContinuousClock().sleep(for: .seconds(1))
                poke.yield()
            }
        }
    }

    private func plan() -> PolicyPlan {
        let policies: [View<NetworkPolicy>] = policies.list()
        guard !policies.isEmpty else { return PolicyPlan(policies: [], members: [], namespaces: [:]) }
        let simulated: Set<String> = Set(nodes.list().filter { $0.kind == .simulated }.map(\.name))
        let pods: [View<Pod>] = pods.list()
        let known: [String: String] = Dictionary(pods.map { ($0.metadata.uid, $0.status.podIP) }) { $1 }
        let coming: [String: [String]] = state.withLock { state in
            state.coming = state.coming.filter { known[$0.key]?.isEmpty == true }
            return state.coming
        }
        let members: [PolicyMember] =
            pods.compactMap { pod in
                var pod: View<Pod> = pod
                if let addresses = coming[pod.metadata.uid] { pod.status.podIPs = addresses.map { ip in View<PodIP> { $0.ip = ip } } }
                return PolicyMember(pod) { simulated.contains($0) }
            } + others
        let labels: [String: [String: String]] = Dictionary(namespaces.list().map { ($0.name, $0.metadata.labels) }) { $1 }
        return PolicyPlan(policies: policies, members: members, namespaces: labels)
    }

    /// Whether policies see no difference. The order of a pod's life makes many changes that are none here.
    private static func looksSame(_ before: View<Pod>?, _ after: View<Pod>?) -> Bool {
        guard let before, let after else { return false }
        return before.status.podIPs.map(\.ip) == after.status.podIPs.map(\.ip) && before.isFinished == after.isFinished
            && before.spec.nodeName == after.spec.nodeName && before.metadata.labels == after.metadata.labels
    }

    /// Says of each policy that it does nothing here.
    private func tell(_ problem: String) async {
        policies.onChange { [events] before, after in
            guard let after, before?.spec.json != after.spec.json else { return }
            events.record(after, .warning, reason: "NotEnforced", Self.notice(problem))
        }
        for await _ in pokes {}
    }
}
