package import API
package import Machinery

/// What a simulated node says of itself.
package enum SimulatedStatus {
    /// Many nodes share a machine: they renew their leases as seldom as the node controller bears.
    static let heartbeat: Duration = .seconds(30)

    /// A node to be made, which is Ready from the start.
    package static func node(
        _ name: String, cpu: Quantity, memory: Quantity, pods: Int, labels: [String: String], taints: [View<Taint>], now: Time
    ) -> View<Node> {
        var node: View<Node> = Node.new(name) {
            $0.metadata.labels = [
                "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", SimulatedNodes.label: "true",
            ].merging(labels) { $1 }
            if !taints.isEmpty { $0.spec.taints = taints }
            $0.status.capacity = ["cpu": cpu, "memory": memory, "pods": Quantity(Int64(pods))]
            $0.status.allocatable = $0.status.capacity
            $0.status.nodeInfo = View<NodeSystemInfo> {
                $0.kubeletVersion = NodeReporter.version
                $0.containerRuntimeVersion = "simulated://"
                $0.operatingSystem = "linux"
                $0.architecture = "amd64"
                $0.osImage = "simulated"
            }
        }
        node.json[["status", "conditions"]] = conditions(of: node, now: now)
        return node
    }

    static func conditions(of node: View<Node>, now: Time) -> JSON {
        .array(
            [
                ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
                ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
                ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
                ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
            ].map { type, status, reason, message in
                let before: View<NodeCondition>? = node.condition(type)
                let since: Time = before?.status == status ? before?.lastTransitionTime ?? now : now
                return [
                    "type": .string(type), "status": .string(status), "reason": .string(reason), "message": .string(message),
                    "lastHeartbeatTime": now.json, "lastTransitionTime": since.json,
                ]
            })
    }

    static func lease(of node: View<Node>, now: MicroTime) -> View<Lease> {
        Lease.new(node.name, namespace: "kube-node-lease") {
            $0.metadata.ownerReferences = [
                View<OwnerReference> {
                    $0.apiVersion = "v1"
                    $0.kind = "Node"
                    $0.name = node.name
                    $0.uid = node.metadata.uid
                }
            ]
            $0.spec.holderIdentity = node.name
            $0.spec.leaseDurationSeconds = 40
            $0.spec.renewTime = now
        }
    }
}
