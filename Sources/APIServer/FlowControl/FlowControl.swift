import API
import Machinery
import Store
import Synchronization

/// Priority and fairness: says which requests from outside may run, which wait and which are refused.
///
/// A request belongs to the first FlowSchema that matches it, and so to a level of priority with so many seats. What finds no seat waits
/// in one of the level's queues, which its flow is dealt; queues are served fairly. Levels lend each other seats that they have no use for.
/// Parts of the control plane in this process are not asked: they come by no connection.
///
/// Wide requests, long lists, keep the processors busy for milliseconds each: of those of limited levels one has its turn, from its
/// beginning to the end of its answer or until ``turn`` is over, when the client is slow.
///
/// Source: KEP-1040; k8s.io/apiserver/pkg/util/flowcontrol.
final class FlowControl: Sendable {
    struct State {
        /// In the order in which they are tried.
        var schemas: [FlowRules] = []
        var levels: [String: FlowLevel] = [:]
        /// Names of the levels; the first is asked first when a place is free, and goes to the end then.
        var order: [String] = []
        var counts: [String: FlowCounts] = [:]
        /// The stored configuration is another one.
        var isStale = true
        /// The wide request that has its turn.
        var turn: FlowTicket?
        var lastAdjusted = ContinuousClock.now
    }

    /// What is to happen to a request, and by whose rules.
    struct Verdict: Sendable {
        enum Outcome: Sendable {
            /// Runs, and need not tell its end.
            case exempt
            /// Runs, until ``FlowControl/end(_:)``.
            case runs(FlowTicket)
            /// Waits: the ticket is told. It must be ended too, when it leaves or when it ran.
            case waits(FlowTicket)
            case refused
        }

        let schemaUID: String
        let levelUID: String
        let outcome: Outcome
    }

    /// Seats of the server: what upstream's `--max-requests-inflight` and `--max-mutating-requests-inflight` come to.
    static let seats = 600
    /// How long a request may wait. Source: a quarter of the default `--request-timeout`.
    static let patience: Duration = .seconds(15)
    /// How long a wide request keeps others from their turn. An answer of 5 MB is with a client on this machine in a tenth of that.
    static let turn: Duration = .milliseconds(50)
    private static let prefix = "flowcontrol.apiserver.k8s.io/"
    private static let adjustedEvery: Duration = .seconds(10)

    let state = Mutex(State())
    private let store: any Store
    private let clock: ClusterClock
    /// Set once, in the initialiser.
    private let subscription = Mutex<Subscription?>(nil)

    init(store: any Store, clock: ClusterClock) {
        self.store = store
        self.clock = clock
        let events: Subscription = store.subscribe { [weak self] events in
            guard events.contains(where: { $0.entry.key.hasPrefix(Self.prefix) }) else { return }
            self?.state.withLock { $0.isStale = true }
        }
        subscription.withLock { $0 = events }
    }

    // MARK: - Requests

    /// Finds the place of a request. - Parameter decided: see ``FlowTicket/decided``.
    func admit(_ user: UserInfo, _ request: FlowRequest, decided: @escaping FlowTicket.Decided) -> Verdict {
        let now = ContinuousClock.now
        let verdict: Verdict = state.withLock { state in
            if state.isStale { load(&state) }
            if state.lastAdjusted.duration(to: now) >= Self.adjustedEvery { Self.adjust(&state, now) }
            // The schema catch-all matches everything.
            guard let rules = state.schemas.first(where: { $0.matches(user, request) }), state.levels[rules.level] != nil else {
                return Verdict(schemaUID: "", levelUID: "", outcome: .exempt)
            }
            let outcome: Verdict.Outcome = Self.place(user, request, rules, decided, &state)
            return Verdict(schemaUID: rules.uid, levelUID: state.levels[rules.level]?.uid ?? "", outcome: outcome)
        }
        if case .waits(let ticket) = verdict.outcome {
            clock.schedule(at: clock.now.advanced(by: Self.patience)) { [weak self, weak ticket] in
                if let ticket { self?.leave(ticket, .timeOut) }
            }
        }
        return verdict
    }

