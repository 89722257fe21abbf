package import API
package import Machinery
import Sandbox
import Synchronization

extension Kubelet: UsageSource {
    /// What all pods' running containers have used, as of now.
    package func usage() async -> [PodUsage] { await meter.read(workers) }

    /// The same and what the node has, for those who collect metrics.
    func pages() async -> NodePages {
        let pods: [PodUsage] = await usage()
        var rates: [String: Quantity] = [:]
        for pod in pods {
            for container in pod.containers { rates["\(pod.uid)/\(container.name)"] = meter.rate(of: container, in: pod) }
        }
        var leaders: [String: Int32] = [:]
        for worker in workers {
            guard await !worker.pod.spec.hostNetwork else { continue }
            leaders[worker.uid] = await worker.leaders().first?.leader
        }
        let interfaces: [String: [InterfaceUsage]] = await BlockingThread.run { [leaders] in
            leaders.mapValues { InterfaceUsage.of(process: $0) }
        }
        let details: [String: ControlGroups.Details] = await BlockingThread.run { [groups = configuration.controlGroups, pods] in
            var details: [String: ControlGroups.Details] = [:]
            guard groups.isComplete else { return details }
            for pod in pods {
                for container in pod.containers {
                    details["\(pod.uid)/\(container.name)"] = groups.details("\(pod.uid)/\(container.run)")
                }
            }
            return details
        }
        var claims: [String: [PodVolumes.Claimed]] = [:]
        for worker in workers { claims[worker.uid] = await worker.volumes.claims }
        let volumes: [String: [VolumeUsage]] = await BlockingThread.run { [claims] in
            claims.mapValues { $0.compactMap { VolumeUsage($0) } }
        }
        let disk: DiskSpace? = await BlockingThread.run { [folder = configuration.stateFolder] in try? DiskSpace(at: folder) }
        return NodePages(
            nodeName: configuration.nodeName, pods: pods, rates: rates, details: details, interfaces: interfaces,
            volumes: volumes, host: await meter.node(pods), hostRate: meter.nodeMetrics().first?.usage["cpu"], disk: disk, began: began,
            now: clock.time)
    }

    package func podMetrics() -> [View<PodMetrics>] { meter.podMetrics() }
    package func nodeMetrics() -> [View<NodeMetrics>] { meter.nodeMetrics() }
}
