package import HTTP
import Machinery
import Store
import Synchronization

/// Wakes watches when something was written: once for each event loop, whose thread then walks its own watches.
package final class WatchHub: Sendable {
    /// Watches that share a thread.
    package enum WatchGroup: Hashable, Sendable {
        /// Served by one event loop.
        case loop(LoopID)
        /// Stands alone.
        case single(ObjectIdentifier)
    }

    /// Runs something on the thread of a group of watches.
    package typealias Executor = @Sendable (@escaping @Sendable () -> Void) -> Void

    private struct Group {
        let execute: Executor
        var pumps: [Int: @Sendable () -> Void] = [:]
    }

    private struct State {
        var groups: [WatchGroup: Group] = [:]
        var nextID = 0
    }

    private let state = Mutex(State())
    private let clock: ClusterClock
    /// Set once, in the initialiser.
    private let subscription = Mutex<Subscription?>(nil)

    init(store: any Store, clock: ClusterClock) {
        self.clock = clock
        let wakes = store.subscribe { [weak self] _ in self?.wake() }
        subscription.withLock { $0 = wakes }
    }

    /// Calls `pump` now and whenever something was written, on the thread of the group, until the registration ends.
    ///
    /// - Parameter group: watches of one group share one wake.
    package func register(
        _ watcher: Watcher, group: WatchGroup, execute: @escaping Executor, pump: @escaping @Sendable () -> Void
    ) -> WatchRegistration {
        let id: Int = state.withLock { state in
            state.nextID += 1
            state.groups[group, default: Group(execute: execute)].pumps[state.nextID] = pump
            return state.nextID
        }
        let clock: ClusterClock = clock
        let timer = Task {
            var remaining: Int = watcher.timeout
            while remaining > 0, !Task.isCancelled {
                let step: Int = watcher.wantsBookmarks ? min(remaining, 60) : remaining
                try await clock.sleep(for: .seconds(step))
                remaining -= step
                if remaining > 0 { watcher.owesBookmark() } else { watcher.finish() }
                execute(pump)
            }
        }
        execute(pump)
        return WatchRegistration { [weak self] in
            timer.cancel()
            self?.state.withLock { state in
                state.groups[group]?.pumps[id] = nil
                if state.groups[group]?.pumps.isEmpty == true { state.groups[group] = nil }
            }
        }
    }

    private func wake() {
        let groups: [Group] = state.withLock { Array($0.groups.values) }
        for group in groups {
            group.execute { for pump in group.pumps.values { pump() } }
        }
    }
}

/// Keeps a watch awake; ends with ``end()``.
package final class WatchRegistration: Sendable {
    private let stop: @Sendable () -> Void

    init(_ stop: @escaping @Sendable () -> Void) { self.stop = stop }

    package func end() { stop() }
}
