import API
import Client
import Machinery
import Synchronization

/// When simulated nodes show that they live: each once in a period, those that have the same turn side by side, so that their leases
/// share one write to the disk.
final class SimulatedHeartbeats: Sendable {
    /// As long as a lease is good for. Many nodes share a machine: they renew as seldom as the node controller bears, which gives up a node
    /// after 50 seconds.
    static let period: Duration = .seconds(40)
    private static let count = 40

    private struct State {
        /// The nodes of each turn.
        var nodes: [Set<String>] = Array(repeating: [], count: SimulatedHeartbeats.count)
        var turns: [String: Int] = [:]
    }

    private let state = Mutex(State())
    /// On several threads they would spend much of their time passing the counts of what they all refer to from one processor to another.
    private let thread = QueueExecutor(label: "heartbeats")
    /// Keys are numbers of turns.
    private let queue: WorkQueue

    /// Lets the first lease of a turn wait for the last.
    var departure: Departure { { [thread] in thread.runLater($0) } }

    init(clock: ClusterClock) { queue = WorkQueue(clock: clock) }

    /// Gives a node the turn that has the fewest.
    func add(_ node: String) {
        let (turn, isFirst): (Int, Bool) = state.withLock { state in
            if let known = state.turns[node] { return (known, false) }
            let turn: Int = state.nodes.indices.min { state.nodes[$0].count < state.nodes[$1].count } ?? 0
            state.nodes[turn].insert(node)
            state.turns[node] = turn
            return (turn, state.nodes[turn].count == 1)
        }
        if isFirst { queue.add(Self.key(turn), after: Self.period * (turn + 1) / Self.count) }
    }

    func remove(_ node: String) {
        state.withLock { state in
            if let turn = state.turns.removeValue(forKey: node) { state.nodes[turn].remove(node) }
        }
    }

    private static func key(_ turn: Int) -> ObjectKey { ObjectKey(namespace: "", name: String(turn)) }

    /// Runs until the task is cancelled.
    func run(_ beat: @escaping @Sendable (_ node: String) async -> Void) async {
        await withTaskCancellationHandler {
            while let key = await queue.next() {
                let nodes: Set<String> = state.withLock { state in Int(key.name).map { state.nodes[$0] } ?? [] }
                if !nodes.isEmpty { queue.add(key, after: Self.period) }
                await withDiscardingTaskGroup { group in
                    for node in nodes { group.addTask(executorPreference: thread) { await beat(node) } }
                }
                queue.done(key)
            }
        } onCancel: {
            queue.close()
        }
    }
}