    private static func place(
        _ user: UserInfo, _ request: FlowRequest, _ rules: FlowRules, _ decided: @escaping FlowTicket.Decided, _ state: inout State
    ) -> Verdict.Outcome {
        guard var level = state.levels.removeValue(forKey: rules.level) else { return .exempt }
        defer { state.levels[rules.level] = level }
        guard !level.isExempt else {
            level.counts.dispatched += 1
            rules.counts.dispatched.add()
            return .exempt
        }
        // One request may not fill a level. Source: `maxSeats` of k8s.io/apiserver/pkg/util/flowcontrol.
        let widest: Int = max(1, min(10, level.limits.nominal * 15 / 100))
        let flow: String = rules.flow(user, request)
        let ticket = FlowTicket(rules, user, request, flow: flow, seats: min(request.seats, widest), decided: decided)
        let queue: Int? = level.queues?.queue(for: ShuffleShard.hash(rules.name, flow))
        // Where nobody waits nobody waits for a turn either.
        let isItsTurn: Bool = !ticket.isWide || state.turn == nil || queue == nil
        if isItsTurn, level.waiting == 0, level.hasRoom(for: ticket.seats) {
            level.began(ticket)
            if let queue { level.queues?.began(in: queue, seats: ticket.seats) }
        } else {
            guard let queue else { return refuse(.limit, rules, &level) }
            guard let place = level.lineUp(ticket, in: queue) else { return refuse(.queueFull, rules, &level) }
            ticket.place = place
            // Those before it may wait for more seats, or for a turn, that it has no need of.
            guard isItsTurn, level.next(where: { $0 === ticket }) != nil else {
                rules.counts.inQueue.add()
                return .waits(ticket)
            }
        }
        ticket.queue = queue
        ticket.stage = .running
        if ticket.isWide, state.turn == nil { state.turn = ticket }
        rules.counts.began(ticket)
        if queue != nil { rules.counts.waits.observe(steps: 0) }
        return .runs(ticket)
    }

    private static func refuse(_ reason: FlowLevel.Refusal, _ rules: FlowRules, _ level: inout FlowLevel) -> Verdict.Outcome {
        level.counts.refused[reason, default: 0] += 1
        rules.counts.refused(reason)
        return .refused
    }

    /// Says that a request that waited is begun now; false when it ended meanwhile.
    func begin(_ ticket: FlowTicket) -> Bool {
        state.withLock { _ in
            guard ticket.stage == .granted else { return false }
            ticket.stage = .running
            return true
        }
    }

    /// A request is over, or its client has left; told again, it does nothing.
    func end(_ ticket: FlowTicket) {
        let next: [FlowTicket] = state.withLock { state in
            switch ticket.stage {
            case .over: return []
            case .waiting:
                _ = Self.takeOut(ticket, .cancelled, &state)
                return []
            case .granted, .running:
                ticket.stage = .over
                if state.turn === ticket { state.turn = nil }
                state.levels[ticket.rules.level]?.ended(ticket, in: ticket.queue)
                ticket.rules.counts.ended(ticket)
                return Self.dispatch(&state)
            }
        }
        for ticket in next { ticket.decided(ticket, true) }
    }

    /// A wide request has had its time; others may begin beside it.
    func turnEnded(_ ticket: FlowTicket) {
        let next: [FlowTicket] = state.withLock { state in
            guard state.turn === ticket else { return [] }
            state.turn = nil
            return Self.dispatch(&state)
        }
        for ticket in next { ticket.decided(ticket, true) }
    }

    private func leave(_ ticket: FlowTicket, _ reason: FlowLevel.Refusal) {
        if state.withLock({ Self.takeOut(ticket, reason, &$0) }) { ticket.decided(ticket, false) }
    }

    /// Takes who waits out of the queue; false when it does not wait any more.
    private static func takeOut(_ ticket: FlowTicket, _ reason: FlowLevel.Refusal, _ state: inout State) -> Bool {
        guard ticket.stage == .waiting, let place = ticket.place, state.levels[ticket.rules.level]?.leave(ticket, place) == true else {
            return false
        }
        ticket.stage = .over
        state.levels[ticket.rules.level]?.counts.refused[reason, default: 0] += 1
        ticket.rules.counts.refused(reason)
        ticket.rules.counts.inQueue.add(-1)
        ticket.rules.counts.vainWaits.observe(ticket.arrived.duration(to: .now))
        return true
    }

    /// Lets go who may run now, one level after the other.
    private static func dispatch(_ state: inout State) -> [FlowTicket] {
        var next: [FlowTicket] = []
        for name in state.order {
            guard (state.levels[name]?.waiting ?? 0) > 0 else { continue }
            var hadTurn = false
            while true {
                let isTurnTaken: Bool = state.turn != nil
                guard let (ticket, queue) = state.levels[name]?.next(where: { !($0.isWide && isTurnTaken) }) else { break }
                ticket.stage = .granted
                ticket.queue = queue
                if ticket.isWide {
                    state.turn = ticket
                    hadTurn = true
                }
                ticket.rules.counts.inQueue.add(-1)
                ticket.rules.counts.began(ticket)
                ticket.rules.counts.waits.observe(ticket.arrived.duration(to: .now))
                next.append(ticket)
            }
            if hadTurn, let i = state.order.firstIndex(of: name) { state.order.append(state.order.remove(at: i)) }
        }
        return next
    }

