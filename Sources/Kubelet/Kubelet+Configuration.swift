package import API
package import Images
package import Machinery
import Network
package import Sandbox

extension Kubelet {
    /// An address and a port.
    package struct Endpoint: Sendable, Equatable {
        package var address: String
        package var port: Int

        package init(address: String, port: Int) {
            self.address = address
            self.port = port
        }
    }

    /// The process that a kubelet is part of, to be shown as a pod of its node.
    package struct ControlPlane: Sendable {
        /// File into which it writes about itself; nil for none.
        package let logPath: String?
        package let began: Time
        /// Tells this run of the process from others, which may have begun in the same second.
        let run: String = "swkube://" + Digest(of: Array(RandomUUID.text().utf8)).hex

        package init(logPath: String?, began: Time) {
            self.logPath = logPath
            self.began = began
        }
    }

    package struct Configuration: Sendable {
        package var nodeName: String
        /// Folder of container logs, `<namespace>_<pod>_<uid>/<container>/<n>.log`.
        package var podLogsFolder: String
        /// Bytes after which a container's log is moved aside, and how many files of it are kept.
        ///
        /// Source: containerLogMaxSize and containerLogMaxFiles of the kubelet's configuration.
        package var logMaxSize = 10 << 20
        package var logMaxFiles = 5
        /// How often logs are looked at. Source: containerLogMonitorInterval.
        package var logInterval: Duration = .seconds(10)
        /// Folder of sandboxes and volumes of the pods that run.
        package var stateFolder: String
        /// Folder of the images that this node holds.
        package var imagesFolder: String
        /// Folder with profiles of system calls, which pods name as `localhostProfile`.
        package var seccompFolder: String
        /// Manifests of images that are in use; of several nodes with one folder those of all. nil: this node's alone.
        package var imagesInUse: (@Sendable () -> Set<Digest>)?
        /// Gets a pod with the addresses that it will have; what guards the network is in force when it returns.
        package var admit: (@Sendable (View<Pod>, [String]) async -> Void)?
        /// From which registries the node fetches images by itself.
        package var registries = Registries.any
        /// The program that becomes the parent of a pod.
        package var executable: String
        /// Paths of the host that no container sees.
        package var maskedPaths: [String]
        /// Folder of manifests of static pods; nil for none.
        package var manifestsFolder: String?
        /// Address on this machine that gives static pods; nil for none. See ``StaticPodAddress``.
        package var manifestAddress: String?
        /// What this node shows as its control plane; nil for nothing.
        package var controlPlane: ControlPlane?
        /// Where containers find the API server.
        package var api: Endpoint
        /// What holds containers to their limits.
        package var controlGroups: ControlGroups
        /// Processes that all containers of a pod may have at once: more than a program needs, and a bound for one that multiplies without
        /// end; a nearer one where nothing else holds that one back. Source: podPidsLimit of the kubelet's configuration.
        package var podPidsLimit: Int64
        /// What pods are bound to.
        package var network: ClusterNetwork
        /// What the node has left; nil looks at the host.
        package var pressure: (@Sendable () -> NodePressure)?
        /// The node's addresses for pods, when they have a network of their own: a range for each family, the main one first.
        package var podCIDRs: [String]
        /// The cluster's name server, for pods that are in its network; nil where there is none.
        package var nameServer: String?

        package init(
            nodeName: String, podLogsFolder: String, stateFolder: String, imagesFolder: String, executable: String, maskedPaths: [String],
            api: Endpoint, network: ClusterNetwork, controlGroups: ControlGroups,
            podCIDRs: [String] = ["10.244.0.0/24"],
            nameServer: String? = nil
        ) {
            self.nodeName = nodeName
            self.podLogsFolder = podLogsFolder
            self.stateFolder = stateFolder
            self.imagesFolder = imagesFolder
            seccompFolder = stateFolder + "/seccomp"
            self.executable = executable
            self.maskedPaths = maskedPaths
            self.api = api
            self.network = network
            self.controlGroups = controlGroups
            podPidsLimit = controlGroups.isComplete ? 4096 : Crowd.most
            self.podCIDRs = podCIDRs
            self.nameServer = nameServer
        }

        /// The node's addresses as pods reach it: the first of each range, or the host's loopback where pods share that.
        var hostIPs: [String] {
            network.isOwn ? addressRanges.map { $0.first.advanced(by: 1).description } : [NodeContext.loopback]
        }

        var currentPressure: NodePressure { pressure?() ?? NodePressure.now(folder: stateFolder) }

        /// Where the addresses of pods come from.
        var addressRanges: [CIDR] {
            let ranges: [CIDR] = network.isOwn ? podCIDRs.compactMap { CIDR($0) } : []
            return ranges.isEmpty ? [PodAddresses.range(for: stateFolder)] : ranges
        }
    }
}
