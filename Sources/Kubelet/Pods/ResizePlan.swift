import API
import Machinery

/// What must happen so that a pod gets the resources that it asks for while it runs. Pure.
///
/// First the node sets them aside (or says why not), then each running container gets them: by its control group, or by a restart where
/// its policy says so. Source: pkg/kubelet/allocation/allocation_manager.go.
struct ResizePlan {
    /// Why the node does not set aside what is asked for, as the condition PodResizePending has it.
    struct Pending: Equatable, Sendable {
        /// `Infeasible` or `Deferred`.
        let reason: String
        let message: String
    }

    /// By container: what the node sets aside from now on.
    private(set) var allocation: [String: View<ResourceRequirements>]
    /// The allocation is a new one.
    private(set) var isAccepted = false
    private(set) var pending: Pending?
    /// Running containers whose limits are to be changed as they run.
    private(set) var updates: [String] = []
    /// Running containers that are to be started again.
    private(set) var restarts: [String] = []

    /// - Parameters:
    ///   - allocation: what the node has set aside, by container.
    ///   - actual: what running containers are held to, by container.
    ///   - check: says whether the node has room for the pod as it is to be.
    init(
        _ spec: View<PodSpec>, allocation: [String: View<ResourceRequirements>], actual: [String: View<ResourceRequirements>],
        check: () -> Pending?
    ) {
        self.allocation = allocation
        let resizable: [View<Container>] = spec.containers + spec.initContainers.filter(\.isSidecar)
        let isWanted: Bool = resizable.contains { container in
            allocation[container.name].map { !Self.isSame($0, container.resources) } ?? false
        }
        if isWanted {
            pending = check()
            if pending == nil {
                isAccepted = true
                for container in resizable { self.allocation[container.name] = container.resources }
            }
        }
        for container in resizable {
            guard let now = actual[container.name], let wanted = self.allocation[container.name], !Self.isSame(now, wanted) else {
                continue
            }
            if Self.mustRestart(container, from: now, to: wanted) {
                restarts.append(container.name)
            } else {
                updates.append(container.name)
            }
        }
    }

    static func isSame(_ one: View<ResourceRequirements>, _ other: View<ResourceRequirements>) -> Bool {
        one.json == other.json || (one.requests == other.requests && one.limits == other.limits)
    }

    /// Without a policy nothing restarts. Source: the page on resizing of the Kubernetes documentation.
    private static func mustRestart(
        _ container: View<Container>, from now: View<ResourceRequirements>, to wanted: View<ResourceRequirements>
    ) -> Bool {
        container.resizePolicy.contains { policy in
            let name: String = policy.resourceName
            return policy.restartPolicy == "RestartContainer"
                && (now.requests[name] != wanted.requests[name] || now.limits[name] != wanted.limits[name])
        }
    }
}
