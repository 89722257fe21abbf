import API
import Client
import Machinery

/// Keeps as many pods as a ReplicaSet wants.
///
/// Reads ReplicaSets and Pods. Adopts pods that match and have no controller, releases those that match no longer, makes missing ones in
/// growing batches, deletes the cheapest of too many, writes the status.
struct ReplicaSetController: Controller {
    static let name = "replicaset-controller"

    private let context: ControllerContext
    private let sets: Informer<ReplicaSet>
    private let pods: Informer<Pod>
    private let events: EventRecorder

    init(_ context: ControllerContext) {
        self.context = context
        sets = context.informers.informer()
        pods = context.informers.informer()
        events = context.events(Self.name)
    }

    func watch(_ queue: WorkQueue) {
        sets.onChange { before, after in if let object = after ?? before { queue.add(object.key) } }
        pods.onChange { [sets] before, after in
            for pod in [before, after].compactMap({ $0 }) {
                if let owner = pod.metadata.controller {
                    if owner.kind == "ReplicaSet" { queue.add(ObjectKey(namespace: pod.namespace, name: owner.name)) }
                } else {
                    for set in sets.list(namespace: pod.namespace) where set.spec.selector?.matches(pod.metadata.labels) == true {
                        queue.add(set.key)
                    }
                }
            }
        }
    }

    func reconcile(_ key: ObjectKey) async throws -> Duration? {
        await sets.caughtUp()
        await pods.caughtUp()
        guard let set = sets.get(key), let selector = set.spec.selector?.match else { return nil }
        let adoption = Adoption<ReplicaSet, Pod>(context: context, owner: set, selector: selector)
        let owned: [View<Pod>] = try await adoption.claim(
            pods.owned(by: set.metadata.uid) + pods.orphans(namespace: key.namespace))
        let plan = ReplicaSetPlan(set, pods: owned, now: context.clock.time)

        let failure: (any Error)? = await apply(plan, set)
        try await write(plan.status, failure, set)
        if let failure { throw failure }
        return plan.nextLook
    }

    private func apply(_ plan: ReplicaSetPlan, _ set: View<ReplicaSet>) async -> (any Error)? {
        if plan.missing > 0 {
            let pod: View<Pod> = makePod(from: set.spec.template, for: set)
            return await slowStart(plan.missing) { [context, pods, events] in
                do {
                    let made: View<Pod> = try await context.client.create(pod)
                    pods.note(made)
                    events.record(set, .normal, reason: "SuccessfulCreate", "Created pod: \(made.name)")
                } catch let status as APIStatus {
                    events.record(set, .warning, reason: "FailedCreate", "Error creating: \(status.message)")
                    throw status
                }
            }.failure
        }
        for victim in plan.victims {
            do {
                try await context.client.delete(Pod.self, victim.key, uid: victim.metadata.uid) { pods.note($0) }
                events.record(set, .normal, reason: "SuccessfulDelete", "Deleted pod: \(victim.name)")
            } catch let status as APIStatus where status.isNotFound || status.isConflict {
                continue
            } catch {
                events.record(set, .warning, reason: "FailedDelete", "Error deleting: \(error)")
                return error
            }
        }
        return nil
    }

    private func write(_ planned: View<ReplicaSetStatus>, _ failure: (any Error)?, _ set: View<ReplicaSet>) async throws {
        var status: View<ReplicaSetStatus> = planned
        var conditions: [View<ReplicaSetCondition>] = status.conditions
        let isFailing: Bool = conditions.contains { $0.type == "ReplicaFailure" }
        if let failure, !isFailing {
            conditions.append(
                View<ReplicaSetCondition> {
                    $0.type = "ReplicaFailure"
                    $0.status = "True"
                    $0.reason = set.spec.replicas > set.status.replicas ? "FailedCreate" : "FailedDelete"
                    $0.message = "\(failure)"
                    $0.lastTransitionTime = context.clock.time
                })
            status.conditions = conditions
        } else if failure == nil, isFailing {
            status.conditions = conditions.filter { $0.type != "ReplicaFailure" }
        }
        guard status != set.status, !set.metadata.uid.isEmpty else { return }
        var updated: View<ReplicaSet> = set
        updated.status = status
        do {
            sets.note(try await context.client.updateStatus(updated))
        } catch let status as APIStatus where status.isNotFound {}
    }
}
