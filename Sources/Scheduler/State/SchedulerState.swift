import API
import Machinery
import Synchronization

/// All that the scheduler knows, under one lock: informers write into it, the loop takes decisions out of it.
///
/// A decision is made and kept under the lock: nothing can happen meanwhile that it would have to hear of.
final class SchedulerState: Sendable {
    private struct State: Sendable {
        var queue: SchedulingQueue
        var cluster = ClusterCopy()
        var budgets: [ObjectKey: Budget] = [:]
        var taker: CheckedContinuation<Void, Never>?
        /// Nodes are known as they were at this revision, or later.
        var nodesRevision: UInt64 = 0
        var isClosed = false
        /// The step of the visits that the next search begins with.
        var start = 0
        /// When the clock wakes the queue.
        var alarm: ClusterClock.Instant?
    }

    /// What was decided about a pod, to be told to others.
    struct Work: Sendable {
        enum Outcome: Sendable {
            /// Its node, and what it gets there.
            case bind(node: String, Reservation)
            /// Why it has none, as the event says it, and what goes with that.
            case refuse(message: String, Consequences)
        }

        struct Consequences: Sendable {
            /// Node that is made free for it, empty for none; nil leaves what stands there.
            var nominating: String?
            var victims: Victims?
            /// Less important pods that were to have that room.
            var displaced: [PodInfo] = []
        }

        let pod: PodInfo
        let profile: Profile
        /// How often it was tried.
        let attempts: Int
        let outcome: Outcome
        /// What the decision took.
        let duration: Duration
        /// What the steps of it took.
        let steps: StepTimes
        /// How long ago the pod was tried for the first time.
        let waited: Duration
    }

    let profiles: [String: Profile]
    private let clock: ClusterClock
    private let state: Mutex<State>

    init(clock: ClusterClock, configuration: SchedulerConfiguration = SchedulerConfiguration()) {
        self.clock = clock
        let profiles: [String: Profile] = Dictionary(configuration.profiles.map { ($0.schedulerName, $0) }) { one, _ in one }
        self.profiles = profiles
        state = Mutex(State(queue: SchedulingQueue(profiles: profiles, backOff: configuration.backOff)))
    }

    // MARK: - What the informers show

    func podChanged(_ before: View<Pod>?, _ after: View<Pod>?) {
        change { state, now in
            if let before, before.metadata.uid != after?.metadata.uid {
                let uid: String = before.metadata.uid
                state.queue.remove(uid)
                Self.note(state.cluster.remove(uid), &state, now)
            }
            guard let pod = after else { return }
            let uid: String = pod.metadata.uid
            if pod.isFinished {
                state.queue.remove(uid)
                Self.note(state.cluster.remove(uid), &state, now)
            } else if pod.isScheduled {
                state.queue.remove(uid)
                Self.note(state.cluster.confirm(pod), &state, now)
            } else if pod.isTerminating || profiles[pod.spec.schedulerName] == nil {
                state.queue.remove(uid)
            } else if state.cluster.node(of: uid) == nil, state.queue.pod(uid)?.isSame(as: pod) != true {
                state.queue.set(PodInfo(pod), now: now, state.cluster.snapshot)
            }
        }
    }

    func nodeChanged(_ before: View<Node>?, _ after: View<Node>?) {
        hear { cluster in
            if let after { return cluster.set(after) }
            return before.flatMap { cluster.removeNode($0.name) }
        }
    }

    /// Something beside nodes and pods that decisions ask for.
    func changed<K: Kind>(
        _ before: View<K>?, _ after: View<K>?, _ change: (inout ClusterCopy, ObjectKey, View<K>?) -> ClusterEvent?
    ) {
        guard let key = (after ?? before)?.key else { return }
        hear { change(&$0, key, after) }
    }

    func devicesChanged(_ before: View<ResourceSlice>?, _ after: View<ResourceSlice>?) {
        guard let name = (after ?? before)?.name else { return }
        hear { $0.setDevices(name, before: before, after: after) }
    }

