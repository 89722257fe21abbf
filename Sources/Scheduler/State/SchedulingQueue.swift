import API
import Machinery

/// The pods that wait for a node: which one is next, and when a refused one may try again.
///
/// A pod is in line, or backing off, or refused, or held by a gate. A refused pod waits until something happens that may help it, and at
/// least for its back-off: 1 s, twice as long after each further refusal, 10 s at most. When nobody is in line, whoever has something to hope
/// for need not wait for the end of a back-off, unless an error was its cause. After 5 minutes a refused pod tries in any case.
/// Source: pkg/scheduler/backend/queue.
struct SchedulingQueue: Sendable {
    /// By the names of kube-scheduler's metrics.
    enum Stage: String, Sendable, CaseIterable {
        /// In line.
        case active
        /// Wanted again once its back-off ends.
        case backingOff = "backoff"
        /// Waits for something to happen.
        case refused = "unschedulable"
        /// Some plugin of PreEnqueue doesn't admit it.
        case gated
    }

    /// A way into a stage: by what event.
    struct Entrance: Hashable, Sendable {
        let event: String
        let stage: Stage
    }

    private struct Entry: Sendable {
        var pod: PodInfo
        var stage: Stage
        /// Tells this stay in a line from earlier ones.
        var ticket: UInt64 = 0
        /// In the order in which pods arrived.
        let arrival: UInt64
        var attempts: Int = 0
        var firstTried: ClusterClock.Instant?
        /// When its back-off ends.
        var earliest: ClusterClock.Instant
        /// True when it is backing off because something failed.
        var hasFailed = false
        var refusedBy: Set<String> = []
    }

    /// Whose rules refused a pod.
    private struct Refusal: Hashable, Sendable {
        let profile: String
        let plugins: Set<String>
    }

    /// A place in one of the lines.
    private struct Ticket: Sendable {
        let pod: QueuedPod
        let number: UInt64
        var time = ClusterClock.Instant(nanoseconds: 0)
    }

    /// How long a pod backs off after its first and after many refusals.
    struct BackOff: Sendable {
        var initial: Duration = .seconds(1)
        var longest: Duration = .seconds(10)

        func delay(attempts: Int) -> Duration {
            guard attempts > 0 else { return .zero }
            return min(initial * (1 << min(attempts - 1, 20)), longest)
        }
    }

    static let longestWait: Duration = .seconds(300)

    private let profiles: [String: Profile]
    private let backOff: BackOff
    /// By uid of the pod.
    private var entries: [String: Entry] = [:]
    /// Those in stage `refused`, by what they have in common: most events concern none of most kinds.
    private var refused: [Refusal: Set<String>] = [:]
    /// Nodes where others were pushed out for a pod, by its uid.
    private var nominations: [String: String] = [:]
    private var line: Heap<Ticket>
    /// By the time at which the back-off ends.
    private var backingOff: Heap<Ticket>
    /// By the time at which they have waited long enough.
    private var waiting = Heap<Ticket> { $0.time < $1.time }
    private var lastTicket: UInt64 = 0
    /// How many pods came in on each way.
    private(set) var entrances: [Entrance: Int] = [:]
    private var arrivals: UInt64 = 0

    init(profiles: [String: Profile] = [Profile.defaultName: Profile()], backOff: BackOff = BackOff()) {
        self.profiles = profiles
        self.backOff = backOff
        // All profiles of a scheduler have the same order.
        let sort: any QueueSort.Type = profiles.values.first?.queueSort ?? PrioritySort.self
        line = Heap { sort.precedes($0.pod, $1.pod) }
        backingOff = Heap { $0.time != $1.time ? $0.time < $1.time : sort.precedes($0.pod, $1.pod) }
    }

    var count: Int { entries.count }

    /// How many pods are in each stage.
    var sizes: [Stage: Int] {
        var sizes: [Stage: Int] = Dictionary(uniqueKeysWithValues: Stage.allCases.map { ($0, 0) })
        for entry in entries.values { sizes[entry.stage, default: 0] += 1 }
        return sizes
    }

    // MARK: - Pods come and go

