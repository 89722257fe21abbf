import API
import Machinery

/// Makes the status of a pod from what the kubelet knows. Pure. Source: pkg/kubelet/kubelet_pods.go and pkg/kubelet/status.
struct PodStatusMaker {
    /// Why a pod failed as a whole, whatever its containers did: `DeadlineExceeded` and the like.
    struct Failure: Sendable, Equatable {
        let reason: String
        let message: String
        /// The node never took the pod, so nothing is known of its containers.
        var isRefusal = false
    }

    let pod: View<Pod>
    let records: [String: ContainerRecord]
    let backingOff: Set<String>
    let podIP: String
    let hostIP: String
    let hasSandbox: Bool
    let startTime: Time
    let failure: Failure?
    /// Everything was stopped because the pod is to go.
    let isShutDown: Bool
    /// What mounted images are called, by volume.
    var imageVolumes: [String: String] = [:]
    /// What the node has set aside, by container.
    var allocation: [String: View<ResourceRequirements>] = [:]
    var resizing = PodWorker.Resizing()
    let now: Time

    func make() -> View<PodStatus> {
        var status = View<PodStatus>()
        let phase: String = phase
        status.observedGeneration = pod.metadata.generation
        status.phase = phase
        if let failure {
            status.reason = failure.reason
            status.message = failure.message
        }
        if failure?.isRefusal == true {
            status.startTime = startTime
            status.qosClass = pod.qosClass
            return status
        }
        status.conditions = conditions(phase)
        status.hostIP = hostIP
        status.hostIPs = [View<HostIP> { $0.ip = hostIP }]
        if !podIP.isEmpty {
            status.podIP = podIP
            status.podIPs = [View<PodIP> { $0.ip = podIP }]
        }
        status.startTime = startTime
        let inits: [View<Container>] = pod.spec.initContainers
        if !inits.isEmpty { status.initContainerStatuses = inits.map { containerStatus($0) } }
        status.containerStatuses = pod.spec.containers.map { containerStatus($0) }
        let ephemeral: [View<EphemeralContainer>] = pod.spec.ephemeralContainers
        if !ephemeral.isEmpty { status.ephemeralContainerStatuses = ephemeral.map { containerStatus($0.asContainer) } }
        status.qosClass = pod.qosClass
        return status
    }

    // MARK: - Phase

    /// Source: `getPhase` of pkg/kubelet/kubelet_pods.go.
    private var phase: String {
        if failure != nil { return "Failed" }
        let old: String = pod.status.phase
        if old == "Succeeded" || old == "Failed" { return old }
        let spec: View<PodSpec> = pod.spec
        var pendingInit = false
        for container in spec.initContainers {
            guard let record = records[container.name] else { continue }
            if container.isSidecar {
                if !record.isStarted, record.end == nil { pendingInit = true }
            } else if let end = record.end, end.exitCode != 0 {
                if !PodPlan.mustRestart(container, end, spec) { return "Failed" }
                pendingInit = true
            } else if record.end == nil {
                pendingInit = true
            }
        }
        let mains: [ContainerRecord] = spec.containers.compactMap { records[$0.name] }
        let ended: [ContainerRecord.End] = mains.compactMap(\.end)
        if isShutDown, mains.allSatisfy({ !$0.isRunning }) {
            return ended.count == mains.count && ended.allSatisfy { $0.exitCode == 0 } ? "Succeeded" : "Failed"
        }
        let haveRun: Bool = mains.contains { !$0.isWaiting }
        if pendingInit, !haveRun { return "Pending" }
        let sidecarRuns: Bool = spec.initContainers.contains { $0.isSidecar && records[$0.name]?.isRunning == true }
        if mains.contains(where: { !$0.hasRun }) { return "Pending" }
        if mains.contains(where: \.isRunning) || sidecarRuns || ended.count < mains.count { return "Running" }
        for container in spec.containers {
            if let end = records[container.name]?.end, PodPlan.mustRestart(container, end, spec) { return "Running" }
        }
        return ended.allSatisfy { $0.exitCode == 0 } ? "Succeeded" : "Failed"
    }

