package import Machinery

/// What `get pods` prints. Source: `printPod` of pkg/printers/internalversion/printers.go.
extension Pod {
    package static var columns: [Column<Pod>] {
        [
            .name,
            Column("Ready", .string, "Ready containers of all.") { pod, _ in
                let summary: PodSummary = PodSummary(pod)
                return .string("\(summary.ready)/\(summary.total)")
            },
            Column("Status", .string, "What the pod is doing, in one word.") { pod, _ in .string(PodSummary(pod).reason) },
            Column("Restarts", .string, "Restarts of its containers, and when the last one was.") { pod, now in
                .string(PodSummary(pod).restartsText(now))
            },
            .age,
            Column("IP", .string, "Address of the pod.", priority: 1) { pod, _ in
                .string(shown(pod.status.podIPs.first?.ip ?? pod.status.podIP))
            },
            Column("Node", .string, "Node that runs it.", priority: 1) { pod, _ in .string(shown(pod.spec.nodeName)) },
            Column("Nominated Node", .string, "Node that makes room for it.", priority: 1) { pod, _ in
                .string(shown(pod.status.nominatedNodeName))
            },
            Column("Readiness Gates", .string, "Further conditions that are true, of all.", priority: 1) { pod, _ in
                .string(readinessGates(pod))
            },
        ]
    }

    package static var unshown: JSONOmissions {
        JSONOmissions(but: [
            ["metadata", "name"], ["metadata", "creationTimestamp"], ["metadata", "deletionTimestamp"], ["spec", "containers", "name"],
            ["spec", "initContainers", "name"], ["spec", "initContainers", "restartPolicy"], ["spec", "nodeName"],
            ["spec", "readinessGates"], ["status", "phase"], ["status", "reason"], ["status", "conditions"], ["status", "podIP"],
            ["status", "podIPs"], ["status", "nominatedNodeName"], ["status", "containerStatuses"], ["status", "initContainerStatuses"],
        ])
    }

    private static func shown(_ text: String) -> String { text.isEmpty ? "<none>" : text }

    private static func readinessGates(_ pod: View<Pod>) -> String {
        let gates: [View<PodReadinessGate>] = pod.spec.readinessGates
        guard !gates.isEmpty else { return "<none>" }
        let met: Int = gates.filter { pod.condition($0.conditionType)?.status == "True" }.count
        return "\(met)/\(gates.count)"
    }
}

/// A pod in three words: how many containers are ready, what it is doing, how often it was restarted.
package struct PodSummary: Sendable {
    /// Ready containers, sidecars included.
    package private(set) var ready: Int = 0
    package private(set) var total: Int
    /// `Running`, `Init:0/1`, `CrashLoopBackOff`, `Completed`, `Terminating` and the like.
    package private(set) var reason: String
    package private(set) var restarts: Int = 0
    private var lastRestart: Time?

    package init(_ pod: View<Pod>) {
        let status: View<PodStatus> = pod.status
        let initContainers: [View<Container>] = pod.spec.initContainers
        let sidecars: Set<String> = Set(initContainers.filter { $0.isSidecar }.map { $0.name })
        total = pod.spec.containers.count + sidecars.count
        reason = status.reason.isEmpty ? status.phase : status.reason
        if pod.condition("PodScheduled")?.reason == "SchedulingGated" { reason = "SchedulingGated" }
        var sidecarRestarts: Int = 0
        var lastSidecarRestart: Time?
        var isInitializing: Bool = false
        for (index, container) in status.initContainerStatuses.enumerated() {
            let isSidecar: Bool = sidecars.contains(container.name)
            count(container)
            if isSidecar {
                sidecarRestarts += container.restartCount
                lastSidecarRestart = Self.later(lastSidecarRestart, container.lastState.terminated?.finishedAt)
            }
            if let end: View<ContainerStateTerminated> = container.state.terminated, end.exitCode == 0 { continue }
            if isSidecar, container.started == true {
                if container.ready { ready += 1 }
                continue
            }
            let waiting: String = container.state.waiting?.reason ?? ""
            if let end: View<ContainerStateTerminated> = container.state.terminated {
                reason = "Init:" + Self.text(end)
            } else if !waiting.isEmpty, waiting != "PodInitializing" {
                reason = "Init:" + waiting
            } else {
                reason = "Init:\(index)/\(initContainers.count)"
            }
            isInitializing = true
            break
        }
        if !isInitializing || pod.condition("Initialized")?.status == "True" {
            restarts = sidecarRestarts
            lastRestart = lastSidecarRestart
            summarize(status.containerStatuses, of: pod)
        }
        guard pod.isTerminating else { return }
        if status.reason == "NodeLost" {
            reason = "Unknown"
        } else if !pod.isFinished {
            reason = "Terminating"
        }
    }

    /// The first container that doesn't run says what the pod is doing.
    private mutating func summarize(_ containers: [View<ContainerStatus>], of pod: View<Pod>) {
        var hasRunning: Bool = false
        for container in containers.reversed() {
            count(container)
            let waiting: String = container.state.waiting?.reason ?? ""
            if !waiting.isEmpty {
                reason = waiting
            } else if let end: View<ContainerStateTerminated> = container.state.terminated {
                reason = Self.text(end)
            } else if container.ready, container.state.running != nil {
                hasRunning = true
                ready += 1
            }
        }
        if reason == "Completed", hasRunning { reason = pod.isReady ? "Running" : "NotReady" }
    }

    private mutating func count(_ container: View<ContainerStatus>) {
        restarts += container.restartCount
        lastRestart = Self.later(lastRestart, container.lastState.terminated?.finishedAt)
    }

    private static func later(_ one: Time?, _ other: Time?) -> Time? {
        guard let one, let other else { return one ?? other }
        return max(one, other)
    }

    private static func text(_ end: View<ContainerStateTerminated>) -> String {
        if !end.reason.isEmpty { return end.reason }
        return end.signal != 0 ? "Signal:\(end.signal)" : "ExitCode:\(end.exitCode)"
    }

    /// `3 (5m ago)`
    package func restartsText(_ now: Time) -> String {
        guard restarts != 0, let lastRestart else { return "\(restarts)" }
        return "\(restarts) (\(humanAge(lastRestart, now)) ago)"
    }
}
