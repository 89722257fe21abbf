import Machinery

/// A request of a limited level, from its arrival to its end.
///
/// Invariant: `stage` and `place` are read and changed under the lock of ``FlowControl`` only, which is what makes the class `Sendable`.
final class FlowTicket: @unchecked Sendable {
    enum Stage {
        /// In a queue, at `place`.
        case waiting
        /// May run, and nobody has begun it.
        case granted
        case running
        case over
    }

    typealias Decided = @Sendable (FlowTicket, _ mayRun: Bool) -> Void

    let rules: FlowRules
    let user: UserInfo
    let request: FlowRequest
    let flow: String
    let seats: Int
    let arrived = ContinuousClock.now
    /// Called once, outside of locks, of a request that waited: true when it may run, false when it is refused.
    let decided: Decided
    var stage: Stage = .waiting
    var place: FairQueues<FlowTicket>.Place?
    /// The queue that counts it while it runs.
    var queue: Int?

    init(
        _ rules: FlowRules, _ user: UserInfo, _ request: FlowRequest, flow: String, seats: Int,
        decided: @escaping Decided
    ) {
        self.rules = rules
        self.user = user
        self.request = request
        self.flow = flow
        self.seats = seats
        self.decided = decided
    }

    /// Of long lists one has its turn; see ``FlowControl``.
    var isWide: Bool { seats > 1 }
}

/// What the requests of one schema came to.
final class FlowCounts: Sendable {
    let dispatched = Metrics.Counter()
    let executing = Metrics.Gauge()
    let seats = Metrics.Gauge()
    let inQueue = Metrics.Gauge()
    /// Of those that ran, and of those that left before.
    let waits = Metrics.Histogram(bounds: FlowCounts.seconds)
    let vainWaits = Metrics.Histogram(bounds: FlowCounts.seconds)
    private let refused: [Metrics.Counter] = FlowLevel.Refusal.allCases.map { _ in Metrics.Counter() }

    func began(_ ticket: FlowTicket) {
        dispatched.add()
        executing.add()
        seats.add(ticket.seats)
    }

    func ended(_ ticket: FlowTicket) {
        executing.add(-1)
        seats.add(-ticket.seats)
    }

    func refused(_ reason: FlowLevel.Refusal) { refused[Self.place(reason)].add() }

    func number(_ reason: FlowLevel.Refusal) -> Int { refused[Self.place(reason)].value }

    private static func place(_ reason: FlowLevel.Refusal) -> Int { FlowLevel.Refusal.allCases.firstIndex(of: reason) ?? 0 }

    /// Source: `requestDurationSecondsBuckets` of k8s.io/apiserver/pkg/util/flowcontrol/metrics.
    private static let seconds: [Double] = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30]
}