    // MARK: - Containers

    private func containerStatus(_ container: View<Container>) -> View<ContainerStatus> {
        guard let record = records[container.name] else {
            return View<ContainerStatus> {
                $0.name = container.name
                $0.image = container.image
                $0.state = waiting("ContainerCreating", "")
            }
        }
        return View<ContainerStatus> {
            $0.name = container.name
            let (state, last) = states(record, container)
            $0.state = state
            if let last { $0.lastState = View<ContainerState> { $0.terminated = last.view } }
            $0.ready = isReady(record)
            $0.restartCount = record.attempt
            $0.image = container.image
            $0.imageID = record.imageID
            if record.isRunning || record.end != nil {
                $0.containerID = ContainerID.text(podUID: pod.metadata.uid, container: record.name, attempt: record.attempt)
            }
            if let allocated = allocation[container.name], record.role == .main || record.role == .sidecar {
                if !allocated.requests.isEmpty { $0.allocatedResources = allocated.requests }
                $0.resources = record.isRunning ? record.resources ?? allocated : allocated
            }
            if let user = record.user, record.isRunning || record.end != nil {
                $0.user = View<ContainerUser> { of in
                    of.linux = View<LinuxContainerUser> {
                        $0.uid = Int(user.uid)
                        $0.gid = Int(user.gid)
                        if !user.groups.isEmpty { $0.supplementalGroups = user.groups.map { Int($0) } }
                    }
                }
            }
            $0.started = record.isRunning && record.isStarted
            $0.stopSignal = container.lifecycle?.stopSignal
            let mounts: [View<VolumeMount>] = container.volumeMounts
            if !mounts.isEmpty, record.isRunning || record.end != nil {
                $0.volumeMounts = mounts.map { mount in
                    View<VolumeMountStatus> {
                        $0.name = mount.name
                        $0.mountPath = mount.mountPath
                        if mount.readOnly {
                            $0.readOnly = true
                            // Every mount below is made read-only too.
                            let wish: String = mount.recursiveReadOnly ?? "Disabled"
                            $0.recursiveReadOnly = wish == "IfPossible" ? "Enabled" : wish
                        }
                        if let reference = imageVolumes[mount.name] {
                            $0.volumeStatus = View<VolumeStatus> { status in
                                status.image = View<ImageVolumeStatus> { $0.imageRef = reference }
                            }
                        }
                    }
                }
            }
        }
    }

    /// A regular init container is ready once it succeeded; any other while it runs and passes its probe.
    private func isReady(_ record: ContainerRecord) -> Bool {
        record.role == .initial ? record.end?.exitCode == 0 : record.isRunning && record.isReady && !record.isHooked
    }

    private func states(
        _ record: ContainerRecord, _ container: View<Container>
    ) -> (View<ContainerState>, ContainerRecord.End?) {
        switch record.phase {
        case .waiting:
            if let problem = record.problem { return (waiting(problem.reason, problem.message), record.previous) }
            let isLater: Bool = !pod.spec.initContainers.isEmpty
            return (waiting(isLater ? "PodInitializing" : "ContainerCreating", ""), record.previous)
        case .running(let run):
            if record.isHooked { return (waiting("ContainerCreating", ""), record.previous) }
            return (
                View<ContainerState> { $0.running = View<ContainerStateRunning> { $0.startedAt = run.startedAt.time } }, record.previous
            )
        case .ended(let end):
            if backingOff.contains(record.name), !isShutDown {
                let place = "\(pod.name)_\(pod.namespace)(\(pod.metadata.uid))"
                let message = "back-off \(record.restarts.text) restarting failed container=\(record.name) pod=\(place)"
                return (waiting("CrashLoopBackOff", message), end)
            }
            if let problem = record.problem, !isShutDown, PodPlan.mustRestart(container, end, pod.spec) {
                return (waiting(problem.reason, problem.message), end)
            }
            return (View<ContainerState> { $0.terminated = end.view }, record.previous)
        }
    }

