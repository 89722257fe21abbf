import API
import Client
import Logging
import Machinery

/// Pushing less important pods out.
extension Scheduler {
    /// Marks the victims as such and deletes them; they have their usual grace period.
    func evict(_ victims: Victims, for preemptor: PodInfo) async {
        log.info("preempting pods", metadata: ["pod": "\(preemptor.key)", "node": "\(victims.node)", "victims": "\(victims.pods.count)"])
        await withDiscardingTaskGroup { group in
            for victim in victims.pods where !victim.isTerminating {
                group.addTask { await evict(victim, on: victims.node, for: preemptor) }
            }
        }
    }

    private func evict(_ victim: PodInfo, on node: String, for preemptor: PodInfo) async {
        guard var current = pods.get(victim.key), current.metadata.uid == victim.uid else { return }
        let text: String = "\(preemptor.schedulerName): preempting to accommodate a higher priority pod"
        do {
            if current.setCondition("DisruptionTarget", true, reason: PodInfo.preemptionReason, message: text, now: clock.time),
                let condition = current.condition("DisruptionTarget")
            {
                try await write(["conditions": [condition.json]], to: victim)
            }
            try await client.delete(Pod.self, victim.key, uid: victim.uid)
            events.record(
                victim.reference, .normal, reason: "Preempted", "Preempted by pod \(preemptor.uid) on node \(node)",
                by: preemptor.schedulerName)
        } catch let status as APIStatus where status.isNotFound || status.isConflict {
            // It went by itself.
        } catch {
            guard !Task.isCancelled else { return }
            log.warning(
                "a pod could not be preempted",
                metadata: ["pod": "\(victim.key)", "preemptor": "\(preemptor.key)", "error": "\(error)"])
        }
    }

    /// Changes the status of this very pod. Throws ``APIStatus`` for one that is gone, also when another has its name.
    func write(_ status: JSON, to pod: PodInfo) async throws {
        let patch: JSON = ["metadata": ["uid": .string(pod.uid)], "status": status]
        try await client.patch(Pod.self, pod.key, patch, subresource: "status")
    }
}
