import API
import Machinery
import Synchronization

/// All that the scheduler knows, under one lock: informers write into it, the loop takes pods out of it.
final class SchedulerState: Sendable {
    /// The name that pods give as their `schedulerName`.
    static let schedulerName = "default-scheduler"

    private struct State: Sendable {
        var queue = SchedulingQueue()
        var cluster = ClusterCopy()
        var taker: CheckedContinuation<Void, Never>?
        var isClosed = false
        /// The node that the next search begins with.
        var start = 0
    }

    /// A pod whose turn it is, and what to decide from.
    struct Turn: Sendable {
        let pod: PodInfo
        let snapshot: Snapshot
        let nominated: [(pod: PodInfo, node: String)]
        /// Node where others were pushed out for the pod; empty for none.
        let nominatedNode: String
        /// The node that the search begins with.
        let start: Int
    }

    private let clock: ClusterClock
    private let state = Mutex(State())

    init(clock: ClusterClock) { self.clock = clock }

    // MARK: - What the informers show

    func podChanged(_ before: View<Pod>?, _ after: View<Pod>?) {
        change { state, now in
            var changes: ClusterChange = []
            if let before, before.metadata.uid != after?.metadata.uid { changes.formUnion(Self.remove(before.metadata.uid, &state)) }
            guard let pod = after else { return changes }
            let uid: String = pod.metadata.uid
            if pod.isFinished {
                changes.formUnion(Self.remove(uid, &state))
            } else if pod.isScheduled {
                state.queue.remove(uid)
                changes.formUnion(state.cluster.confirm(pod))
            } else if pod.isTerminating || pod.spec.schedulerName != Self.schedulerName {
                state.queue.remove(uid)
            } else if state.cluster.node(of: uid) == nil, state.queue.pod(uid)?.isSame(as: pod) != true {
                state.queue.set(PodInfo(pod), now: now)
            }
            return changes
        }
    }

    func nodeChanged(_ before: View<Node>?, _ after: View<Node>?) {
        change { state, _ in
            if let after { return state.cluster.set(after) }
            if let before { state.cluster.removeNode(before.name) }
            return []
        }
    }

    func namespaceChanged(_ before: View<Namespace>?, _ after: View<Namespace>?) {
        guard let name = (after ?? before)?.name else { return }
        change { state, _ in state.cluster.setNamespace(name, labels: after?.metadata.labels) }
    }

    func claimChanged(_ before: View<PersistentVolumeClaim>?, _ after: View<PersistentVolumeClaim>?) {
        guard let key = (after ?? before)?.key else { return }
        change { state, _ in state.cluster.setClaim(key, after) }
    }

    func volumeChanged(_ before: View<PersistentVolume>?, _ after: View<PersistentVolume>?) {
        guard let name = (after ?? before)?.name else { return }
        change { state, _ in
            state.cluster.storage.volumes[name] = after
            return .storage
        }
    }

    func classChanged(_ before: View<StorageClass>?, _ after: View<StorageClass>?) {
        guard let name = (after ?? before)?.name else { return }
        change { state, _ in
            state.cluster.storage.classes[name] = after
            return .storage
        }
    }

    // MARK: - The loop

    /// The next pod, as soon as there is one; nil when the state is closed.
    func next() async -> Turn? {
        while true {
            let (turn, isClosed) = state.withLock { state -> (Turn?, Bool) in
                guard !state.isClosed, let pod = state.queue.next() else { return (nil, state.isClosed) }
                let turn = Turn(
                    pod: pod, snapshot: state.cluster.snapshot, nominated: state.queue.nominated(besides: pod),
                    nominatedNode: state.queue.nominatedNode(of: pod.uid), start: state.start)
                return (turn, false)
            }
            if isClosed { return nil }
            if let turn { return turn }
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

    // MARK: - What the loop decided

    /// Where the next search begins.
    func begin(at start: Int) { state.withLock { $0.start = start } }

    /// The pod goes to a node and counts there from now on, and what its claims get there is promised to them.
    ///
    /// - Returns: what its claims get; nil when the pod went away while it was decided upon.
    func assume(_ pod: PodInfo, on node: String) -> [ObjectKey: StorageView.Choice]? {
        state.withLock { state in
            guard state.queue.remove(pod.uid) else { return nil }
            state.cluster.assume(pod, on: node)
            guard !pod.claims.isEmpty else { return [:] }
            return state.cluster.promise(pod, on: node)
        }
    }

    /// The binding failed.
    ///
    /// - Parameter isGone: true when the pod need not be tried again.
    func forget(_ pod: PodInfo, isGone: Bool) {
        var delay: Duration?
        change { state, now in
            let wasAssumed: Bool = state.cluster.node(of: pod.uid) != nil
            let changes: ClusterChange = state.cluster.forget(pod.uid)
            if !isGone, wasAssumed, state.cluster.node(of: pod.uid) == nil { delay = state.queue.retry(pod, now: now) }
            return changes
        }
        if let delay { wake(pod.uid, after: delay) }
    }

    /// No node would have it; see ``SchedulingQueue/refuse(_:by:now:)``.
    ///
    /// - Parameter node: where others are pushed out for it, empty for nowhere; nil leaves what was.
    /// - Returns: less important pods that were to have that room.
    @discardableResult
    func refuse(_ pod: PodInfo, by plugins: Set<String>, nominating node: String? = nil) -> [PodInfo] {
        var delay: Duration?
        var displaced: [PodInfo] = []
        change { state, now in
            if let node { displaced = state.queue.nominate(pod, node) }
            delay = state.queue.refuse(pod.uid, by: plugins, now: now)
            return []
        }
        if let delay {
            wake(pod.uid, after: delay)
            wake(pod.uid, after: delay + SchedulingQueue.longestWait)
        }
        return displaced
    }

    // MARK: - Details

    private func wake(_ uid: String, after delay: Duration) {
        guard delay > .zero else { return }
        clock.schedule(after: delay) { [weak self] in
            self?.change { state, now in
                state.queue.wake(uid, now: now)
                return []
            }
        }
    }

    /// Changes the state, tells refused pods what changed, and wakes the loop if one is ready.
    private func change(_ body: (inout State, ClusterClock.Instant) -> ClusterChange) {
        let now: ClusterClock.Instant = clock.now
        let taker: CheckedContinuation<Void, Never>? = state.withLock { state in
            state.queue.note(body(&state, now), now: now)
            guard state.queue.hasNext else { return nil }
            defer { state.taker = nil }
            return state.taker
        }
        taker?.resume()
    }

    private static func remove(_ uid: String, _ state: inout State) -> ClusterChange {
        state.queue.remove(uid)
        return state.cluster.remove(uid)
    }
}
