import API
import Machinery

/// What a DaemonSet needs next, decided from what was read. Pure.
///
/// First each node that should have a pod gets one and others lose theirs; when nothing of that is to do, a rolling update goes on: old
/// pods give way as far as maxUnavailable allows, or new ones start beside them as far as maxSurge does.
/// Source: pkg/controller/daemon/daemon_controller.go and update.go.
struct DaemonSetPlan {
    /// A pod that ended although it should run for ever.
    struct Ended {
        let pod: View<Pod>
        let node: String
    }

    /// Nodes that need a pod.
    private(set) var nodes: [String] = []
    private(set) var victims: [View<Pod>] = []
    /// To be deleted too, so that others take their places.
    private(set) var ended: [Ended] = []
    private(set) var status: View<DaemonSetStatus>
    private(set) var nextLook: Duration?

    private let set: View<DaemonSet>
    private let hash: String
    private let now: Time
    /// Of nodes that should have a pod, by name, oldest first.
    private var wanted: [(node: String, pods: [View<Pod>])] = []

    /// - Parameters:
    ///   - pods: all that the set controls.
    ///   - hash: of the revision that the present template is.
    ///   - waits: nodes where the last pods failed, with the time until the next may be made.
    init(
        _ set: View<DaemonSet>, nodes: [View<Node>], pods: [View<Pod>], hash: String, collisions: Int? = nil,
        waits: [String: Duration] = [:], now: Time
    ) {
        self.set = set
        self.hash = hash
        self.now = now
        status = set.status
        let daemon = DaemonPod(set)
        var onNode: [String: [View<Pod>]] = Dictionary(grouping: pods) { DaemonPod.node(of: $0) }
        var misplaced: Int = 0
        for node in nodes.sorted(by: { $0.name < $1.name }) {
            let here: [View<Pod>] = (onNode.removeValue(forKey: node.name) ?? []).sorted(by: Self.isBefore)
            let (gets, keeps): (Bool, Bool) = daemon.fits(node)
            if gets { wanted.append((node.name, here)) } else if !here.isEmpty { misplaced += 1 }
            place(node.name, here, gets: gets, keeps: keeps, waits)
        }
        // Pods for nodes that are gone would wait for ever.
        victims += onNode.filter { !$0.key.isEmpty }.flatMap(\.value).filter { !$0.isScheduled && !$0.isTerminating }
        if self.nodes.isEmpty, victims.isEmpty, ended.isEmpty, set.spec.updateStrategy.type == "RollingUpdate" { roll() }
        count(misplaced: misplaced, collisions: collisions)
        let next: Duration? = pods.nextAvailability(minReadySeconds: set.spec.minReadySeconds, now: now)
        nextLook = [nextLook, next].compactMap { $0 }.min()
    }

    /// Those that run somewhere first, then the oldest.
    private static func isBefore(_ one: View<Pod>, _ other: View<Pod>) -> Bool {
        (one.isScheduled ? 0 : 1, one.metadata.creationTimestamp?.seconds ?? 0, one.name)
            < (other.isScheduled ? 0 : 1, other.metadata.creationTimestamp?.seconds ?? 0, other.name)
    }

    private func isAvailable(_ pod: View<Pod>) -> Bool { pod.isAvailable(minReadySeconds: set.spec.minReadySeconds, now: now) }

    private var maxSurge: Int { scaled(set.spec.updateStrategy.rollingUpdate?.maxSurge) }
    private var maxUnavailable: Int { scaled(set.spec.updateStrategy.rollingUpdate?.maxUnavailable) }
    private func scaled(_ number: IntOrString?) -> Int { (try? number?.scaled(of: wanted.count, roundUp: true)) ?? 0 }

    private var allowsSurge: Bool {
        self.set.spec.updateStrategy.type == "RollingUpdate" && !IntOrPercent.isZero(set.spec.updateStrategy.rollingUpdate?.maxSurge)
    }

    // MARK: - Places

    private mutating func place(_ node: String, _ here: [View<Pod>], gets: Bool, keeps: Bool, _ waits: [String: Duration]) {
        guard keeps else {
            victims += here.filter { !$0.isTerminating }
            return
        }
        if here.isEmpty {
            if gets { nodes.append(node) }
            return
        }
        var running: [View<Pod>] = []
        for pod in here where !pod.isTerminating {
            if !pod.isFinished {
                running.append(pod)
            } else if pod.status.phase == "Failed", let wait = waits[node], wait > .zero {
                nextLook = min(nextLook ?? wait, wait)
            } else {
                ended.append(Ended(pod: pod, node: node))
            }
        }
        guard allowsSurge else {
            victims += running.dropFirst()
            return
        }
        // With surge there may be two: the oldest of the present revision and the oldest of another.
        if running.isEmpty, gets, !here.contains(where: { $0.isFinished && !$0.isTerminating }) { nodes.append(node) }
        let new: View<Pod>? = running.first { $0.revision == hash }
        let old: View<Pod>? = running.first { $0.revision != hash }
        victims += running.filter { $0.name != new?.name && $0.name != old?.name }
        if let new, let old, !old.isReady || isAvailable(new) { victims.append(old) }
    }

    // MARK: - Updates

    private mutating func roll() {
        var missing: Int = 0
        var surge: Int = 0
        var sick: [(node: String, pod: View<Pod>)] = []
        var healthy: [(node: String, pod: View<Pod>)] = []
        for (node, pods) in wanted {
            let staying: [View<Pod>] = pods.filter { !$0.isTerminating }
            let new: View<Pod>? = staying.first { $0.revision == hash }
            switch (new, staying.first { $0.revision != hash }) {
            case (nil, let old?) where isAvailable(old): healthy.append((node, old))
            case (nil, let old?):
                missing += 1
                sick.append((node, old))
            case (let new?, nil): missing += isAvailable(new) ? 0 : 1
            case (_?, _?): surge += 1
            case (nil, nil): missing += 1
            }
        }
        if allowsSurge {
            nodes += sick.map(\.node) + healthy.prefix(max(0, maxSurge - surge)).map(\.node)
        } else {
            victims += sick.map(\.pod) + healthy.prefix(max(0, maxUnavailable - missing)).map(\.pod)
        }
    }

    // MARK: - Status

    private mutating func count(misplaced: Int, collisions: Int?) {
        let first: [View<Pod>] = wanted.compactMap(\.pods.first)
        let ready: [View<Pod>] = first.filter(\.isReady)
        let available: Int = ready.count { isAvailable($0) }
        status.desiredNumberScheduled = wanted.count
        status.currentNumberScheduled = first.count
        status.numberMisscheduled = misplaced
        status.numberReady = ready.count
        status.numberAvailable = available
        status.numberUnavailable = wanted.count - available
        status.updatedNumberScheduled = first.count { $0.revision == hash }
        status.observedGeneration = set.metadata.generation
        if let collisions { status.collisionCount = collisions }
    }
}
