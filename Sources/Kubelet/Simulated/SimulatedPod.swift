import API
import Machinery

/// The life of a pod on a simulated node. Pure.
///
/// It runs as soon as it is bound and until it is deleted; one of a Job ends at once, as its work is nothing. Annotations of the pod,
/// else of its node, say more: ``startAnnotation``, ``durationAnnotation``, ``exitCodeAnnotation``. Durations are as `1m30s`, exact to a second.
struct SimulatedPod {
    enum Step: Equatable {
        case nothing
        case wait(Duration)
        case start
        /// With this exit code.
        case end(Int)
        case remove
    }

    /// How long the pod takes from its node's choice until it is Ready.
    static let startAnnotation = "swkube.dev/simulated-start"
    /// How long the containers run.
    static let durationAnnotation = "swkube.dev/simulated-duration"
    /// What they end with; 0 without it.
    static let exitCodeAnnotation = "swkube.dev/simulated-exit-code"

    /// What each container uses, such as `250m` and `64Mi`; nothing of it is measured without them.
    static let cpuAnnotation = "swkube.dev/simulated-cpu"
    static let memoryAnnotation = "swkube.dev/simulated-memory"

    let pod: View<Pod>
    let node: View<Node>
    let now: Time

    var step: Step {
        guard !pod.isTerminating else {
            // Whoever holds a finalizer must see that the pod has ended.
            if !pod.isFinished, !pod.metadata.finalizers.isEmpty { return .end(137) }
            return pod.isFinished && !pod.metadata.finalizers.isEmpty ? .nothing : .remove
        }
        guard !pod.isFinished else { return .nothing }
        guard pod.status.phase == "Running" else {
            let bound: Time = pod.condition("PodScheduled")?.lastTransitionTime ?? pod.metadata.creationTimestamp ?? now
            return after(bound, duration(Self.startAnnotation) ?? .zero, .start)
        }
        guard let lasts, let began = pod.status.startTime else { return .nothing }
        return after(began, lasts, .end(mark(Self.exitCodeAnnotation).flatMap { Int($0) } ?? 0))
    }

    /// nil for ever.
    private var lasts: Duration? {
        let isOfJob: Bool = pod.metadata.ownerReferences.contains { $0.controller == true && $0.kind == "Job" }
        return duration(Self.durationAnnotation) ?? (isOfJob ? .zero : nil)
    }

    private func after(_ moment: Time, _ delay: Duration, _ step: Step) -> Step {
        let left: Duration = delay - (now - moment)
        return left > .zero ? .wait(left) : step
    }

    private func mark(_ key: String) -> String? { pod.metadata.annotations[key] ?? node.metadata.annotations[key] }

    private func duration(_ key: String) -> Duration? { mark(key).flatMap { try? GoDuration.parse($0) } }

    static func usage(_ pod: View<Pod>, now: Time) -> View<PodMetrics>? {
        let annotations: [String: String] = pod.metadata.annotations
        guard annotations[cpuAnnotation] != nil || annotations[memoryAnnotation] != nil else { return nil }
        let amounts: [String: Quantity] = [
            "cpu": Quantity.read(.string(annotations[cpuAnnotation] ?? "0")),
            "memory": Quantity.read(.string(annotations[memoryAnnotation] ?? "0")),
        ]
        return PodMetrics.new(pod.name, namespace: pod.namespace) {
            $0.timestamp = now
            $0.window = "15s"
            $0.containers = pod.spec.containers.map { container in
                View<ContainerMetrics> {
                    $0.name = container.name
                    $0.usage = amounts
                }
            }
        }
    }

    // MARK: - Status

    /// - Parameter address: the pod's, which nothing answers at.
    func running(address: String) -> View<PodStatus> { running(since: now, address) }

    private func running(since began: Time, _ address: String) -> View<PodStatus> {
        status(startTime: began, podIPs: [address]) {
            .running(ContainerRecord.Run(startedAt: ClusterClock.Instant(began), image: $0.image))
        }
    }

    /// What a pod that runs has to say where something else is said of it: whether it is ready, or which gates it waits for. nil for nothing
    /// new.
    var report: View<PodStatus>? {
        guard pod.status.phase == "Running", !pod.isTerminating, !pod.isReady || !pod.spec.readinessGates.isEmpty,
            let began = pod.status.startTime
        else { return nil }
        let status: View<PodStatus> = running(since: began, pod.status.podIP)
        let (said, ready) = (pod.condition("Ready"), status.conditions.first { $0.type == "Ready" })
        return said?.status == ready?.status && said?.reason == ready?.reason && said?.message == ready?.message ? nil : status
    }

    func ended(code: Int) -> View<PodStatus> {
        let began: Time = pod.status.startTime ?? now
        return status(startTime: began, podIPs: pod.status.podIPs.map(\.ip)) { .ended(end($0, code: code, startedAt: began)) }
    }

    private func status(
        startTime: Time, podIPs: [String], mains: (View<Container>) -> ContainerRecord.Phase
    ) -> View<PodStatus> {
        var records: [String: ContainerRecord] = [:]
        for container in pod.spec.initContainers {
            records[container.name] =
                container.isSidecar
                ? record(container, .sidecar, mains(container))
                : record(container, .initial, .ended(end(container, code: 0, startedAt: startTime)))
        }
        for container in pod.spec.containers { records[container.name] = record(container, .main, mains(container)) }
        // Ended containers of a pod that always restarts would run again; here they have ended for good.
        let isOver: Bool = records.values.allSatisfy { !$0.isRunning }
        return PodStatusMaker(
            pod: pod, records: records, backingOff: [], podIPs: podIPs, hostIPs: [NodeContext.loopback], hasSandbox: !isOver,
            startTime: startTime, failure: nil, isShutDown: isOver, now: now
        ).make()
    }

    private func record(
        _ container: View<Container>, _ role: ContainerRecord.Role, _ phase: ContainerRecord.Phase
    ) -> ContainerRecord {
        var record = ContainerRecord(container.name, role)
        record.phase = phase
        record.isStarted = record.isRunning
        record.isReady = record.isRunning
        return record
    }

    private func end(_ container: View<Container>, code: Int, startedAt: Time) -> ContainerRecord.End {
        ContainerRecord.End(
            exitCode: code, signal: 0, reason: code == 0 ? "Completed" : "Error", message: "", startedAt: startedAt, finishedAt: now,
            moment: ClusterClock.Instant(now),
            containerID: ContainerID.text(podUID: pod.metadata.uid, container: container.name, attempt: 0))
    }
}
