import API
import Machinery

/// What a pod's status says of its containers. Source: `convertToAPIContainerStatuses` of pkg/kubelet/kubelet_pods.go.
extension PodStatusMaker {
    func containerStatus(_ container: View<Container>) -> View<ContainerStatus> {
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
    func isReady(_ record: ContainerRecord) -> Bool {
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
}
