import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The one clock that everything in a cluster asks: back-off, probes, leases, schedules, time limits, expiry.
///
/// By default it goes with the host's clock from where that stood at the start, in its pace and never backwards. It can be
/// paused, and moved on while paused or running; whoever sleeps until then wakes at once, in order of the wanted times.
public final class ClusterClock: Clock, Sendable {
    public struct Instant: InstantProtocol {
        /// Since 1970-01-01T00:00:00Z.
        public let nanoseconds: Int64

        public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
        public init(_ time: Time) { nanoseconds = time.seconds * 1_000_000_000 }

        /// Stays at the ends of 64 bits.
        public func advanced(by duration: Duration) -> Instant {
            let distance: Int64 = duration.nanoseconds
            let (sum, overflow): (Int64, Bool) = nanoseconds.addingReportingOverflow(distance)
            return Instant(nanoseconds: overflow ? (distance < 0 ? .min : .max) : sum)
        }
        public func duration(to other: Instant) -> Duration { .nanoseconds(other.nanoseconds) - .nanoseconds(nanoseconds) }
        public static func < (one: Instant, other: Instant) -> Bool { one.nanoseconds < other.nanoseconds }

        public var time: Time { Time(seconds: nanoseconds.flooredQuotient(1_000_000_000)) }
        public var microTime: MicroTime { MicroTime(microseconds: nanoseconds.flooredQuotient(1000)) }
    }

    /// What happens when a time has come.
    private enum Waiter {
        case task(CheckedContinuation<Void, any Error>)
        case action(@Sendable () -> Void)
    }

    private struct State: ~Copyable {
        /// The cluster's time at `realAnchor`; while paused, the time.
        var anchor: Int64
        var realAnchor: ContinuousClock.Instant
        var isPaused: Bool
        var nextID: UInt64 = 0
        /// Its waiters may be gone from `waiters` already.
        var queue = DeadlineHeap()
        var waiters: [UInt64: Waiter] = [:]
        /// Sleeps cancelled before they began.
        var cancelled: Set<UInt64> = []
        /// Wakes when `wakeTime` has come on the host's clock.
        var alarm: Task<Void, Never>?
        var wakeTime: Int64 = .max

        var now: Int64 {
            isPaused ? anchor : anchor &+ realAnchor.duration(to: .now).nanoseconds
        }
    }

    private let state: Mutex<State>

    /// Starts at the host's time.
    public convenience init() { self.init(at: Self.hostTime, isPaused: false) }

    public init(at start: Instant, isPaused: Bool) {
        state = Mutex(State(anchor: start.nanoseconds, realAnchor: .now, isPaused: isPaused))
    }

    deinit { state.withLock { $0.alarm?.cancel() } }

    public var now: Instant { Instant(nanoseconds: state.withLock { $0.now }) }
    public var time: Time { now.time }
    public var microTime: MicroTime { now.microTime }
    public var minimumResolution: Duration { .nanoseconds(1) }

    // MARK: Turning

    public var isPaused: Bool { state.withLock { $0.isPaused } }

    /// Time stands still until ``resume()``; nobody wakes, unless it is moved on.
    public func pause() {
        state.withLock { state in
            guard !state.isPaused else { return }
            state.anchor = state.now
            state.isPaused = true
            state.alarm?.cancel()
            state.alarm = nil
            state.wakeTime = .max
        }
    }

    public func resume() {
        state.withLock { state in
            guard state.isPaused else { return }
            state.realAnchor = .now
            state.isPaused = false
            setAlarm(&state)
        }
    }

    /// Jumps ahead. Who sleeps in a loop wakes once, not once for each round that the jump passes over.
    public func advance(by duration: Duration) {
        precondition(duration >= .zero, "time only moves on, not by \(duration)")
        let due: [Waiter] = state.withLock { state in
            state.anchor = Instant(nanoseconds: state.anchor).advanced(by: duration).nanoseconds
            return takeDue(&state)
        }
        fire(due)
    }

    /// Jumps to the next wanted time, if any; returns how far that was.
    @discardableResult
    public func advanceToNextDeadline() -> Duration? {
        guard let next = nextDeadline else { return nil }
        let distance: Duration = max(.zero, now.duration(to: next))
        advance(by: distance)
        return distance
    }

    /// How many sleep or are scheduled.
    public var waiterCount: Int { state.withLock { $0.waiters.count } }

    public var nextDeadline: Instant? {
        state.withLock { state in
            dropStale(&state)
            return state.queue.first.map { Instant(nanoseconds: $0.deadline) }
        }
    }

