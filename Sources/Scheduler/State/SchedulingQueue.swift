import API
import Machinery

/// The pods that wait for a node: which one is next, and when a refused one may try again.
///
/// More important pods come first, then those that wait longest. A refused pod waits until something changes that may help it,
/// and at least for its back-off: 1 s, twice as long after each further refusal, 10 s at most. After 5 minutes it tries in any case.
/// Source: pkg/scheduler/backend/queue.
struct SchedulingQueue: Sendable {
    private enum Stage: Sendable, Equatable {
        /// In line.
        case active
        /// Being decided upon, with what changed meanwhile.
        case inFlight(ClusterChange)
        /// Wanted again once its back-off ends.
        case backingOff
        /// Waits for a change.
        case refused
        /// Some gate is closed.
        case gated
    }

    private struct Entry: Sendable {
        var pod: PodInfo
        var stage: Stage
        /// Tells this stay in line from earlier ones.
        var ticket: UInt64 = 0
        /// In the order in which pods arrived.
        let arrival: UInt64
        /// Since the pod was last changed.
        var attempts: Int = 0
        /// When its back-off ends.
        var earliest: ClusterClock.Instant
        var refusedBy: Set<String> = []
    }

    private struct Ticket: Sendable {
        let uid: String
        let number: UInt64
        let priority: Int
        let arrival: UInt64

        func precedes(_ other: Ticket) -> Bool {
            priority != other.priority ? priority > other.priority : arrival < other.arrival
        }
    }

    static let longestWait: Duration = .seconds(300)

    /// By uid of the pod.
    private var entries: [String: Entry] = [:]
    /// Those in stages `refused` and `inFlight`: whom a change of the cluster concerns.
    private var listening: Set<String> = []
    /// Nodes where others were pushed out for a pod, by its uid.
    private var nominations: [String: String] = [:]
    private var line = Heap<Ticket> { $0.precedes($1) }
    private var lastTicket: UInt64 = 0
    private var arrivals: UInt64 = 0

    var count: Int { entries.count }

    // MARK: - Pods come and go

    /// A pod that is new, or was changed.
    mutating func set(_ pod: PodInfo, now: ClusterClock.Instant) {
        guard var entry = entries[pod.uid] else {
            arrivals += 1
            let stage: Stage = pod.gates.isEmpty ? .refused : .gated
            entries[pod.uid] = Entry(pod: pod, stage: stage, arrival: arrivals, earliest: now)
            let nominated: String = pod.pod.status.nominatedNodeName
            if !nominated.isEmpty { nominations[pod.uid] = nominated }
            if stage != .gated { want(pod.uid, now: now) }
            return
        }
        entry.pod = pod
        entries[pod.uid] = entry
        switch entry.stage {
        case .gated where !pod.gates.isEmpty, .active, .backingOff: break
        case .inFlight: move(pod.uid, to: .inFlight(.anything))
        case .gated, .refused: want(pod.uid, now: now)
        }
    }

    /// The pod as it stood here; nil when it did not wait.
    func pod(_ uid: String) -> PodInfo? { entries[uid]?.pod }

    @discardableResult
    mutating func remove(_ uid: String) -> Bool {
        listening.remove(uid)
        nominations[uid] = nil
        return entries.removeValue(forKey: uid) != nil
    }

    // MARK: - Decisions

    /// The next pod, which is in flight until ``refuse(_:by:now:)`` or ``remove(_:)``.
    mutating func next() -> PodInfo? {
        guard hasNext, let uid = line.removeFirst()?.uid, let pod = entries[uid]?.pod else { return nil }
        move(uid, to: .inFlight([]))
        entries[uid]?.attempts += 1
        return pod
    }

    /// True when ``next()`` has a pod. Forgets those in line that went away.
    var hasNext: Bool {
        mutating get {
            while let ticket = line.first {
                if let entry = entries[ticket.uid], entry.stage == .active, entry.ticket == ticket.number { return true }
                _ = line.removeFirst()
            }
            return false
        }
    }

