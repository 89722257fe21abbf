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
    let services: Informer<Service>
    let watch: FileWatch
    let images: NodeImages
    /// What the node gives to pods.
    let allocatable: [String: Quantity]

    /// The node's address. Pods share the node's loopback, so this reaches the API server and pods of the host's network.
    static let hostIP = "127.0.0.1"

    /// A moment of the host's clock, by which sandboxes stamp, as the cluster's clock counts.
    func moment(hostNanoseconds: Int64) -> ClusterClock.Instant {
        clock.now.advanced(by: .nanoseconds(hostNanoseconds - Host.now))
    }
}