    /// The claim for a pod's extended resources is there and seen: what was kept for it is its own.
    func claimedExtended(_ pod: PodInfo) { state.withLock { $0.cluster.withdrawExtended(from: pod) } }

    /// The class whose devices serve a resource.
    func deviceClass(of resource: String) -> String? {
        state.withLock { ExtendedRequest.className(of: resource, $0.cluster.snapshot.devices) }
    }

    func serviceChanged(_ before: View<Service>?, _ after: View<Service>?) {
        guard let key = (after ?? before)?.key else { return }
        let labels: [String: String] = after?.spec.selector ?? [:]
        let selector: LabelMatch? = labels.isEmpty ? nil : try? LabelMatch(labels: labels)
        state.withLock { $0.cluster.setService(key, selector) }
    }

    /// A ReplicaSet, ReplicationController or StatefulSet.
    func setChanged(uid: String, _ selector: LabelMatch?) { state.withLock { $0.cluster.setOwner(uid, selector) } }

    func budgetChanged(_ before: View<PodDisruptionBudget>?, _ after: View<PodDisruptionBudget>?) {
        guard let key = (after ?? before)?.key else { return }
        state.withLock { $0.budgets[key] = after.map { Budget($0) } }
    }

    var queueSizes: [SchedulingQueue.Stage: Int] { state.withLock { $0.queue.sizes } }

    var queueEntrances: [SchedulingQueue.Entrance: Int] { state.withLock { $0.queue.entrances } }

    // MARK: - The loop