    /// A pod that is new, or was changed.
    mutating func set(_ pod: PodInfo, now: ClusterClock.Instant, _ snapshot: Snapshot = Snapshot()) {
        guard let profile = profile(of: pod) else { return }
        let isAdmitted: Bool = profile.preEnqueues.allSatisfy { $0.admits(pod) }
        guard let entry = entries[pod.uid] else {
            arrivals += 1
            entries[pod.uid] = Entry(pod: pod, stage: .gated, arrival: arrivals, earliest: now)
            let nominated: String = pod.nominatedNode
            if !nominated.isEmpty { nominations[pod.uid] = nominated }
            if isAdmitted { activate(pod.uid, "UnschedulablePodAdd") } else { tally("UnschedulablePodAdd", .gated) }
            return
        }
        entries[pod.uid]?.pod = pod
        switch entry.stage {
        case .gated: if isAdmitted { activate(pod.uid, "UnschedulablePodUpdate") }
        case .active, .backingOff: break
        case .refused:
            let change: ClusterEvent = .itself(before: entry.pod, after: pod)
            if profile.mayHelp(pod, change, refusedBy: entry.refusedBy, snapshot) { want(pod.uid, now: now, change.label) }
        }
    }

    /// The pod as it stands here; nil when it does not wait.
    func pod(_ uid: String) -> PodInfo? { entries[uid]?.pod }

    @discardableResult
    mutating func remove(_ uid: String) -> Bool {
        leaveRefused(uid)
        nominations[uid] = nil
        return entries.removeValue(forKey: uid) != nil
    }

    // MARK: - Decisions

    /// The next pod; it is to be refused or removed before anything else happens.
    mutating func next(now: ClusterClock.Instant) -> PodInfo? {
        wakeOverdue(now: now)
        guard hasNext, let uid = (line.removeFirst() ?? backingOff.removeFirst())?.pod.uid else { return nil }
        entries[uid]?.attempts += 1
        if entries[uid]?.firstTried == nil { entries[uid]?.firstTried = now }
        return entries[uid]?.pod
    }

    /// The pod that ``next(now:)`` would return; nil for none.
    mutating func first(now: ClusterClock.Instant) -> PodInfo? {
        wakeOverdue(now: now)
        guard hasNext, let uid = (line.first ?? backingOff.first)?.pod.uid else { return nil }
        return entries[uid]?.pod
    }

    /// True when ``next(now:)`` has a pod. Forgets those in line that went away.
    var hasNext: Bool {
        mutating get {
            Self.dropStale(&line, .active, entries)
            if line.first != nil { return true }
            Self.dropStale(&backingOff, .backingOff, entries)
            return backingOff.first.flatMap { entries[$0.pod.uid] }.map { !$0.hasFailed } ?? false
        }
    }

    /// How often the pod was tried.
    func attempts(_ uid: String) -> Int { entries[uid]?.attempts ?? 0 }

    /// When it was tried for the first time.
    func firstTried(_ uid: String) -> ClusterClock.Instant? { entries[uid]?.firstTried }

    /// No node would have it.
    ///
    /// - Parameter plugins: who refused it; none when there was no node to ask, which costs no back-off.
    mutating func refuse(_ uid: String, by plugins: Set<String>, now: ClusterClock.Instant) {
        leaveRefused(uid)
        guard var entry = entries[uid] else { return }
        if plugins.isEmpty { entry.attempts = 0 }
        entry.earliest = now.advanced(by: backOff.delay(attempts: entry.attempts))
        entry.hasFailed = false
        entry.refusedBy = plugins
        entries[uid] = entry
        let ticket: Ticket = move(uid, to: .refused, Self.failure, time: now.advanced(by: Self.longestWait))
        waiting.insert(ticket)
    }

    /// Something went wrong: it tries again after its back-off.
    ///
    /// - Parameter attempts: how often it was tried.
    mutating func retry(_ pod: PodInfo, attempts: Int, now: ClusterClock.Instant) {
        if entries[pod.uid] == nil {
            arrivals += 1
            entries[pod.uid] = Entry(pod: pod, stage: .gated, arrival: arrivals, earliest: now)
        }
        let earliest: ClusterClock.Instant = now.advanced(by: backOff.delay(attempts: max(attempts, 1)))
        entries[pod.uid]?.attempts = max(attempts, 1)
        entries[pod.uid]?.earliest = earliest
        entries[pod.uid]?.hasFailed = true
        backingOff.insert(move(pod.uid, to: .backingOff, Self.failure, time: earliest))
    }