    // MARK: - Configuration

    /// Takes over what is stored. Levels that are gone stay until what is in them is done.
    private func load(_ state: inout State) {
        state.isStale = false
        let objects = Objects(store: store)
        var levels: [View<PriorityLevelConfiguration>] = objects.list(PriorityLevelConfiguration.self)
        for preset in FlowControlPresets.mandatoryLevels where !levels.contains(where: { $0.metadata.name == preset.metadata.name }) {
            levels.append(preset)
        }
        var schemas: [View<FlowSchema>] = objects.list(FlowSchema.self)
        for preset in FlowControlPresets.mandatorySchemas where !schemas.contains(where: { $0.metadata.name == preset.metadata.name }) {
            schemas.append(preset)
        }
        Self.setLevels(levels, &state)
        let known: Set<String> = Set(levels.map(\.metadata.name))
        state.schemas = schemas.map { schema in
            let counts: FlowCounts = state.counts[schema.metadata.name] ?? FlowCounts()
            state.counts[schema.metadata.name] = counts
            return FlowRules(schema, counts: counts)
        }
        .filter { known.contains($0.level) }
        .sorted { ($0.precedence, $0.name) < ($1.precedence, $1.name) }
    }

    private static func setLevels(_ levels: [View<PriorityLevelConfiguration>], _ state: inout State) {
        let limits: [LevelLimits] = LevelLimits.divide(
            seats,
            among: levels.map { level in
                if let limited = level.spec.limited {
                    return (limited.nominalConcurrencyShares, limited.lendablePercent, limited.borrowingLimitPercent)
                }
                return (level.spec.exempt?.nominalConcurrencyShares ?? 0, level.spec.exempt?.lendablePercent ?? 0, nil)
            })
        for (level, limits) in zip(levels, limits) {
            let name: String = level.metadata.name
            var new: FlowLevel =
                state.levels[name] ?? FlowLevel(name: name, uid: level.metadata.uid, isExempt: level.spec.type == "Exempt", limits: limits)
            new.uid = level.metadata.uid
            new.isExempt = level.spec.type == "Exempt"
            new.isQuiescing = false
            if new.limits != limits { new.seats = limits.nominal }
            new.limits = limits
            let queuing = level.spec.limited?.limitResponse.queuing
            let wanted = queuing.map { ShuffleShard(queues: $0.queues, handSize: $0.handSize) }
            // Queues that hold requests stay as they are until they are empty: who waits must not lose its place.
            if let wanted, let queuing {
                let isSame: Bool =
                    new.queues.map { $0.shard.queues == wanted.queues && $0.shard.handSize == wanted.handSize } ?? false
                    && new.queues?.lengthLimit == queuing.queueLengthLimit
                if !isSame, new.isIdle { new.queues = FairQueues(shard: wanted, lengthLimit: queuing.queueLengthLimit) }
            } else if new.isIdle {
                new.queues = nil
            }
            state.levels[name] = new
        }
        let known: Set<String> = Set(levels.map(\.metadata.name))
        for (name, level) in state.levels where !known.contains(name) {
            state.levels[name]?.isQuiescing = true
            if level.isIdle { state.levels[name] = nil }
        }
        state.order = state.levels.keys.sorted()
    }

    /// Moves seats to where they are wanted.
    private static func adjust(_ state: inout State, _ now: ContinuousClock.Instant) {
        state.lastAdjusted = now
        let names: [String] = state.levels.keys.sorted().filter { state.levels[$0]?.isExempt == false }
        let limits: [LevelLimits] = names.compactMap { state.levels[$0]?.limits }
        var demands: [Int] = []
        for name in names { demands.append(state.levels[name]?.takeDemand() ?? 0) }
        let current: [Int] = LevelLimits.adjust(limits, demands: demands, seats: seats)
        for (name, seats) in zip(names, current) { state.levels[name]?.seats = seats }
        // A level whose queues could not change while they were in use gets another chance.
        if state.levels.values.contains(where: \.isQuiescing) { state.isStale = true }
    }
}