    /// The next decision, as soon as there is a pod to decide about; nil when the state is closed.
    ///
    /// - Parameter seeNodes: returns when the state has heard of all changes of nodes up to a revision, with the revision up to which it has.
    ///   A pod is not decided about before all is known that had happened to nodes when it was made: who cordons a node and then makes pods
    ///   finds none of them there.
    func next(_ seeNodes: (UInt64) async -> UInt64) async -> Work? {
        while true {
            let now: ClusterClock.Instant = clock.now
            let (work, unseen, isClosed) = state.withLock { state -> (Work?, UInt64?, Bool) in
                guard !state.isClosed, let first = state.queue.first(now: now) else { return (nil, nil, state.isClosed) }
                guard first.revision <= state.nodesRevision else { return (nil, first.revision, false) }
                guard let pod = state.queue.next(now: now) else { return (nil, nil, false) }
                defer { arm(&state) }
                return (decide(pod, &state, now), nil, false)
            }
            if isClosed { return nil }
            if let work { return work }
            if let unseen {
                let seen: UInt64 = await seeNodes(unseen)
                state.withLock { $0.nodesRevision = max($0.nodesRevision, seen) }
                continue
            }
            await withCheckedContinuation { continuation in
                let isReady: Bool = state.withLock { state in
                    if state.isClosed || state.queue.hasNext { return true }
                    state.taker = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        }
    }

    func close() {
        let taker: CheckedContinuation<Void, Never>? = state.withLock { state in
            state.isClosed = true
            defer { state.taker = nil }
            return state.taker
        }
        taker?.resume()
    }

    /// Decides about one pod, from PreFilter to Reserve.
    private func decide(_ pod: PodInfo, _ state: inout State, _ now: ClusterClock.Instant) -> Work? {
        guard let profile = profiles[pod.schedulerName] else { return nil }
        let began: ContinuousClock.Instant = .now
        let attempts: Int = state.queue.attempts(pod.uid)
        let waited: Duration = state.queue.firstTried(pod.uid)?.duration(to: now) ?? .zero
        var steps = StepTimes()
        state.cluster.prepare(for: pod, profile.arguments)
        let nominated: [(pod: PodInfo, node: String)] = state.queue.nominated(besides: pod)
        var start: Int = state.start
        let decision: Decision = .make(for: pod, state.cluster.snapshot, profile, nominated: nominated, start: &start, steps: &steps)
        state.start = start
        let outcome: Work.Outcome
        switch decision {
        case .node(let node):
            state.queue.remove(pod.uid)
            var reservation = Reservation()
            for plugin in profile.reserves { plugin.reserve(pod, on: node, &state.cluster, &reservation) }
            state.cluster.assume(pod, on: node)
            outcome = .bind(node: node, reservation)
        case .nowhere(let unfit):
            let asked: ContinuousClock.Instant = .now
            outcome = refuse(pod, unfit, profile, nominated, &state, now)
            steps.postFilter = .now - asked
        }
        return Work(
            pod: pod, profile: profile, attempts: attempts, outcome: outcome, duration: .now - began, steps: steps, waited: waited)
    }

    private func refuse(
        _ pod: PodInfo, _ unfit: Unfit, _ profile: Profile, _ nominated: [(pod: PodInfo, node: String)], _ state: inout State,
        _ now: ClusterClock.Instant
    ) -> Work.Outcome {
        var message: String = unfit.message
        var consequences = Work.Consequences()
        if unfit.nodeCount > 0 {
            let attempt = FailedAttempt(
                pod: pod, snapshot: state.cluster.snapshot, profile: profile, nominated: nominated,
                nominatedNode: state.queue.nominatedNode(of: pod.uid), unfit: unfit, budgets: Array(state.budgets.values))
            switch profile.postFilters.lazy.compactMap({ $0.rescue(attempt) }).first {
            case .victims(let victims)?:
                consequences.nominating = victims.node
                consequences.victims = victims
            case .nobody(let reason)?:
                consequences.nominating = ""
                message += " preemption: \(reason)"
            case .wait(let reason)?: message += " preemption: \(reason)"
            case nil: break
            }
        }
        if let node = consequences.nominating { consequences.displaced = state.queue.nominate(pod, node) }
        state.queue.refuse(pod.uid, by: unfit.plugins, now: now)
        return .refuse(message: message, consequences)
    }

    /// What was decided could not be carried out.
    ///
    /// - Parameter isGone: true when the pod need not be tried again.
    func forget(_ work: Work, isGone: Bool) {
        change { state, now in
            let uid: String = work.pod.uid
            let wasAssumed: Bool = state.cluster.node(of: uid) != nil
            for plugin in work.profile.reserves { plugin.release(work.pod, &state.cluster) }
            Self.note(state.cluster.forget(uid), &state, now)
            if !isGone, wasAssumed, state.cluster.node(of: uid) == nil { state.queue.retry(work.pod, attempts: work.attempts, now: now) }
        }
    }

    // MARK: - Details

    private func hear(_ body: (inout ClusterCopy) -> ClusterEvent?) {
        change { state, now in Self.note(body(&state.cluster), &state, now) }
    }

    private static func note(_ event: ClusterEvent?, _ state: inout State, _ now: ClusterClock.Instant) {
        if let event { state.queue.note(event, now: now, state.cluster.snapshot) }
    }

    /// Changes the state and wakes the loop if a pod is ready.
    private func change(_ body: (inout State, ClusterClock.Instant) -> Void) {
        let now: ClusterClock.Instant = clock.now
        let taker: CheckedContinuation<Void, Never>? = state.withLock { state in
            body(&state, now)
            arm(&state)
            guard state.queue.hasNext else { return nil }
            defer { state.taker = nil }
            return state.taker
        }
        taker?.resume()
    }

    /// Has the clock wake the queue at its next deadline.
    private func arm(_ state: inout State) {
        guard let deadline = state.queue.nextDeadline, state.alarm.map({ deadline < $0 }) ?? true else { return }
        state.alarm = deadline
        clock.schedule(at: deadline) { [weak self] in self?.ring(deadline) }
    }

    private func ring(_ deadline: ClusterClock.Instant) {
        change { state, now in
            if state.alarm == deadline { state.alarm = nil }
            state.queue.wakeOverdue(now: now)
        }
    }
}
