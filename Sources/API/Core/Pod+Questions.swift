package import Machinery

/// What controllers, scheduler, kubelet and printers ask of a pod.
extension View<Pod> {
    /// Neither ended nor asked to end. Source: `IsPodActive` of pkg/controller.
    package var isActive: Bool { !isFinished && !isTerminating }

    /// In phase Succeeded or Failed: no container will run again.
    package var isFinished: Bool {
        let phase: String = self.status.phase
        return phase == "Succeeded" || phase == "Failed"
    }

    package var isReady: Bool { condition("Ready")?.status == "True" }

    /// Ready, and that for as long as `minReadySeconds` asks. Source: `IsPodAvailable` of pkg/api/v1/pod.
    package func isAvailable(minReadySeconds: Int, now: Time) -> Bool {
        guard let ready: View<PodCondition> = condition("Ready"), ready.status == "True" else { return false }
        guard minReadySeconds > 0 else { return true }
        guard let since: Time = ready.lastTransitionTime else { return false }
        return since.seconds + Int64(minReadySeconds) <= now.seconds
    }

    package var isScheduled: Bool { !self.spec.nodeName.isEmpty }

    package func condition(_ type: String) -> View<PodCondition>? {
        self.status.conditions.first { $0.type == type }
    }

    /// Adds or replaces a condition; the time of its last change stays when the status does.
    ///
    /// - Returns: false when everything was like this already.
    @discardableResult
    package mutating func setCondition(
        _ type: String, _ isTrue: Bool, reason: String = "", message: String = "", now: Time
    ) -> Bool {
        let status: String = isTrue ? "True" : "False"
        let old: View<PodCondition>? = condition(type)
        if let old, old.status == status, old.reason == reason, old.message == message { return false }
        let since: Time? = old?.status == status ? old?.lastTransitionTime : now
        let new = View<PodCondition> {
            $0.type = type
            $0.status = status
            $0.lastTransitionTime = since
            if !reason.isEmpty { $0.reason = reason }
            if !message.isEmpty { $0.message = message }
        }
        var conditions: [View<PodCondition>] = self.status.conditions
        if let index: Int = conditions.firstIndex(where: { $0.type == type }) {
            conditions[index] = new
        } else {
            conditions.append(new)
        }
        self.status.conditions = conditions
        return true
    }

    /// What the pod takes of its node.
    package var requests: PodResources { self.spec.requests }

    /// The class that was set at creation, or the one that the spec gives.
    package var qosClass: String {
        let set: String = self.status.qosClass
        return set.isEmpty ? self.spec.qosClass : set
    }

    /// Status of a container of any sort.
    package func containerStatus(_ name: String) -> View<ContainerStatus>? {
        let status: View<PodStatus> = self.status
        return status.containerStatuses.first { $0.name == name }
            ?? status.initContainerStatuses.first { $0.name == name }
            ?? status.ephemeralContainerStatuses.first { $0.name == name }
    }

    /// Number of a port of the first container that has it; a name is looked up. Source: `FindPort` of pkg/api/v1/pod.
    package func port(_ port: IntOrString, protocol kind: String) -> Int? {
        switch port {
        case .int(let number): return number
        case .string(let name):
            let sidecars: [View<Container>] = self.spec.initContainers.filter { $0.isSidecar }
            for container in self.spec.containers + sidecars {
                for candidate in container.ports where candidate.name == name && candidate.protocol == kind {
                    return candidate.containerPort
                }
            }
            return nil
        }
    }
}

/// What controllers, scheduler and printers ask of a node.
extension View<Node> {
    package func condition(_ type: String) -> View<NodeCondition>? {
        self.status.conditions.first { $0.type == type }
    }

    package var isReady: Bool { condition("Ready")?.status == "True" }

    /// First address of a type, such as `InternalIP`.
    package func address(_ type: String) -> String? {
        self.status.addresses.first { $0.type == type }?.address
    }
}
