import API
import Machinery

/// The conditions of a pod. Source: pkg/kubelet/status/generate.go.
extension PodStatusMaker {
    func conditions(_ phase: String) -> [View<PodCondition>] {
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
        if let failure, ["Evicted", "Preempting"].contains(failure.reason) {
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
