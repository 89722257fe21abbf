import API
package import APIServer
package import Client
package import Kubelet
import Machinery
import Synchronization

/// `metrics.k8s.io`: what the nodes of this process measured, under the labels of their pods and nodes. The nodes need the server to exist
/// first, so they are set later.
package final class ClusterUsage: Sendable {
    private struct Sources {
        var usage: [any UsageSource] = []
        var pods: Informer<Pod>?
        var nodes: Informer<Node>?
    }

    private let sources = Mutex(Sources())

    package init() {}

    package func set(_ usage: [any UsageSource], informers: Informers) {
        let new = Sources(usage: usage, pods: informers.informer(), nodes: informers.informer())
        sources.withLock { $0 = new }
    }

    package var podMetrics: any FoundObjects {
        Found(names: PodMetrics.names) { [self] in
            let sources: Sources = sources.withLock { $0 }
            return sources.usage.flatMap { $0.podMetrics() }.compactMap { metrics in
                guard let pod = sources.pods?.get(metrics.key), !pod.isFinished else { return nil }
                return Self.labelled(metrics, pod.metadata).json
            }
        }
    }

    package var nodeMetrics: any FoundObjects {
        Found(names: NodeMetrics.names) { [self] in
            let sources: Sources = sources.withLock { $0 }
            return sources.usage.flatMap { $0.nodeMetrics() }.compactMap { metrics in
                sources.nodes?.get(metrics.key).map { Self.labelled(metrics, $0.metadata).json }
            }
        }
    }

    private static func labelled<K: Kind>(_ metrics: View<K>, _ metadata: View<ObjectMeta>) -> View<K> {
        var metrics: View<K> = metrics
        let labels: [String: String] = metadata.labels
        if !labels.isEmpty { metrics.metadata.labels = labels }
        metrics.metadata.creationTimestamp = metadata.creationTimestamp
        return metrics
    }

    private struct Found: FoundObjects {
        let names: KindNames
        let make: @Sendable () -> [JSON]

        func objects() -> [JSON] { make() }
    }
}
