import API
import Client
import Logging
import Machinery
import Sandbox

/// Ends pods, one at a time, while the node runs short of memory, disk or process numbers. Of the disk it first frees what unused images
/// take. Source: the page on node-pressure eviction of the Kubernetes documentation.
struct Evictor: Sendable {
    let pressure: @Sendable () -> NodePressure
    let workers: @Sendable () -> [PodWorker]
    let usage: @Sendable () async -> [PodUsage]
    let images: ImageCollector
    let clock: ClusterClock
    let log: Logger
    let measures: KubeletMeasures

    /// Source: evictionMonitoringPeriod of pkg/kubelet.
    private static let period: Duration = .seconds(10)

    /// Looks every ten seconds until the task is cancelled.
    func run() async {
        while (try? await clock.sleep(for: Self.period)) != nil {
            var now: NodePressure = await measured()
            if now.isShortOfDisk {
                await images.makeRoom { [pressure] in !pressure().isShortOfDisk }
                now = await measured()
            }
            if now.isShortOfMemory {
                await evict(
                    EvictionPlan(
                        resource: "memory", threshold: Quantity(NodePressure.memoryThreshold, .binarySI),
                        available: Quantity(now.memoryAvailable / 1024 * 1024, .binarySI)), by: { await used(\.workingSetBytes) })
            } else if now.isShortOfDisk {
                let isBytes: Bool = now.isShortOfBytes
                await evict(
                    EvictionPlan(
                        resource: "ephemeral-storage",
                        threshold: isBytes ? Quantity(now.diskThreshold, .binarySI) : Quantity((now.disk?.inodes ?? 0) / 20),
                        available: isBytes
                            ? Quantity((now.disk?.available ?? 0) / 1024 * 1024, .binarySI) : Quantity(now.disk?.availableInodes ?? 0)),
                    by: disk)
            } else if now.isShortOfProcesses {
                await evict(
                    EvictionPlan(
                        resource: "pids", threshold: Quantity(now.processThreshold), available: Quantity(max(0, now.processesAvailable))),
                    by: { await used(\.processes) })
            }
        }
    }

    private func measured() async -> NodePressure { await BlockingThread.run { [pressure] in pressure() } }

    private func evict(_ plan: EvictionPlan, by measure: () async -> [(PodWorker, EvictionPlan.Candidate)]) async {
        let candidates: [(PodWorker, EvictionPlan.Candidate)] = await measure()
        guard let victim = plan.victim(candidates.map { $0.1 }),
            let worker = candidates.first(where: { $0.0.uid == victim.pod.metadata.uid })?.0
        else { return log.warning("the node runs short and no pod may be evicted", metadata: ["resource": "\(plan.resource)"]) }
        log.warning("evicting a pod", metadata: ["pod": "\(victim.pod.key)", "resource": "\(plan.resource)"])
        measures.evicted(for: plan.resource)
        await worker.evict(plan.message(for: victim))
    }

    private func used(_ amount: (ContainerUsage) -> Int64) async -> [(PodWorker, EvictionPlan.Candidate)] {
        let used: [String: PodUsage] = Dictionary(await usage().map { ($0.uid, $0) }) { first, _ in first }
        var all: [(PodWorker, EvictionPlan.Candidate)] = []
        for worker in workers() {
            guard let pod = await worker.evictable else { continue }
            let containers: [ContainerUsage] = used[worker.uid]?.containers ?? []
            all.append(
                (worker, .init(pod: pod, usage: Dictionary(containers.map { ($0.name, amount($0)) }) { first, _ in first })))
        }
        return all
    }

    private func disk() async -> [(PodWorker, EvictionPlan.Candidate)] {
        var all: [(PodWorker, EvictionPlan.Candidate)] = []
        for worker in workers() {
            guard let pod = await worker.evictable else { continue }
            let folders: PodFolders = worker.folders
            let usage: [String: Int64] = await BlockingThread.run { StorageLimits.usage(pod, folders) }
            all.append((worker, .init(pod: pod, usage: usage)))
        }
        return all
    }
}

extension PodWorker {
    /// The pod, while it could be evicted.
    var evictable: View<Pod>? { ending == nil && !pod.isFinished && !isDone && sandbox != nil ? pod : nil }

    /// Ends the pod for the node's sake. Source: `evictPod` of pkg/kubelet/eviction.
    func evict(_ message: String) {
        guard evictable != nil else { return }
        node.events.record(pod, .warning, reason: "Evicted", message)
        end(grace: 1, failure: .init(reason: "Evicted", message: message))
        poke()
    }
}
