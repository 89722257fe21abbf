import API
import Client
import Synchronization

/// Wishes for work on keys that many things belong to: such work looks through all of them, so it is asked for a little later, once for all
/// that changed meanwhile. In the host's time: it is about work, not about the cluster's days.
final class Gathering: Sendable {
    private struct State {
        var waiting: Set<ObjectKey> = []
        /// How many things belong to a key; those with few are not kept.
        var weights: [ObjectKey: Int] = [:]
    }

    private static let few = 100

    private let state = Mutex(State())

    /// Says how many things belong to a key.
    func weigh(_ key: ObjectKey, _ count: Int) { state.withLock { $0.weights[key] = count < Self.few ? nil : count } }

    /// Asks at once for keys with few things; half a second later for those with ten thousand.
    func add(_ key: ObjectKey, to queue: WorkQueue) {
        let delay: Duration? = state.withLock { state in
            guard let weight = state.weights[key] else { return .zero }
            return state.waiting.insert(key).inserted ? .milliseconds(min(weight / 20, 500)) : nil
        }
        guard let delay else { return }
        guard delay > .zero else { return queue.add(key) }
        Task {
            try? await Task.sleep(for: delay)
            _ = state.withLock { $0.waiting.remove(key) }
            queue.add(key)
        }
    }
}
