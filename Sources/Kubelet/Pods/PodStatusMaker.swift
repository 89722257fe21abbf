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
    /// The pod's addresses and the node's, the main one first.
    let podIPs: [String]
    let hostIPs: [String]
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
        if let main = hostIPs.first {
            status.hostIP = main
            status.hostIPs = hostIPs.map { ip in View<HostIP> { $0.ip = ip } }
        }
        if let main = podIPs.first {
            status.podIP = main
            status.podIPs = podIPs.map { ip in View<PodIP> { $0.ip = ip } }
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
}