    /// No node would have it.
    ///
    /// - Parameter plugins: who refused it; none when there was no node to ask, which costs no back-off.
    /// - Returns: how long its back-off lasts; nil when the pod went away meanwhile.
    mutating func refuse(_ uid: String, by plugins: Set<String>, now: ClusterClock.Instant) -> Duration? {
        guard var entry = entries[uid], case .inFlight(let changes) = entry.stage else { return nil }
        if plugins.isEmpty { entry.attempts = 0 }
        let delay: Duration = entry.attempts == 0 ? .zero : .seconds(min(1 << min(entry.attempts - 1, 4), 10))
        entry.earliest = now.advanced(by: delay)
        entry.refusedBy = plugins
        entries[uid] = entry
        move(uid, to: .refused)
        if !changes.isDisjoint(with: Plugins.retriedOn(plugins)) { want(uid, now: now) }
        return delay
    }

    /// Something went wrong: it tries again after its back-off.
    mutating func retry(_ pod: PodInfo, now: ClusterClock.Instant) -> Duration {
        if entries[pod.uid] == nil {
            arrivals += 1
            entries[pod.uid] = Entry(pod: pod, stage: .refused, arrival: arrivals, attempts: 1, earliest: now)
        }
        entries[pod.uid]?.earliest = now.advanced(by: .seconds(1))
        move(pod.uid, to: .backingOff)
        return .seconds(1)
    }

    /// The cluster changed: those whom it may help are wanted again.
    mutating func note(_ change: ClusterChange, now: ClusterClock.Instant) {
        guard !change.isEmpty else { return }
        for uid in listening {
            guard let entry = entries[uid] else { continue }
            switch entry.stage {
            case .inFlight(let before): move(uid, to: .inFlight(before.union(change)))
            case .refused where !change.isDisjoint(with: Plugins.retriedOn(entry.refusedBy)): want(uid, now: now)
            case .refused, .active, .backingOff, .gated: break
            }
        }
    }

    /// The time of a back-off, or of the longest wait, has come.
    mutating func wake(_ uid: String, now: ClusterClock.Instant) {
        guard let entry = entries[uid], entry.earliest <= now else { return }
        let isOverdue: Bool = now >= entry.earliest.advanced(by: Self.longestWait)
        if entry.stage == .backingOff || (entry.stage == .refused && isOverdue) { activate(uid) }
    }

    // MARK: - Room that was made

    /// Keeps a node's room for a pod; an empty name gives it back.
    ///
    /// - Returns: less important pods that were to have that room. They lose it.
    mutating func nominate(_ pod: PodInfo, _ node: String) -> [PodInfo] {
        nominations[pod.uid] = node.isEmpty || entries[pod.uid] == nil ? nil : node
        guard !node.isEmpty else { return [] }
        let displaced: [PodInfo] = nominations.filter { $0.value == node }.compactMap { entries[$0.key]?.pod }
            .filter { $0.priority < pod.priority }
        for other in displaced { nominations[other.uid] = nil }
        return displaced
    }

    /// Empty for none.
    func nominatedNode(of uid: String) -> String { nominations[uid] ?? "" }

    /// Other pods with room of their own that are at least as important.
    func nominated(besides pod: PodInfo) -> [(pod: PodInfo, node: String)] {
        nominations.compactMap { uid, node in
            guard uid != pod.uid, let other = entries[uid]?.pod, other.priority >= pod.priority else { return nil }
            return (other, node)
        }
    }

    // MARK: - Details

    private mutating func move(_ uid: String, to stage: Stage) {
        entries[uid]?.stage = stage
        switch stage {
        case .refused, .inFlight: listening.insert(uid)
        case .active, .backingOff, .gated: listening.remove(uid)
        }
    }

    private mutating func want(_ uid: String, now: ClusterClock.Instant) {
        guard let entry = entries[uid] else { return }
        if entry.earliest <= now { activate(uid) } else { move(uid, to: .backingOff) }
    }

    private mutating func activate(_ uid: String) {
        guard let entry = entries[uid] else { return }
        lastTicket += 1
        move(uid, to: .active)
        entries[uid]?.ticket = lastTicket
        line.insert(Ticket(uid: uid, number: lastTicket, priority: entry.pod.priority, arrival: entry.arrival))
    }
}
