import API
import Client
import Logging
import Machinery
import Network
import Sandbox

/// What the parts of one kubelet share.
struct NodeContext: Sendable {
    let configuration: Kubelet.Configuration
    let client: Client
    let clock: ClusterClock
    let log: Logger
    let events: EventRecorder
    let runtime: SandboxRuntime
    let addresses: PodAddresses
    let pods: Informer<Pod>
    let nodes: Informer<Node>
    /// The node as it was when this kubelet began.
    let registered: View<Node>
    let services: Informer<Service>
    let watch: FileWatch
    let images: NodeImages
    /// What the node gives to pods.
    let allocatable: [String: Quantity]
    let hostPorts: HostPorts
    let probeResults: ProbeResults
    let measures: KubeletMeasures
    /// Ends pods, by uid, for a critical one; returns when nothing of them runs any more.
    let preempt: @Sendable ([String]) async -> Void
    let admitted = AdmittedPods()

    /// The host's address for itself, which pods of the host's network have too.
    static let loopback = "127.0.0.1"

    var network: ClusterNetwork { configuration.network }

    /// Of the node itself.
    var key: ObjectKey { ObjectKey(namespace: "", name: configuration.nodeName) }

    /// The node's pods that have not ended, but for one and for mirrors of static ones.
    func otherPods(than uid: String) -> [View<Pod>] {
        pods.list().filter {
            $0.spec.nodeName == configuration.nodeName && $0.metadata.uid != uid && $0.mirrored != uid && !$0.isFinished
        }
    }

    /// The node's addresses as pods reach it, the main one first.
    var hostIPs: [String] { configuration.hostIPs }

    /// A moment of the host's clock, by which sandboxes stamp, as the cluster's clock counts.
    func moment(hostNanoseconds: Int64) -> ClusterClock.Instant {
        clock.now.advanced(by: .nanoseconds(hostNanoseconds - Host.now))
    }
}
