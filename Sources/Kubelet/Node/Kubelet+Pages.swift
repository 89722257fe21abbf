import Machinery
import Sandbox

/// What the node serves at paths of its own. Source: pkg/kubelet/server/server.go.
extension Kubelet {
    private static let metrics = "text/plain; version=0.0.4; charset=utf-8"

    /// A page and its type; nil for a path that the node does not have.
    package func page(_ path: String) async -> (type: String, bytes: [UInt8])? {
        switch path {
        case "/healthz", "/healthz/ping", "/healthz/syncloop", "/healthz/log": return ("text/plain; charset=utf-8", Array("ok".utf8))
        case "/configz": return ("application/json", settings.serialized())
        case "/stats/summary": return ("application/json", await pages().summary.serialized())
        case "/metrics": return (Self.metrics, Array(await pages().nodeMetrics.utf8) + measures.text)
        case "/metrics/resource": return (Self.metrics, Array(await pages().resourceMetrics.utf8))
        case "/metrics/cadvisor": return (Self.metrics, Array(await pages().containerMetrics.utf8))
        case "/metrics/probes": return (Self.metrics, probeResults.text)
        case "/pods", "/runningpods/":
            var items: [JSON] = controlPlane.map { [$0.json] } ?? []
            for worker in workers { items.append(await worker.pod.json) }
            let list: JSON = ["kind": "PodList", "apiVersion": "v1", "metadata": [:], "items": .array(items)]
            return ("application/json", list.serialized())
        default:
            guard path == "/logs" || path.hasPrefix("/logs/") else { return nil }
            return await BlockingThread.run { NodeLogPage.make(String(path.dropFirst(5)), root: self.nodeLogs) }
        }
    }

    /// What holds on this node, as others read it of a kubelet. Source: KubeletConfiguration of kubelet.config.k8s.io/v1beta1.
    private var settings: JSON {
        var json: JSON = [
            "clusterDomain": "cluster.local", "maxPods": .int(NodeReporter.maxPods),
            "podCIDR": .string(configuration.podCIDRs.joined(separator: ",")),
            "containerLogMaxSize": .string(Quantity(Int64(configuration.logMaxSize), .binarySI).description),
            "containerLogMaxFiles": .int(Int64(configuration.logMaxFiles)),
            "nodeLeaseDurationSeconds": .int(Int64(NodeLease.durationSeconds)),
            "imageGCHighThresholdPercent": .int(ImageCollector.high), "imageGCLowThresholdPercent": .int(ImageCollector.low),
            "imageMinimumGCAge": "2m0s", "nodeStatusReportFrequency": "5m0s", "failSwapOn": false, "serializeImagePulls": false,
            "evictionHard": [
                "memory.available": .string(Quantity(NodePressure.memoryThreshold, .binarySI).description), "nodefs.available": "10%",
                "nodefs.inodesFree": "5%", "pid.available": "5%",
            ],
        ]
        if let server = configuration.nameServer { json["clusterDNS"] = [.string(server)] }
        if let folder = configuration.manifestsFolder { json["staticPodPath"] = .string(folder) }
        if let address = configuration.manifestAddress { json["staticPodURL"] = .string(address) }
        return ["kubeletconfig": json]
    }
}