    // MARK: Waiting

    /// Throws `CancellationError` when the task is cancelled first.
    public func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
        let id: UInt64 = newID()
        defer { state.withLock { _ = $0.cancelled.remove(id) } }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                add(id, deadline, .task(continuation))
            }
        } onCancel: {
            cancel(id)
        }
    }

    /// Calls a short action that blocks nothing when a duration has passed, unless the timer is cancelled first.
    @discardableResult
    public func schedule(after duration: Duration, _ action: @escaping @Sendable () -> Void) -> Timer {
        schedule(at: now.advanced(by: duration), action)
    }

    /// The same at a time.
    @discardableResult
    public func schedule(at deadline: Instant, _ action: @escaping @Sendable () -> Void) -> Timer {
        let id: UInt64 = newID()
        add(id, deadline, .action(action))
        return Timer(clock: self, id: id)
    }

    /// An action to come.
    public struct Timer: Sendable {
        fileprivate let clock: ClusterClock
        fileprivate let id: UInt64

        /// True when the action had not begun and never will.
        @discardableResult
        public func cancel() -> Bool { clock.state.withLock { $0.waiters.removeValue(forKey: id) } != nil }
    }

    // MARK: Details

    private func newID() -> UInt64 {
        state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
    }

    private func add(_ id: UInt64, _ deadline: Instant, _ waiter: Waiter) {
        let isCancelled: Bool = state.withLock { state in
            if state.cancelled.contains(id) { return true }
            state.waiters[id] = waiter
            state.queue.insert(DeadlineHeap.Entry(deadline: deadline.nanoseconds, id: id))
            if !state.isPaused || deadline.nanoseconds <= state.anchor { setAlarm(&state) }
            return false
        }
        if isCancelled, case .task(let continuation) = waiter { continuation.resume(throwing: CancellationError()) }
    }

    private func cancel(_ id: UInt64) {
        let waiter: Waiter? = state.withLock { state in
            guard let waiter = state.waiters.removeValue(forKey: id) else {
                state.cancelled.insert(id)
                return nil
            }
            // Cancelled entries stay in the queue until their time; when most are such, it is made anew.
            if state.queue.count > 64, state.queue.count > state.waiters.count * 2 {
                let waiters: [UInt64: Waiter] = state.waiters
                state.queue.keep { waiters[$0.id] != nil }
            }
            return waiter
        }
        if case .task(let continuation)? = waiter { continuation.resume(throwing: CancellationError()) }
    }

    private func dropStale(_ state: inout State) {
        while let first = state.queue.first, state.waiters[first.id] == nil { state.queue.removeFirst() }
    }

    private func takeDue(_ state: inout State) -> [Waiter] {
        let now: Int64 = state.now
        var due: [Waiter] = []
        while let first = state.queue.first, first.deadline <= now {
            state.queue.removeFirst()
            if let waiter = state.waiters.removeValue(forKey: first.id) { due.append(waiter) }
        }
        setAlarm(&state)
        return due
    }

    private func fire(_ due: [Waiter]) {
        for waiter in due {
            switch waiter {
            case .task(let continuation): continuation.resume()
            case .action(let action): action()
            }
        }
    }

    /// Sees to it that one task wakes at the next deadline and no other does.
    private func setAlarm(_ state: inout State) {
        dropStale(&state)
        guard let next = state.queue.first?.deadline, !state.isPaused || next <= state.anchor else {
            state.alarm?.cancel()
            state.alarm = nil
            state.wakeTime = .max
            return
        }
        let now: Int64 = state.now
        let distance: Int64 = max(0, next.subtractingReportingOverflow(now).partialValue)
        // A jump brings deadlines nearer on the host's clock, so the alarm is compared in the host's time.
        let wakeTime: Int64 = state.realAnchor.duration(to: .now).nanoseconds &+ distance
        if state.alarm != nil, state.wakeTime <= wakeTime, state.wakeTime != .max { return }
        state.alarm?.cancel()
        state.wakeTime = wakeTime
        state.alarm = Task.detached { [weak self] in
            do {
                if distance > 0 { try await ContinuousClock().sleep(for: .nanoseconds(distance)) }
            } catch {
                return  // another alarm took its place
            }
            self?.ring()
        }
    }

    private func ring() {
        let due: [Waiter] = state.withLock { state in
            state.alarm = nil
            state.wakeTime = .max
            return takeDue(&state)
        }
        fire(due)
    }

    private static var hostTime: Instant {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Instant(nanoseconds: Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec))
    }
}
