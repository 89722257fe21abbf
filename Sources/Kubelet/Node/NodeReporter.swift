import API
import Client
import Logging
import Machinery
import Network
import Sandbox

/// Keeps the Node object and its Lease: registers at the start, says every ten seconds that it lives, every five minutes how it is.
///
/// Source: pkg/kubelet/kubelet_node_status.go and pkg/kubelet/nodestatus.
struct NodeReporter: Sendable {
    let configuration: Kubelet.Configuration
    let client: Client
    let clock: ClusterClock
    let log: Logger

    static let version = "v1.36.0"
    static let maxPods: Int64 = 110
    /// Names for the one way of running pods: none, its own, and the one that most clusters have for theirs.
    static let runtimeHandlers = ["", "swkube", "runc"]

    /// Makes the node known and Ready. Tries until it succeeds; nil when the task is cancelled first.
    func register() async -> View<Node>? {
        var delay: Duration = .milliseconds(100)
        while !Task.isCancelled {
            do {
                return try await registerOnce()
            } catch {
                log.warning("registering the node failed", metadata: ["node": "\(configuration.nodeName)", "error": "\(error)"])
            }
            try? await clock.sleep(for: delay)
            delay = min(delay * 2, .seconds(7))
        }
        return nil
    }

    private func registerOnce() async throws -> View<Node> {
        let key = ObjectKey(namespace: "", name: configuration.nodeName)
        var wanted: View<Node> = Node.new(configuration.nodeName) {
            $0.metadata.labels = labels
            $0.metadata.annotations = ["volumes.kubernetes.io/controller-managed-attach-detach": "true"]
            $0.spec.podCIDRs = configuration.addressRanges.map(\.description)
            $0.spec.podCIDR = $0.spec.podCIDRs[0]
        }
        guard let known = try await client.find(Node.self, key) else {
            let node: View<Node> = try await client.create(wanted)
            return try await write(status(of: node), of: node)
        }
        // A patch, as controllers write to the node meanwhile.
        if !known.spec.podCIDR.isEmpty { wanted.json["spec"] = nil }
        let node: View<Node> = try await client.patch(Node.self, key, wanted.json)
        return try await write(status(of: node), of: node)
    }

    private var labels: [String: String] {
        [
            "kubernetes.io/hostname": configuration.nodeName, "kubernetes.io/os": "linux", "kubernetes.io/arch": Host.architecture,
            "beta.kubernetes.io/os": "linux", "beta.kubernetes.io/arch": Host.architecture,
        ]
    }

    // MARK: - Heartbeat

    /// Renews the lease and the status until the task is cancelled.
    func run(_ images: NodeImages) async {
        await withDiscardingTaskGroup { group in
            group.addTask { await every(.seconds(10)) { try await renewLease() } }
            group.addTask {
                try? await clock.sleep(for: .seconds(10))
                await every(.seconds(10)) { try await refreshStatus(images) }
            }
        }
    }

    private func every(_ period: Duration, _ work: () async throws -> Void) async {
        while !Task.isCancelled {
            do {
                try await work()
            } catch {
                log.warning("a heartbeat of the node failed", metadata: ["node": "\(configuration.nodeName)", "error": "\(error)"])
            }
            try? await clock.sleep(for: period)
        }
    }

    private func renewLease() async throws {
        try await NodeLease(nodeName: configuration.nodeName, client: client).renew(at: clock.microTime)
    }

    /// Writes the status when it changed, and each five minutes.
    private func refreshStatus(_ images: NodeImages) async throws {
        let key = ObjectKey(namespace: "", name: configuration.nodeName)
        guard let node = try await client.find(Node.self, key) else {
            _ = await register()
            return
        }
        let old: View<NodeStatus> = node.status
        var new: View<NodeStatus> = status(of: node)
        new.images = try images.largest
        func shape(_ status: View<NodeStatus>) -> JSON {
            var json: JSON = status.json
            json["conditions"] = .array(
                (json["conditions"]?.array ?? []).map { condition in
                    var condition: JSON = condition
                    condition["lastHeartbeatTime"] = nil
                    return condition
                })
            return json
        }
        let heartbeat: Time = node.condition("Ready")?.lastHeartbeatTime ?? .epoch
        if shape(old) != shape(new) || clock.time - heartbeat >= .seconds(300) { _ = try await write(new, of: node) }
    }

    private func write(_ status: View<NodeStatus>, of node: View<Node>) async throws -> View<Node> {
        var json: JSON = status.json
        // Addresses are merged by their types, of which a node may have one twice. Source: `fixupPatchForNodeStatusAddresses` of
        // k8s.io/component-helpers.
        json["addresses"] = .array((json["addresses"]?.array ?? []) + [["$patch": "replace"]])
        let patch: JSON = ["status": json]
        return try await client.patch(Node.self, node.key, patch, subresource: "status")
    }

    // MARK: - Status

    /// What pods may use of the node: all of the machine, as nothing is set aside for the system, or what its mark says.
    func allocatable(of node: View<Node>) -> [String: Quantity] {
        let disk: Int64 = (try? DiskSpace(at: configuration.stateFolder))?.capacity ?? 0
        let machine: [String: Quantity] = [
            "cpu": Quantity(Int64(Host.processors)), "memory": Quantity(Host.memory / 1024 * 1024, .binarySI),
            "ephemeral-storage": Quantity(disk / 1024 * 1024, .binarySI), "pods": Quantity(Self.maxPods),
        ]
        return machine.merging(node.wantedCapacity) { _, wanted in wanted }
    }

    private func status(of node: View<Node>) -> View<NodeStatus> {
        var status: View<NodeStatus> = node.status
        // Amounts of other resources are somebody else's to say: pods may have all of them.
        let allocatable: [String: Quantity] = allocatable(of: node).merging(node.extendedCapacity) { own, _ in own }
        status.capacity = allocatable
        status.allocatable = allocatable
        let addresses: [(String, String)] = configuration.hostIPs.map { ("InternalIP", $0) } + [("Hostname", configuration.nodeName)]
        status.addresses = addresses.map { type, address in
            View<NodeAddress> {
                $0.type = type
                $0.address = address
            }
        }
        status.nodeInfo = View<NodeSystemInfo> {
            $0.machineID = Host.machineID
            $0.systemUUID = Host.machineID
            $0.bootID = Host.bootID
            $0.kernelVersion = Host.kernelVersion
            $0.osImage = Host.operatingSystemImage
            $0.containerRuntimeVersion = "swkube://0.1.0"
            $0.kubeletVersion = Self.version
            $0.kubeProxyVersion = ""
            $0.operatingSystem = "linux"
            $0.architecture = Host.architecture
        }
        status.features = View<NodeFeatures> { $0.supplementalGroupsPolicy = true }
        status.runtimeHandlers = Self.runtimeHandlers.map { name in
            View<NodeRuntimeHandler> {
                $0.name = name
                $0.features = View<NodeRuntimeHandlerFeatures> {
                    $0.recursiveReadOnlyMounts = true
                    $0.userNamespaces = true
                }
            }
        }
        let conditions: NodeConditions = NodeConditions(
            old: node, now: clock.time, pressure: configuration.currentPressure, network: configuration.network,
            isolationProblem: configuration.network.problem == nil ? nil : Host.isolationProblem,
            limits: configuration.controlGroups.problem, processes: configuration.podPidsLimit)
        status.conditions = conditions.all
        return status
    }
}
