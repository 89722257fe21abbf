import API
import Client
import Logging
import Machinery
import Sandbox

/// Changing the resources of a pod that runs. Source: pkg/kubelet/allocation and pkg/kubelet/status.
extension PodWorker {
    /// How far a change has come.
    struct Resizing: Sendable, Equatable {
        var pending: ResizePlan.Pending?
        /// Generation of the pod that asks for what is pending.
        var pendingGeneration = 0
        /// Generation of the pod whose resources are being given; nil when all have theirs.
        var generation: Int?
        /// Why they are not given yet.
        var problem: String?
        /// When to look for room or to try again.
        var retryAt: ClusterClock.Instant?
    }

    /// Whoever waits for room, or could not give what it must, tries again that often.
    private static let resizeRetry: Duration = .seconds(5)

    /// What a container has or gets: what the node has set aside for it.
    func resources(of container: View<Container>) -> View<ResourceRequirements> { allocation[container.name] ?? container.resources }

    /// Sets aside what the pod asks for as it is now.
    func allocate() {
        allocation = [:]
        for container in pod.spec.containers + pod.spec.initContainers { allocation[container.name] = container.resources }
    }

    /// Brings the containers' resources nearer to what the pod asks for.
    func resize() {
        let now: ClusterClock.Instant = node.clock.now
        let generation: Int = pod.metadata.generation
        let isDue: Bool = resizing.retryAt.map { $0 <= now } ?? false
        guard !allocation.isEmpty, generation != resizedGeneration || isDue else { return }
        resizedGeneration = generation
        resizing.retryAt = nil
        let plan = ResizePlan(
            pod.spec, allocation: allocation, actual: records.compactMapValues { $0.isRunning && !$0.isStopping ? $0.resources : nil },
            check: { obstacle() })
        setPending(plan.pending, generation)
        if plan.isAccepted {
            allocation = plan.allocation
            resizing.generation = generation
            resizing.problem = nil
            node.events.record(pod, .normal, reason: "ResizeStarted", "Pod resize started: " + resizeDetails(generation))
        }
        for name in plan.restarts {
            stop(
                name, message: "Container \(name) resize requires restart", grace: pod.spec.terminationGracePeriodSeconds,
                isForNewDefinition: true)
        }
        if !plan.updates.isEmpty { giveLimits(to: plan.updates) }
        settleResize()
    }

    /// Says so when all containers have what was set aside for them; those that do not run yet get it at their start.
    func settleResize() {
        guard let generation = resizing.generation, resizing.problem == nil else { return }
        let isDone: Bool = records.values.allSatisfy { record in
            guard let wanted = allocation[record.name], let has = record.resources, record.isRunning else {
                return !record.mustRestart
            }
            return ResizePlan.isSame(has, wanted)
        }
        guard isDone else { return }
        resizing.generation = nil
        node.events.record(pod, .normal, reason: "ResizeCompleted", "Pod resize completed: " + resizeDetails(generation))
    }

    /// What keeps the node from setting aside what is asked for.
    private func obstacle() -> ResizePlan.Pending? {
        if isStatic { return .init(reason: "Infeasible", message: "In-place resize of static-pods is not supported") }
        if let problem = node.configuration.controlGroups.problem, changesMemoryOfRunning {
            return .init(
                reason: "Infeasible", message: "this node cannot change the memory limit of a container that runs: \(problem)")
        }
        if let alone = admission.shortages(for: pod, beside: [], isAdded: false).first {
            // The same text, but for what others use.
            let text: String = alone.refusal.message
            let message: String = text.replacing("enough resource", with: "enough capacity").replacing(" used: 0,", with: "")
            return .init(reason: "Infeasible", message: message)
        }
        let shortages: [PodAdmission.Shortage] = admission.shortages(for: pod, beside: node.otherPods(than: uid), isAdded: false)
        return shortages.first.map { .init(reason: "Deferred", message: $0.refusal.message) }
    }