    /// Something happened: those whom it may help are wanted again.
    mutating func note(_ event: ClusterEvent, now: ClusterClock.Instant, _ snapshot: Snapshot = Snapshot()) {
        guard !refused.isEmpty else { return }
        for (refusal, uids) in refused {
            guard let profile = profiles[refusal.profile], profile.hears(event, refusedBy: refusal.plugins) else { continue }
            for uid in uids {
                guard let pod = entries[uid]?.pod, profile.mayHelp(pod, event, refusedBy: refusal.plugins, snapshot) else { continue }
                want(uid, now: now, event.label)
            }
        }
    }

    /// When something is to be done although nothing happens; nil for never.
    var nextDeadline: ClusterClock.Instant? {
        mutating get {
            Self.dropStale(&backingOff, .backingOff, entries)
            Self.dropStale(&waiting, .refused, entries)
            return [backingOff.first?.time, waiting.first?.time].compactMap { $0 }.min()
        }
    }

    /// Brings those in line whose back-off, or longest wait, is over.
    mutating func wakeOverdue(now: ClusterClock.Instant) {
        while let deadline = nextDeadline, deadline <= now {
            if let first = backingOff.first, first.time <= now {
                _ = backingOff.removeFirst()
                activate(first.pod.uid, "BackoffComplete")
            } else if let first = waiting.removeFirst() {
                activate(first.pod.uid, "UnschedulableTimeout")
            }
        }
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
        guard !nominations.isEmpty else { return [] }
        return nominations.compactMap { uid, node in
            guard uid != pod.uid, let other = entries[uid]?.pod, other.priority >= pod.priority else { return nil }
            return (other, node)
        }
    }

    // MARK: - Details

    private func profile(of pod: PodInfo) -> Profile? { profiles[pod.schedulerName] }

    private static let failure = "ScheduleAttemptFailure"

    private mutating func tally(_ event: String, _ stage: Stage) { entrances[Entrance(event: event, stage: stage), default: 0] += 1 }

    private mutating func move(_ uid: String, to stage: Stage, _ event: String, time: ClusterClock.Instant) -> Ticket {
        leaveRefused(uid)
        tally(event, stage)
        lastTicket += 1
        entries[uid]?.stage = stage
        entries[uid]?.ticket = lastTicket
        if stage == .refused, let entry = entries[uid] {
            refused[Refusal(profile: entry.pod.schedulerName, plugins: entry.refusedBy), default: []].insert(uid)
        }
        let pod = QueuedPod(uid: uid, priority: entries[uid]?.pod.priority ?? 0, arrival: entries[uid]?.arrival ?? 0)
        return Ticket(pod: pod, number: lastTicket, time: time)
    }

    private mutating func leaveRefused(_ uid: String) {
        guard let entry = entries[uid], entry.stage == .refused else { return }
        let refusal = Refusal(profile: entry.pod.schedulerName, plugins: entry.refusedBy)
        refused[refusal]?.remove(uid)
        if refused[refusal]?.isEmpty == true { refused[refusal] = nil }
    }

    private mutating func want(_ uid: String, now: ClusterClock.Instant, _ event: String) {
        guard let entry = entries[uid] else { return }
        if entry.earliest <= now { return activate(uid, event) }
        backingOff.insert(move(uid, to: .backingOff, event, time: entry.earliest))
    }

    private mutating func activate(_ uid: String, _ event: String) {
        guard let entry = entries[uid] else { return }
        line.insert(move(uid, to: .active, event, time: entry.earliest))
    }

    /// Takes away who left the line meanwhile.
    private static func dropStale(_ line: inout Heap<Ticket>, _ stage: Stage, _ entries: [String: Entry]) {
        while let ticket = line.first {
            if let entry = entries[ticket.pod.uid], entry.stage == stage, entry.ticket == ticket.number { return }
            _ = line.removeFirst()
        }
    }
}
