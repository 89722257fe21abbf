import API
import Machinery
import Sandbox
import Synchronization

/// Measures what the node's containers and the node itself use: processor time between two looks, memory at the second.
///
/// Looks each 15 seconds of the host's time, whatever the cluster's clock does: processors work in real time. By the kernel's control
/// groups where the host lends them; else by one pass over the host's processes, after which crowds stand back.
final class UsageMeter: UsageSource {
    static let period: Duration = .seconds(15)

    private struct Measured {
        var samples: [String: UsageSample] = [:]
        var rates: [String: Quantity] = [:]
        var pods: [View<PodMetrics>] = []
        var node: UsageSample?
        var nodes: [View<NodeMetrics>] = []
    }

    private let nodeName: String
    private let clock: ClusterClock
    private let groups: ControlGroups
    /// Of the process itself, where it is a pod.
    private let own: @Sendable () -> PodUsage?
    private let state = Mutex(Measured())
    private let share = Mutex<Int64?>(nil)

    init(nodeName: String, groups: ControlGroups, clock: ClusterClock, own: @escaping @Sendable () -> PodUsage?) {
        self.nodeName = nodeName
        self.groups = groups
        self.clock = clock
        self.own = own
    }

    /// The node is no more than a share of its machine, with so much memory in bytes.
    func isShare(ofMemory memory: Int64) { share.withLock { $0 = memory } }

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

    // MARK: - Now

    /// What the pods' running containers have used up to now. A pod whose containers can't all be read says so by `isWhole`.
    func read(_ workers: [PodWorker]) async -> [PodUsage] {
        let own: PodUsage? = await BlockingThread.run { [own] in own() }
        return await measured(workers) + (own.map { [$0] } ?? [])
    }

    private func measured(_ workers: [PodWorker]) async -> [PodUsage] {
        var pods: [PodUsage] = []
        if groups.isComplete {
            for worker in workers { pods.append(await worker.runs()) }
            return await BlockingThread.run { [groups, pods] in
                pods.map { pod in
                    pod.measured { container in
                        groups.usage("\(pod.uid)/\(container.run)").map { ($0.cpu, $0.workingSet, $0.processes) }
                    }
                }
            }
        }
        var leaders: [String: Int32] = [:]
        for worker in workers {
            pods.append(await worker.runs())
            for (id, leader) in await worker.leaders() { leaders["\(worker.uid)/\(id)"] = leader }
        }
        let sessions: Set<Int32> = Set(leaders.values)
        let usage: [Int32: ProcessUsage] = await BlockingThread.run { sessions.isEmpty ? [:] : ProcessUsage.bySession(sessions) }
        let crowds: Set<Int32> = Set(usage.filter { $0.value.threads > Crowd.threshold }.keys)
        if !crowds.isEmpty { await BlockingThread.run { Crowd.standBack(sessions: crowds) } }
        return pods.map { pod in
            pod.measured { container in
                leaders["\(pod.uid)/\(container.run)"].flatMap { usage[$0] }.map { ($0.cpu, $0.memory, Int64($0.processes)) }
            }
        }
    }

    /// What the node has used: all of its machine or, where it is a share of one, its pods' running containers.
    func node(_ pods: [PodUsage]) async -> HostUsage? {
        guard let memory = share.withLock({ $0 }) else { return await BlockingThread.run { HostUsage() } }
        let used: Int64 = pods.reduce(0) { $0 + $1.workingSetBytes }
        return HostUsage(cpu: pods.reduce(0) { $0 + $1.cpuNanoseconds }, memory: used, available: max(0, memory - used))
    }

    /// Processors that a container took between the last two looks; nil before there were two.
    func rate(of container: ContainerUsage, in pod: PodUsage) -> Quantity? { state.withLock { $0.rates["\(pod.uid)/\(container.run)"] } }

    // MARK: - Looks

    private func measure(_ workers: [PodWorker]) async {
        let all: [PodUsage] = await read(workers)
        let host: HostUsage? = await node(all)
        let now: ContinuousClock.Instant = .now
        let time: Time = clock.time
        state.withLock { state in
            var samples: [String: UsageSample] = [:]
            var rates: [String: Quantity] = [:]
            var pods: [View<PodMetrics>] = []
            for pod in all where !pod.containers.isEmpty {
                var window: Duration = .zero
                var measured: [View<ContainerMetrics>] = []
                for container in pod.containers {
                    let sample = UsageSample(cpu: container.cpuNanoseconds, memory: container.workingSetBytes, at: now)
                    let place = "\(pod.uid)/\(container.run)"
                    samples[place] = sample
                    guard let before = state.samples[place], let rate = sample.rate(since: before) else { continue }
                    rates[place] = rate
                    window = max(window, before.at.duration(to: now))
                    measured.append(
                        View {
                            $0.name = container.name
                            $0.usage = Self.usage(rate, sample.memory)
                        })
                }
                // A pod is shown when all that runs of it was measured, as others would take it for idle.
                guard pod.isWhole, measured.count == pod.containers.count else { continue }
                pods.append(
                    PodMetrics.new(pod.key.name, namespace: pod.key.namespace) {
                        $0.timestamp = time
                        $0.window = Self.text(window)
                        $0.containers = measured
                    })
            }
            state.samples = samples
            state.rates = rates
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
