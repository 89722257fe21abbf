import API
import Machinery

/// One level of priority at work: its seats, its queues, and what it counts. A state machine; ``FlowControl`` owns it and acts.
struct FlowLevel {
    /// Why a request was refused, in upstream's words.
    enum Refusal: String, CaseIterable { case queueFull = "queue-full", limit = "concurrency-limit", timeOut = "time-out", cancelled }

    struct Counts {
        var dispatched = 0
        var refused: [Refusal: Int] = [:]
    }

    let name: String
    var uid: String
    var isExempt: Bool
    var limits: LevelLimits
    /// Seats that the level has now, after lending and borrowing.
    var seats: Int
    /// nil refuses what is over the limit at once.
    var queues: FairQueues<FlowTicket>?
    /// Its configuration is gone; it ends when nothing of it is left.
    var isQuiescing = false

    private(set) var seatsInUse = 0
    private(set) var executing = 0
    /// The most seats that were wanted since ``takeDemand()``.
    private var demand = 0
    private var waitingSeats = 0
    var counts = Counts()

    init(name: String, uid: String, isExempt: Bool, limits: LevelLimits) {
        self.name = name
        self.uid = uid
        self.isExempt = isExempt
        self.limits = limits
        seats = limits.nominal
    }

    var waiting: Int { queues?.count ?? 0 }

    var isIdle: Bool { executing == 0 && waiting == 0 }

    /// Whether so many seats are free. A request wider than the whole level runs alone.
    func hasRoom(for wanted: Int) -> Bool { isExempt || seatsInUse + min(wanted, max(seats, 1)) <= max(seats, 1) }

    mutating func began(_ ticket: FlowTicket) {
        seatsInUse += ticket.seats
        executing += 1
        counts.dispatched += 1
        note()
    }

    mutating func ended(_ ticket: FlowTicket, in queue: Int?) {
        seatsInUse -= ticket.seats
        executing -= 1
        if let queue { queues?.ended(in: queue, seats: ticket.seats) }
    }

    mutating func lineUp(_ ticket: FlowTicket, in queue: Int) -> FairQueues<FlowTicket>.Place? {
        guard let place = queues?.add(ticket, seats: ticket.seats, to: queue) else { return nil }
        waitingSeats += ticket.seats
        note()
        return place
    }

    mutating func leave(_ ticket: FlowTicket, _ place: FairQueues<FlowTicket>.Place) -> Bool {
        guard queues?.remove(place) == true else { return false }
        waitingSeats -= ticket.seats
        return true
    }

    /// The next that may run, if any; it counts as running from here on.
    mutating func next(where fits: (FlowTicket) -> Bool) -> (ticket: FlowTicket, queue: Int)? {
        guard waiting > 0 else { return nil }
        let (limit, inUse): (Int, Int) = (max(seats, 1), seatsInUse)
        guard let found = queues?.next(where: { inUse + min($1, limit) <= limit && fits($0) }) else { return nil }
        waitingSeats -= found.seats
        began(found.item)
        return (found.item, found.queue)
    }

    /// What was wanted at most since the last call; the count begins anew.
    mutating func takeDemand() -> Int {
        defer { demand = seatsInUse + waitingSeats }
        return demand
    }

    private mutating func note() { demand = max(demand, seatsInUse + waitingSeats) }
}
