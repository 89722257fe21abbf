import API
package import Machinery
import Network
import Sandbox

/// The conditions of a node. Reasons and messages are those of pkg/kubelet/nodestatus/setters.go.
struct NodeConditions {
    let old: View<Node>
    let now: Time
    let pressure: NodePressure
    let network: ClusterNetwork
    /// Why no pod can run on this host.
    var isolationProblem: SandboxError?
    /// Why limits are not enforced.
    let limits: String?
    /// How many processes a pod may have.
    let processes: Int64

    var all: [View<NodeCondition>] {
        [
            pressure.isShortOfMemory
                ? condition("MemoryPressure", true, "KubeletHasInsufficientMemory", "kubelet has insufficient memory available")
                : condition("MemoryPressure", false, "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
            pressure.isShortOfDisk
                ? condition("DiskPressure", true, "KubeletHasDiskPressure", "kubelet has disk pressure")
                : condition("DiskPressure", false, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            pressure.isShortOfProcesses
                ? condition("PIDPressure", true, "KubeletHasInsufficientPID", "kubelet has insufficient PID available")
                : condition("PIDPressure", false, "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            limits.map {
                condition(
                    "ResourceLimitsEnforced", false, "ProcessLimitsOnly",
                    "each process is held to its container's memory limit by itself, a pod \(Host.isRoot ? "with users of its own " : "")"
                        + "to \(processes) processes, and the processors are shared by priority: \($0)")
            }
                ?? condition("ResourceLimitsEnforced", true, "ControlGroups", "the kernel holds containers to their limits"),
            podNetworks,
            ready,
        ]
    }

    private var ready: View<NodeCondition> {
        guard let isolationProblem else { return condition("Ready", true, "KubeletReady", "kubelet is posting ready status") }
        return condition(
            "Ready", false, Self.notReady,
            "container runtime is not ready: the host lets no pod run (\(isolationProblem)); \(Host.isolationRemedy)")
    }

    fileprivate static let notReady = "KubeletNotReady"

    /// Whether pods are as separate as pods are elsewhere.
    private var podNetworks: View<NodeCondition> {
        if let problem = network.problem {
            return condition(
                "PodNetworks", false, "NotSupported",
                "pods share the node's network, and services are not routed: the host gives no network of their own (\(problem)); "
                    + "swkube doctor says how to change that")
        }
        guard PacketFilter.program != nil else {
            return condition(
                "PodNetworks", false, "ServicesNotRouted",
                "each pod has a network of its own, but services are not routed: the program nft is missing; install nftables")
        }
        return condition("PodNetworks", true, "PodNetworksReady", "each pod has a network of its own, and services are routed")
    }

    private func condition(_ type: String, _ isTrue: Bool, _ reason: String, _ message: String) -> View<NodeCondition> {
        Self.condition(old, type, isTrue, reason, message, now)
    }

    /// A condition as it is now; the time of its last change stays when the status does.
    static func condition(
        _ old: View<Node>, _ type: String, _ isTrue: Bool, _ reason: String, _ message: String, _ now: Time
    ) -> View<NodeCondition> {
        let status: String = isTrue ? "True" : "False"
        let before: View<NodeCondition>? = old.condition(type)
        let since: Time = before?.status == status ? before?.lastTransitionTime ?? now : now
        return View<NodeCondition> {
            $0.type = type
            $0.status = status
            $0.lastHeartbeatTime = now
            $0.lastTransitionTime = since
            $0.reason = reason
            $0.message = message
        }
    }
}

extension View<Node> {
    /// Why the node cannot be Ready on this host, as its kubelet says; nil where it does not say so.
    package var refusal: String? {
        guard let ready = condition("Ready"), ready.reason == NodeConditions.notReady else { return nil }
        return ready.message
    }
}