    private var changesMemoryOfRunning: Bool {
        (pod.spec.containers + pod.spec.initContainers).contains { container in
            guard records[container.name]?.isRunning == true, let has = allocation[container.name] else { return false }
            let restarts: Bool = container.resizePolicy.contains {
                $0.resourceName == "memory" && $0.restartPolicy == "RestartContainer"
            }
            return !restarts && has.limits["memory"] != container.resources.limits["memory"]
        }
    }

    private func setPending(_ pending: ResizePlan.Pending?, _ generation: Int) {
        defer {
            resizing.pending = pending
            resizing.pendingGeneration = generation
            if pending?.reason == "Deferred" { resizing.retryAt = node.clock.now.advanced(by: Self.resizeRetry) }
        }
        guard let pending, pending.reason != resizing.pending?.reason || generation != resizing.pendingGeneration else { return }
        node.events.record(
            pod, .warning, reason: "Resize" + pending.reason,
            "Pod resize \(pending.reason): " + resizeDetails(generation, error: pending.message))
    }

    /// Changes the groups of containers that run: the pod's first where it grows, last where it shrinks.
    private func giveLimits(to names: [String]) {
        let groups: ControlGroups = node.configuration.controlGroups
        do {
            if groups.isComplete {
                try refuseTooLittleMemory(names)
                // While it shrinks the pod may be too small for what its containers have: that is seen at the end.
                try? groups.set(uid, podLimits)
                for name in names {
                    guard let record = records[name], let wanted = allocation[name] else { continue }
                    try groups.set(controlGroup(of: record.sandboxID), Self.limits(wanted))
                    records[name]?.resources = wanted
                }
                try groups.set(uid, podLimits)
            }
            for name in names { records[name]?.resources = allocation[name] }
            resizing.problem = nil
        } catch {
            let text = "failed to change the limits of a container: \(error)"
            if resizing.problem != text {
                node.events.record(
                    pod, .warning, reason: "ResizeError",
                    "Pod resize error: " + resizeDetails(pod.metadata.generation, error: text))
            }
            resizing.problem = text
            resizing.generation = resizing.generation ?? pod.metadata.generation
            resizing.retryAt = node.clock.now.advanced(by: Self.resizeRetry)
        }
    }

    /// The kernel would make room by killing. Throws ``ConfigError``. Source: `validateMemoryResizeAction` of pkg/kubelet/kuberuntime.
    private func refuseTooLittleMemory(_ names: [String]) throws(ConfigError) {
        func check(_ group: String, _ what: String, _ limit: Int64?) throws(ConfigError) {
            guard let limit, let used: Int64 = node.configuration.controlGroups.usage(group)?.workingSet, used >= limit else { return }
            throw ConfigError("attempting to set \(what) memory limit (\(limit)) below current usage (\(used))")
        }
        var isShrinking = false
        for name in names {
            guard let record = records[name], let wanted = allocation[name].flatMap({ Self.limits($0).memory }) else { continue }
            if let has = record.resources.flatMap({ Self.limits($0).memory }), has <= wanted { continue }
            try check(controlGroup(of: record.sandboxID), "container \(JSON.quoted(name))", wanted)
            isShrinking = true
        }
        if isShrinking { try check(uid, "pod", podLimits.memory) }
    }

    /// What events say of a change, as JSON.
    private func resizeDetails(_ generation: Int, error: String? = nil) -> String {
        func list(_ containers: [View<Container>]) -> JSON {
            .array(containers.map { ["name": .string($0.name), "resources": $0.resources.json] })
        }
        var details: JSON = [:]
        let sidecars: [View<Container>] = pod.spec.initContainers.filter(\.isSidecar)
        if !sidecars.isEmpty { details["initContainers"] = list(sidecars) }
        details["containers"] = list(pod.spec.containers)
        details["generation"] = .int(Int64(generation))
        if let error { details["error"] = .string(error) }
        return details.text()
    }
}