    private func waiting(_ reason: String, _ message: String) -> View<ContainerState> {
        View<ContainerState> {
            $0.waiting = View<ContainerStateWaiting> {
                $0.reason = reason
                if !message.isEmpty { $0.message = message }
            }
        }
    }

    // MARK: - Conditions

    private func conditions(_ phase: String) -> [View<PodCondition>] {
        let unfinished: [String] = pod.spec.initContainers.filter { container in
            guard let record = records[container.name] else { return true }
            return container.isSidecar ? !(record.isRunning && record.isStarted) : record.end?.exitCode != 0
        }.map(\.name)
        let mainsHaveRun: Bool = pod.spec.containers.contains { records[$0.name]?.isWaiting == false }
        let sidecars: [String] = pod.spec.initContainers.filter(\.isSidecar).map(\.name)
        let unready: [String] = (sidecars + pod.spec.containers.map(\.name)).filter { name in
            !(records[name].map { isReady($0) } ?? false)
        }
        let initialized: View<PodCondition>
        if phase == "Succeeded" {
            initialized = condition("Initialized", true, "PodCompleted", "")
        } else if unfinished.isEmpty || mainsHaveRun {
            initialized = condition("Initialized", true, "", "")
        } else {
            initialized = condition(
                "Initialized", false, "ContainersNotInitialized", "containers with incomplete status: \(list(unfinished))")
        }
        let containersReady: View<PodCondition> = readiness("ContainersReady", phase, unready)
        var ready: View<PodCondition> = readiness("Ready", phase, unready)
        if ready.status == "True" {
            let unmet: [String] = pod.spec.readinessGates.map(\.conditionType).filter { pod.condition($0)?.status != "True" }
            if !unmet.isEmpty {
                let messages: [String] = unmet.map { type in
                    pod.condition(type) == nil
                        ? "corresponding condition of pod readiness gate \"\(type)\" does not exist."
                        : "the status of pod readiness gate \"\(type)\" is not \"True\", but \(pod.condition(type)?.status ?? "")"
                }
                ready = condition("Ready", false, "ReadinessGatesNotReady", messages.joined(separator: ", "))
            }
        }
        var all: [View<PodCondition>] = [
            condition("PodReadyToStartContainers", hasSandbox, "", ""), initialized, ready, containersReady,
            condition("PodScheduled", true, "", ""),
        ]
        if let pending = resizing.pending {
            all.append(condition("PodResizePending", true, pending.reason, pending.message, generation: resizing.pendingGeneration))
        }
        if let generation = resizing.generation {
            let reason: String = resizing.problem == nil ? "" : "Error"
            all.append(condition("PodResizeInProgress", true, reason, resizing.problem ?? "", generation: generation))
        }
        if let failure, failure.reason == "Evicted" {
            all.append(condition("DisruptionTarget", true, "TerminationByKubelet", failure.message))
        }
        return all
    }

    private func readiness(_ type: String, _ phase: String, _ unready: [String]) -> View<PodCondition> {
        switch phase {
        case "Succeeded": condition(type, false, "PodCompleted", "")
        case "Failed": condition(type, false, "PodFailed", "")
        default:
            unready.isEmpty
                ? condition(type, true, "", "")
                : condition(type, false, "ContainersNotReady", "containers with unready status: \(list(unready))")
        }
    }

    private func list(_ names: [String]) -> String { "[" + names.joined(separator: " ") + "]" }

    /// The time of the last change stays when the status does.
    private func condition(
        _ type: String, _ isTrue: Bool, _ reason: String, _ message: String, generation: Int? = nil
    ) -> View<PodCondition> {
        let status: String = isTrue ? "True" : "False"
        let old: View<PodCondition>? = pod.condition(type)
        let since: Time = old?.status == status ? old?.lastTransitionTime ?? now : now
        return View<PodCondition> {
            $0.type = type
            $0.status = status
            // As the server keeps it, so that the same status is seen to be the same after a restart.
            $0.json["lastProbeTime"] = .null
            $0.lastTransitionTime = since
            if !reason.isEmpty { $0.reason = reason }
            if !message.isEmpty { $0.message = message }
            $0.observedGeneration = generation ?? pod.metadata.generation
        }
    }
}
