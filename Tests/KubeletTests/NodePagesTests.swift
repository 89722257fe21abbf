import API
import Machinery
import Sandbox
import Testing

@testable import Kubelet

/// What a node tells those who collect metrics.
struct NodePagesTests {
    /// Two pods that have the same claim mounted.
    private var pages: NodePages {
        let disk = DiskSpace(capacity: 1000, available: 600, inodes: 50, availableInodes: 40)
        let pods: [PodUsage] = ["a", "b"].map {
            PodUsage(key: ObjectKey(namespace: "shop", name: $0), uid: $0, startedAt: nil, containers: [])
        }
        var pages = NodePages(
            nodeName: "local", pods: pods, rates: [:], details: [:], interfaces: [:], host: nil, hostRate: nil, disk: nil, began: .epoch,
            now: .epoch)
        for pod in pods { pages.volumes[pod.uid] = [VolumeUsage(name: "data", claim: "orders", disk: disk)] }
        return pages
    }

    @Test func `storage of a claim is told once, by the names of Kubernetes`() throws {
        let samples = try MetricsReader.samples(pages.nodeMetrics).filter { $0.name.hasPrefix("kubelet_volume_stats_") }
        let facts: [(String, Double)] = [
            ("available_bytes", 600), ("capacity_bytes", 1000), ("inodes", 50), ("inodes_free", 40), ("inodes_used", 10),
            ("used_bytes", 400),
        ]
        #expect(samples.map(\.name) == facts.map { "kubelet_volume_stats_" + $0.0 })
        #expect(samples.map(\.value) == facts.map(\.1))
        #expect(samples.allSatisfy { $0.labels == ["namespace": "shop", "persistentvolumeclaim": "orders"] })
    }

    @Test func `the summary tells it with each pod`() {
        let volume: JSON? = pages.summary["pods"]?.array?.last?["volume"]?.array?.first
        #expect(volume?["name"]?.string == "data" && volume?["usedBytes"]?.int == 400 && volume?["inodesFree"]?.int == 40)
        #expect(volume?["pvcRef"] == ["name": "orders", "namespace": "shop"])
    }
}
