package import HTTP
import Machinery
import Store
import Synchronization

/// Wakes the watches of the resources that were written: once for each event loop, whose thread then walks its own watches of them.
package final class WatchHub: Sendable {
    /// Watches that share a thread.
    package enum WatchGroup: Hashable, Sendable {
        /// Served by one event loop.
        case loop(LoopID)
        /// Stands alone.
        case single(ObjectIdentifier)
    }

    /// Runs something on the thread of a group of watches. False when it does not, because the watch's client is gone.
    package typealias Executor = @Sendable (@escaping @Sendable () -> Void) -> Bool

    /// Whose watches are woken.
    private enum Written {
        case of([Substring])
        case anything
    }

    private struct Member {
        let execute: Executor
        let pump: @Sendable () -> Void
    }

    private struct State {
        /// By resource, as ``ObjectKeys/resource(of:)`` names it, and by registration: a write looks at the watches of its resource only.
        var groups: [Substring: [WatchGroup: [Int: Member]]] = [:]
        var nextID = 0
    }

    /// Watches of what may stop being served, by the same keys as the pumps.
    private let watchers = Mutex<[Substring: [Int: Watcher]]>([:])
    /// What was encoded for one watch and serves others.
    let rings = EventRings()
    let writes = ResourceWrites()
    private let state = Mutex(State())
    /// What was written last, and whose watches wait for its answers.
    private let heard = Mutex<Written?>(nil)
    /// What was written since all watches were woken.
    private let written = Mutex((events: 0, bytes: 0))
    private let retention: Retention
    private let clock: ClusterClock
    /// Set once, in the initialiser.
    private let subscription = Mutex<Subscription?>(nil)

    init(store: any Store, clock: ClusterClock) {
        self.clock = clock
        retention = store.retention
        // Whoever waits for the answer of a write goes before whoever only hears of it.
        let wakes = store.subscribe({ [weak self] in self?.hear($0) }, answered: { [weak self] in self?.wakeHeard() })
        subscription.withLock { $0 = wakes }
    }

    /// Calls `pump` now and whenever an object of the watched resource was written, on the thread of the group, until the registration ends.
    ///
    /// - Parameter group: watches of one group share one wake.
    package func register(
        _ watcher: Watcher, group: WatchGroup, execute: @escaping Executor, pump: @escaping @Sendable () -> Void
    ) -> WatchRegistration {
        let resource: Substring = watcher.resource
        watcher.ahead.onReady { _ = execute(pump) }
        let id: Int = state.withLock { state in
            state.nextID += 1
            state.groups[resource, default: [:]][group, default: [:]][state.nextID] = Member(execute: execute, pump: pump)
            return state.nextID
        }
        if watcher.mayEnd { watchers.withLock { $0[resource, default: [:]][id] = watcher } }
        let clock: ClusterClock = clock
        let timer = Task {
            var remaining: Int = watcher.timeout
            while remaining > 0, !Task.isCancelled {
                // Each minute, with or without a bookmark: a watch of what nobody writes must not fall behind what is compacted.
                let step: Int = min(remaining, 60)
                try await clock.sleep(for: .seconds(step))
                remaining -= step
                if remaining == 0 { watcher.finish() } else if watcher.wantsBookmarks { watcher.owesBookmark() }
                _ = execute(pump)
            }
        }
        _ = execute(pump)
        return WatchRegistration { [weak self] in
            timer.cancel()
            if watcher.mayEnd { self?.watchers.withLock { $0[resource]?[id] = nil } }
            self?.state.withLock { state in
                state.groups[resource]?[group]?[id] = nil
                if state.groups[resource]?[group]?.isEmpty == true { state.groups[resource]?[group] = nil }
                if state.groups[resource]?.isEmpty == true { state.groups[resource] = nil }
            }
        }
    }

    /// Ends the watches of a resource that is no longer served, or no longer as it was, after what happened to it until now.
    ///
    /// Clients begin anew, and find what is served now, or that nothing is.
    func end(watchesOf resource: Substring) {
        let ending: [Watcher] = watchers.withLock { watchers in
            defer { watchers[resource] = nil }
            return watchers[resource].map { Array($0.values) } ?? []
        }
        guard !ending.isEmpty else { return }
        for watcher in ending { watcher.finishWhenIdle() }
        wake(.of([resource]))
    }

    private func hear(_ events: [StoreEvent]) {
        let resources: [Substring] = writes.add(events)
        let written: Written = fillHistory(events) ? .anything : .of(resources)
        heard.withLock { $0 = written }
    }

    private func wakeHeard() {
        if let written = heard.withLock({ $0.take() }) { wake(written) }
    }

    /// Whether so much was written since all watches were woken that those of what nobody writes must look, or fall behind what is kept.
    private func fillHistory(_ events: [StoreEvent]) -> Bool {
        written.withLock { written in
            written.events += events.count
            for event in events { written.bytes += event.retainedBytes }
            guard retention.isNearlyFilled(events: written.events, bytes: written.bytes) else { return false }
            written = (0, 0)
            return true
        }
    }

    private func wake(_ written: Written) {
        let woken: [[WatchGroup: [Int: Member]]] = state.withLock { state in
            switch written {
            case .of(let resources): resources.compactMap { state.groups[$0] }
            case .anything: Array(state.groups.values)
            }
        }
        for groups in woken {
            for members in groups.values {
                // One call wakes all of them. A member whose client has just left cannot make it; the next one does.
                _ = members.values.first { $0.execute { for member in members.values { member.pump() } } }
            }
        }
    }
}

/// Keeps a watch awake; ends with ``end()``.
package final class WatchRegistration: Sendable {
    private let stop: @Sendable () -> Void

    init(_ stop: @escaping @Sendable () -> Void) { self.stop = stop }

    package func end() { stop() }
}
