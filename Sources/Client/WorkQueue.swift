package import API
package import Machinery
import Synchronization

/// Keys that wait to be worked on: each at most once, never worked on twice at a time, later when it failed.
///
/// A struct state machine under one lock; whoever takes keys waits without a thread. Source: client-go's workqueue.
package final class WorkQueue: Sendable {
    fileprivate struct State {
        var ready = Line<ObjectKey>()
        /// In `ready`, or to be put there when its work is done.
        var dirty: Set<ObjectKey> = []
        var busy: Set<ObjectKey> = []
        var failures: [ObjectKey: Int] = [:]
        /// When a key is to be added by itself.
        var alarms: [ObjectKey: ClusterClock.Instant] = [:]
        var takers: [CheckedContinuation<ObjectKey?, Never>] = []
        var isClosed = false
        /// Since when keys wait and are worked on; kept only where it is measured.
        var added: [ObjectKey: ClusterClock.Instant] = [:]
        var begun: [ObjectKey: ClusterClock.Instant] = [:]
    }

    private let clock: ClusterClock
    private let measures: WorkQueueMeasures?
    private let state = Mutex(State())

    /// - Parameter measures: where it tells of itself; nil for nowhere.
    package init(clock: ClusterClock, measures: WorkQueueMeasures? = nil) {
        self.clock = clock
        self.measures = measures
        measures?.look { [weak self] now in self?.state.withLock { $0.begun.values.map { $0.duration(to: now) } } ?? [] }
    }

    /// Asks for work on a key.
    package func add(_ key: ObjectKey) {
        let taker: CheckedContinuation<ObjectKey?, Never>? = state.withLock { state -> CheckedContinuation<ObjectKey?, Never>? in
            guard !state.isClosed, state.dirty.insert(key).inserted else { return nil }
            if let measures {
                measures.adds.add()
                measures.depth.add()
                state.added[key] = clock.now
            }
            guard !state.busy.contains(key) else { return nil }
            return hand(key, &state)
        }
        taker?.resume(returning: key)
    }

    /// Asks for work on a key after a while. Of several such wishes for a key the earliest counts: work that is repeated by the clock and
    /// called for by changes too does not multiply.
    package func add(_ key: ObjectKey, after delay: Duration) {
        guard delay > .zero else { return add(key) }
        let time: ClusterClock.Instant = clock.now.advanced(by: delay)
        let isEarliest: Bool = state.withLock { state in
            if let known = state.alarms[key], known <= time { return false }
            state.alarms[key] = time
            return true
        }
        if isEarliest { clock.schedule(at: time) { [weak self] in self?.ring(key, time) } }
    }

    private func ring(_ key: ObjectKey, _ time: ClusterClock.Instant) {
        let isWanted: Bool = state.withLock { state in
            guard state.alarms[key] == time else { return false }
            state.alarms[key] = nil
            return true
        }
        if isWanted { add(key) }
    }

    /// Asks for work on a key that failed: 5 ms after the first failure, twice as long after each further one, 1,000 s at most.
    package func addAfterFailure(_ key: ObjectKey) {
        let failures: Int = state.withLock { state in
            state.failures[key, default: 0] += 1
            return state.failures[key] ?? 1
        }
        measures?.retries.add()
        add(key, after: .milliseconds(min(5 << min(failures - 1, 20), 1_000_000)))
    }

    /// The next failure of this key counts as the first.
    package func forget(_ key: ObjectKey) { state.withLock { $0.failures[key] = nil } }

    /// The next key, for this caller alone until ``done(_:)``; nil when the queue is closed.
    package func next() async -> ObjectKey? {
        await withCheckedContinuation { continuation in
            let key: ObjectKey?? = state.withLock { state -> ObjectKey?? in
                if state.isClosed { return .some(nil) }
                guard !state.ready.isEmpty else {
                    state.takers.append(continuation)
                    return nil
                }
                let key: ObjectKey = state.ready.removeFirst()
                start(key, &state)
                return key
            }
            if let key { continuation.resume(returning: key) }
        }
    }

    /// Ends the work on a key; it comes again if somebody asked meanwhile.
    package func done(_ key: ObjectKey) {
        let taker: CheckedContinuation<ObjectKey?, Never>? = state.withLock { state in
            state.busy.remove(key)
            if let measures, let begun = state.begun.removeValue(forKey: key) {
                measures.workDuration.observe(begun.duration(to: clock.now))
            }
            return state.dirty.contains(key) ? hand(key, &state) : nil
        }
        taker?.resume(returning: key)
    }

    /// Lets all takers go.
    package func close() {
        let takers = state.withLock { state in
            state.isClosed = true
            defer { state.takers = [] }
            return state.takers
        }
        for taker in takers { taker.resume(returning: nil) }
    }
}

extension WorkQueue {
    /// Gives a dirty key to a taker, or lines it up.
    private func hand(_ key: ObjectKey, _ state: inout State) -> CheckedContinuation<ObjectKey?, Never>? {
        guard !state.takers.isEmpty else {
            state.ready.append(key)
            return nil
        }
        start(key, &state)
        return state.takers.removeFirst()
    }

    private func start(_ key: ObjectKey, _ state: inout State) {
        state.dirty.remove(key)
        state.busy.insert(key)
        guard let measures else { return }
        let now: ClusterClock.Instant = clock.now
        measures.depth.add(-1)
        if let added = state.added.removeValue(forKey: key) { measures.queueDuration.observe(added.duration(to: now)) }
        state.begun[key] = now
    }
}

/// A line: elements go in at one end and out at the other, at the same cost however long it is.
struct Line<Element: Sendable>: Sendable {
    private var elements: [Element?] = []
    private var head: Int = 0

    var isEmpty: Bool { head == elements.count }

    mutating func append(_ element: Element) { elements.append(element) }

    /// The line must not be empty.
    mutating func removeFirst() -> Element {
        defer {
            head += 1
            // What went out is thrown away when it is most of what is kept.
            if head > 64, head * 2 > elements.count {
                elements.removeFirst(head)
                head = 0
            }
        }
        guard let element = elements[head] else { preconditionFailure("elements from the head on are there") }
        elements[head] = nil
        return element
    }
}
