import API
import Client
import Logging
import Machinery

/// What becomes of a decision: Permit, PreBind and Bind, or the reason on the pod.
extension Scheduler {
    func carryOut(_ work: SchedulerState.Work) async {
        switch work.outcome {
        case .bind(let node, let reservation): await bind(work, to: node, reservation)
        case .refuse(let message, let consequences):
            await report(work.pod, reason: "Unschedulable", message, nominating: consequences.nominating)
            for other in consequences.displaced { await withdrawNomination(of: other) }
            if let victims = consequences.victims { await evict(victims, for: work.pod) }
        }
    }

    private func bind(_ work: SchedulerState.Work, to node: String, _ reservation: Reservation) async {
        let pod: PodInfo = work.pod
        var step: String = ""
        var point = "Permit"
        let began: ContinuousClock.Instant = .now
        var entered: ContinuousClock.Instant = began
        func enter(_ next: String) {
            let now: ContinuousClock.Instant = .now
            measures.ran(point, work, now - entered)
            (point, entered) = (next, now)
        }
        do {
            for plugin in work.profile.permits {
                step = "running Permit plugin \"\(plugin.name)\": "
                try await plugin.permit(pod, on: node, self)
            }
            enter("PreBind")
            for plugin in work.profile.preBinds {
                step = "running PreBind plugin \"\(plugin.name)\": "
                try await plugin.prepare(pod, on: node, reservation, self)
            }
            enter("Bind")
            step = "binding rejected: running Bind plugin \"\(work.profile.binds.first?.name ?? "")\": "
            for plugin in work.profile.binds { try await plugin.bind(pod, to: node, self) }
            measures.ran(point, work, .now - entered)
            measures.attempted(work, "scheduled", binding: .now - began)
            log.info("bound pod", metadata: ["pod": "\(pod.key)", "node": "\(node)"])
            events.record(
                pod.reference, .normal, reason: "Scheduled", "Successfully assigned \(pod.key) to \(node)", by: work.profile.schedulerName)
        } catch {
            measures.ran(point, work, .now - entered, status: "Error")
            let isGone: Bool = await isGone(pod)
            state.forget(work, isGone: isGone)
            // Deleted, made anew or bound by somebody else, as a rule.
            guard !isGone, !Task.isCancelled else { return }
            measures.attempted(work, "error", binding: .now - began)
            log.warning("a pod could not be bound", metadata: ["pod": "\(pod.key)", "node": "\(node)", "error": "\(error)"])
            await report(pod, reason: "SchedulerError", step + "\(error)")
        }
    }

    /// Returns when it is so. Looks at copies, ever more seldom; throws when it takes longer than `patience`.
    func wait(_ patience: Duration, until isSo: () throws -> Bool) async throws {
        let deadline: ClusterClock.Instant = clock.now.advanced(by: patience)
        var pause: Duration = .milliseconds(5)
        while try !isSo() {
            guard clock.now < deadline else { throw PluginFailure(description: "timed out waiting for the condition") }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(1))
        }
    }

    /// True when the pod needs no node any more. What cannot be asked is tried again.
    private func isGone(_ pod: PodInfo) async -> Bool {
        do {
            guard let current = try await client.find(Pod.self, pod.key) else { return true }
            return current.metadata.uid != pod.uid || current.isScheduled || current.isTerminating
        } catch {
            return false
        }
    }

    /// Says on the pod and in an event why it has no node.
    ///
    /// - Parameter nominating: node that is made free for it, empty for none; nil leaves what stands there.
    func report(_ pod: PodInfo, reason: String, _ message: String, nominating node: String? = nil) async {
        guard var current = pods.get(pod.key), current.metadata.uid == pod.uid, !current.isScheduled else { return }
        events.record(pod.reference, .warning, reason: "FailedScheduling", message, by: pod.schedulerName)
        do {
            for _ in 0..<5 {
                let status: JSON = refusal(&current, reason: reason, message, nominating: node)
                if status == [:] { return }
                // The pod may be tried again while this is written; a binding that was faster must stand.
                let metadata: JSON = ["uid": .string(pod.uid), "resourceVersion": .string(current.metadata.resourceVersion)]
                do {
                    try await client.patch(Pod.self, pod.key, ["metadata": metadata, "status": status], subresource: "status")
                    return
                } catch let status as APIStatus where status.isConflict {
                    current = try await client.get(Pod.self, pod.key)
                    if current.metadata.uid != pod.uid || current.isScheduled { return }
                }
            }
        } catch let status as APIStatus where status.isNotFound {
            // Deleted meanwhile.
        } catch {
            guard !Task.isCancelled else { return }
            log.warning("the reason could not be written", metadata: ["pod": "\(pod.key)", "error": "\(error)"])
        }
    }

    /// What has to change in the status of a pod that got no node; empty when it says so already.
    private func refusal(_ pod: inout View<Pod>, reason: String, _ message: String, nominating node: String?) -> JSON {
        var status: JSON = [:]
        if pod.setCondition("PodScheduled", false, reason: reason, message: message, now: clock.time),
            var condition = pod.condition("PodScheduled")
        {
            condition.observedGeneration = pod.metadata.generation
            status["conditions"] = [condition.json]
        }
        if let node, node != pod.status.nominatedNodeName { status["nominatedNodeName"] = .string(node) }
        return status
    }

    /// Takes back the room that was meant for a pod.
    func withdrawNomination(of pod: PodInfo) async {
        do {
            try await write(["nominatedNodeName": ""], to: pod)
        } catch let status as APIStatus where status.isNotFound || status.isConflict {
            // Deleted or made anew meanwhile.
        } catch {
            guard !Task.isCancelled else { return }
            log.warning("a nomination could not be withdrawn", metadata: ["pod": "\(pod.key)", "error": "\(error)"])
        }
    }
}

/// Creates the Binding that puts a pod on its node.
enum DefaultBinder: Bind {
    static let name = "DefaultBinder"

    static func bind(_ pod: PodInfo, to node: String, _ scheduler: Scheduler) async throws {
        let binding: JSON = [
            "apiVersion": "v1", "kind": "Binding",
            "metadata": ["name": .string(pod.key.name), "namespace": .string(pod.key.namespace), "uid": .string(pod.uid)],
            "target": ["kind": "Node", "name": .string(node)],
        ]
        _ = try await scheduler.client.send(
            APIRequest(
                .create, Pod.names.resource, namespace: pod.key.namespace, name: pod.key.name, subresource: "binding",
                body: binding.serialized()))
    }
}
