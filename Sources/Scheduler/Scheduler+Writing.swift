import API
import Client
import Logging
import Machinery

/// What is written after a decision.
extension Scheduler {
    /// - Parameter choices: what the pod's unbound claims get; they get it before the pod is bound.
    func bind(_ pod: PodInfo, to node: String, _ choices: [ObjectKey: StorageView.Choice] = [:]) async {
        if !choices.isEmpty {
            do {
                try await bindVolumes(of: pod, choices, on: node)
            } catch {
                state.forget(pod, isGone: await isGone(pod))
                guard !Task.isCancelled else { return }
                await report(pod, reason: "SchedulerError", "running PreBind plugin \"VolumeBinding\": binding volumes: \(error)")
                return
            }
        }
        let binding: View<Binding> = Binding.new(pod.key.name, namespace: pod.key.namespace) {
            $0.metadata.uid = pod.uid
            $0.target = View<ObjectReference> { target in
                target.kind = "Node"
                target.name = node
            }
        }
        do {
            _ = try await client.send(
                APIRequest(
                    .create, Pod.names.resource, namespace: pod.key.namespace, name: pod.key.name, subresource: "binding",
                    body: binding.json.serialized()))
            log.info("bound pod", metadata: ["pod": "\(pod.key)", "node": "\(node)"])
            events.record(pod.pod, .normal, reason: "Scheduled", "Successfully assigned \(pod.key) to \(node)")
        } catch let status as APIStatus where status.isNotFound || status.isConflict {
            // Deleted, made anew or bound by somebody else, as a rule.
            state.forget(pod, isGone: await isGone(pod))
        } catch {
            state.forget(pod, isGone: false)
            guard !Task.isCancelled else { return }
            log.warning("a pod could not be bound", metadata: ["pod": "\(pod.key)", "node": "\(node)", "error": "\(error)"])
            await report(pod, reason: "SchedulerError", "binding rejected: \(error)")
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
        events.record(pod.pod, .warning, reason: "FailedScheduling", message)
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
