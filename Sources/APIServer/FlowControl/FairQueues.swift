/// The queues of one level: takes requests in, and says which is next so that each queue gets the same amount of service.
///
/// Start-time fair queuing: a request's tag is where its queue's last one ends, or the present if that is later; the lowest tag is next.
/// Its service is taken to be as long as it is wide. Pure: whoever owns it does what it says.
struct FairQueues<Item> {
    private struct Waiting {
        let id: Int
        let item: Item
        let seats: Int
        let start: Double
    }

    private struct Queue {
        var waiting: [Waiting] = []
        /// Where the last request that was taken in ends.
        var end: Double = 0
        var seatsInUse = 0
        var executing = 0
    }

    let shard: ShuffleShard
    /// Requests that one queue holds.
    let lengthLimit: Int
    private var queues: [Queue]
    /// Tag of the request that was let go last.
    private var present: Double = 0
    private var nextID = 0
    private(set) var count = 0

    init(shard: ShuffleShard, lengthLimit: Int) {
        self.shard = shard
        self.lengthLimit = lengthLimit
        queues = Array(repeating: Queue(), count: shard.queues)
    }

    /// Where a request stands.
    struct Place: Hashable, Sendable {
        let queue: Int
        let id: Int
    }

    /// The queue for a flow: of its hand the one with the least before it.
    func queue(for hash: UInt64) -> Int {
        let hand: [Int] = shard.hand(of: hash)
        func load(_ i: Int) -> Int { queues[i].seatsInUse + queues[i].waiting.reduce(0) { $0 + $1.seats } }
        return hand.min { load($0) < load($1) } ?? 0
    }

    /// Lines a request up; nil when its queue is full.
    mutating func add(_ item: Item, seats: Int, to queue: Int) -> Place? {
        guard queues[queue].waiting.count < lengthLimit else { return nil }
        nextID += 1
        let start: Double = max(present, queues[queue].end)
        queues[queue].waiting.append(Waiting(id: nextID, item: item, seats: seats, start: start))
        queues[queue].end = start + Double(seats)
        count += 1
        return Place(queue: queue, id: nextID)
    }

    /// Takes out who waits no longer; false when it was let go before.
    mutating func remove(_ place: Place) -> Bool {
        guard let i = queues[place.queue].waiting.firstIndex(where: { $0.id == place.id }) else { return false }
        let gone: Waiting = queues[place.queue].waiting.remove(at: i)
        if i == queues[place.queue].waiting.count { queues[place.queue].end -= Double(gone.seats) }
        count -= 1
        return true
    }

    /// Lets the next one go, of those that `fits` says may go now: only the first of each queue is asked about.
    mutating func next(where fits: (Item, _ seats: Int) -> Bool) -> (item: Item, queue: Int, seats: Int)? {
        var best: Int?
        for i in queues.indices {
            guard let first = queues[i].waiting.first, fits(first.item, first.seats) else { continue }
            if let best, let other = queues[best].waiting.first, other.start <= first.start { continue }
            best = i
        }
        guard let best else { return nil }
        let first: Waiting = queues[best].waiting.removeFirst()
        present = max(present, first.start)
        count -= 1
        began(in: best, seats: first.seats)
        return (first.item, best, first.seats)
    }

    /// A request of the queue runs without having waited.
    mutating func began(in queue: Int, seats: Int) {
        queues[queue].seatsInUse += seats
        queues[queue].executing += 1
        if queues[queue].waiting.isEmpty { queues[queue].end = max(present, queues[queue].end) }
    }

    mutating func ended(in queue: Int, seats: Int) {
        queues[queue].seatsInUse -= seats
        queues[queue].executing -= 1
    }

    // MARK: - For people

    struct QueueState {
        let waiting, executing, seatsInUse, waitingSeats: Int
        let nextStart: Double
    }

    var states: [QueueState] {
        queues.map { queue in
            QueueState(
                waiting: queue.waiting.count, executing: queue.executing, seatsInUse: queue.seatsInUse,
                waitingSeats: queue.waiting.reduce(0) { $0 + $1.seats }, nextStart: queue.waiting.first?.start ?? queue.end)
        }
    }

    /// Those that wait, by queue and in their order.
    var waiting: [(queue: Int, items: [Item])] {
        queues.enumerated().compactMap { $1.waiting.isEmpty ? nil : ($0, $1.waiting.map(\.item)) }
    }
}
