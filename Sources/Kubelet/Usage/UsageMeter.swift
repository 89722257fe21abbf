import API
import Machinery
import Sandbox
import Synchronization

/// Measures what the node's containers and the node itself use: processor time between two looks, memory at the second.
///
/// Looks each 15 seconds of the host's time, whatever the cluster's clock does: processors work in real time. Costs one pass over the
/// host's processes.
final class UsageMeter: UsageSource {
    static let period: Duration = .seconds(15)

    private struct Measured {
        var samples: [String: UsageSample] = [:]
        var pods: [View<PodMetrics>] = []
        var node: UsageSample?
        var nodes: [View<NodeMetrics>] = []
    }

    private let nodeName: String
    private let clock: ClusterClock
    private let state = Mutex(Measured())

    init(nodeName: String, clock: ClusterClock) {
        self.nodeName = nodeName
        self.clock = clock
    }

    func podMetrics() -> [View<PodMetrics>] { state.withLock { $0.pods } }
    func nodeMetrics() -> [View<NodeMetrics>] { state.withLock { $0.nodes } }

    /// - Parameter workers: those that look after the node's pods now.
    func run(_ workers: @Sendable () -> [PodWorker]) async {
        var pause: Duration = .seconds(1)
        while !Task.isCancelled {
            await measure(workers())
            try? await Task.sleep(for: pause)
            // The second look comes soon, so that there is an answer soon.
            pause = Self.period
        }
    }

    private func measure(_ workers: [PodWorker]) async {
        var leaders: [(pod: ObjectKey, containers: [(name: String, id: String, leader: Int32)])] = []
        for worker in workers { leaders.append((worker.key, await worker.leaders())) }
        let sessions: Set<Int32> = Set(leaders.flatMap { $0.containers.map(\.leader) })
        let (usage, host): ([Int32: ProcessUsage], HostUsage?) = await BlockingThread.run {
            (sessions.isEmpty ? [:] : ProcessUsage.bySession(sessions), HostUsage())
        }
        let now: ContinuousClock.Instant = .now
        let time: Time = clock.time
        state.withLock { state in
            var samples: [String: UsageSample] = [:]
            var pods: [View<PodMetrics>] = []
            for (pod, containers) in leaders where !containers.isEmpty {
                var window: Duration = .zero
                var measured: [View<ContainerMetrics>] = []
                for (name, id, leader) in containers {
                    guard let used = usage[leader] else { continue }
                    let sample = UsageSample(cpu: used.cpu, memory: used.memory, at: now)
                    let place: String = "\(pod)/\(id)/\(leader)"
                    samples[place] = sample
                    guard let before = state.samples[place], let rate = sample.rate(since: before) else { continue }
                    window = max(window, before.at.duration(to: now))
                    measured.append(
                        View {
                            $0.name = name
                            $0.usage = Self.usage(rate, sample.memory)
                        })
                }
                // A pod is shown when all that runs of it was measured, as others would take it for idle.
                guard measured.count == containers.count else { continue }
                pods.append(
                    PodMetrics.new(pod.name, namespace: pod.namespace) {
                        $0.timestamp = time
                        $0.window = Self.text(window)
                        $0.containers = measured
                    })
            }
            state.samples = samples
            state.pods = pods
            guard let host else { return }
            let sample = UsageSample(cpu: host.cpu, memory: host.memory, at: now)
            if let before = state.node, let rate = sample.rate(since: before) {
                state.nodes = [
                    NodeMetrics.new(nodeName) {
                        $0.timestamp = time
                        $0.window = Self.text(before.at.duration(to: now))
                        $0.usage = Self.usage(rate, sample.memory)
                    }
                ]
            }
            state.node = sample
        }
    }

    private static func usage(_ cpu: Quantity, _ memory: Int64) -> [String: Quantity] {
        ["cpu": cpu, "memory": Quantity(memory / 1024 * 1024, .binarySI)]
    }

    private static func text(_ duration: Duration) -> String { GoDuration.text(.milliseconds(duration.nanoseconds / 1_000_000)) }
}
