package import API
package import Machinery
import Sandbox

/// What a simulated node says of itself.
package enum SimulatedStatus {
    /// What a node has whose mark names no capacity.
    private static let capacity: [String: Quantity] = [
        "cpu": Quantity(8), "memory": Quantity(32 << 30, .binarySI), "ephemeral-storage": Quantity(256 << 30, .binarySI),
        "pods": Quantity(110),
    ]

    /// A node to be made, which is Ready from the start.
    package static func node(
        _ name: String, cpu: Quantity, memory: Quantity, pods: Int, labels: [String: String], taints: [View<Taint>], now: Time
    ) -> View<Node> {
        var node: View<Node> = Node.new(name) {
            $0.metadata.labels = Self.labels(name).merging(labels) { $1 }
            $0.metadata.annotations = [NodeMarks.capacity: "cpu=\(cpu),memory=\(memory),pods=\(pods)"]
            if !taints.isEmpty { $0.spec.taints = taints }
        }
        node.status = make(node, now: now)
        return node
    }

    /// Whether there is something for the node to say.
    static func lacksSomething(_ node: View<Node>) -> Bool { isOutdated(node) || !missingLabels(node).isEmpty }

    static func missingLabels(_ node: View<Node>) -> [String: String] {
        let present: [String: String] = node.metadata.labels
        return labels(node.name).filter { present[$0.key] == nil }
    }

    /// Whether its status does not say that it is well, or gives away less than was put into its capacity.
    static func isOutdated(_ node: View<Node>) -> Bool {
        let allocatable: [String: Quantity] = node.status.allocatable
        return !node.isReady || node.extendedCapacity.contains { allocatable[$0.key] != $0.value }
    }

    private static func labels(_ name: String) -> [String: String] {
        [
            "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": Host.architecture,
            NodeMarks.kind: NodeMarks.Kind.simulated.rawValue,
        ]
    }

    static func make(_ node: View<Node>, now: Time) -> View<NodeStatus> {
        let capacity: [String: Quantity] = capacity.merging(node.wantedCapacity) { _, wanted in wanted }
            .merging(node.extendedCapacity) { own, _ in own }
        return View<NodeStatus> {
            $0.capacity = capacity
            $0.allocatable = capacity
            $0.addresses = [
                View<NodeAddress> {
                    $0.type = "InternalIP"
                    $0.address = NodeContext.loopback
                },
                View<NodeAddress> {
                    $0.type = "Hostname"
                    $0.address = node.name
                },
            ]
            $0.nodeInfo = View<NodeSystemInfo> {
                $0.machineID = node.metadata.uid
                $0.systemUUID = node.metadata.uid
                $0.bootID = node.metadata.uid
                $0.kernelVersion = "simulated"
                $0.osImage = "simulated"
                $0.containerRuntimeVersion = "simulated://"
                $0.kubeletVersion = NodeReporter.version
                $0.kubeProxyVersion = ""
                $0.operatingSystem = "linux"
                $0.architecture = Host.architecture
            }
            $0.conditions = [
                ("MemoryPressure", false, "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
                ("DiskPressure", false, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
                ("PIDPressure", false, "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
                ("Ready", true, "KubeletReady", "kubelet is posting ready status"),
            ].map { NodeConditions.condition(node, $0.0, $0.1, $0.2, $0.3, now) }
        }
    }
}
