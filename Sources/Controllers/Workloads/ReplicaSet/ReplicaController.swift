import API
import Client
import Machinery

/// Keeps as many pods as a ReplicaSet or ReplicationController wants.
///
/// Reads the sets and Pods. Adopts pods that match and have no controller, releases those that match no longer, makes missing ones in
/// growing batches, deletes the cheapest of too many, writes the status.
struct ReplicaController<Owner: ReplicaKind>: Controller {
    static var name: String { Owner.controllerName }
    static var queueName: String { Owner.names.kind.lowercased() }

    /// As upstream: what is beyond waits for the next round.
    private static var most: Int { 500 }

    private let context: ControllerContext
    private let sets: Informer<Owner>
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
        watchPods(of: sets, pods, queue) { Owner.wish($0).selector }
    }

    func reconcile(_ key: ObjectKey) async throws -> Duration? {
        await sets.caughtUp()
        await pods.caughtUp()
        guard let set = sets.get(key) else { return nil }
        let wish: ReplicaWish = Owner.wish(set)
        let adoption = Adoption<Owner, Pod>(context: context, owner: set, selector: wish.selector)
        let owned: [View<Pod>] = try await adoption.claim(
            pods.owned(by: set.metadata.uid) + pods.orphans(namespace: key.namespace))
        let plan = ReplicaPlan(
            wish, isTerminating: set.isTerminating, pods: owned, related: related(set, owned), now: context.clock.time)

        let failure: (any Error)? = await apply(plan, set, wish)
        try await write(plan, failure, set)
        if let failure { throw failure }
        return max(plan.missing, plan.victims.count) > Self.most ? .zero : plan.nextLook
    }

    /// Pods of the sets that the same Deployment has.
    private func related(_ set: View<Owner>, _ owned: [View<Pod>]) -> [View<Pod>] {
        guard let owner = set.metadata.controllerUID else { return owned }
        return sets.owned(by: owner).flatMap { pods.owned(by: $0.metadata.uid) }
    }

    private func apply(_ plan: ReplicaPlan, _ set: View<Owner>, _ wish: ReplicaWish) async -> (any Error)? {
        if plan.missing > 0 {
            let pod: View<Pod> = makePod(from: wish.template, for: set)
            return await slowStart(Array(repeating: pod, count: min(plan.missing, Self.most))) { [context, pods, events] pod in
                do {
                    let made: View<Pod> = try await context.client.create(pod)
                    pods.note(made)
                    events.record(set, .normal, reason: "SuccessfulCreate", "Created pod: \(made.name)")
                } catch let status as APIStatus where status.isNamespaceTerminating {
                } catch let status as APIStatus {
                    events.record(set, .warning, reason: "FailedCreate", "Error creating: \(status.message)")
                    throw status
                }
            }.failure
        }
        return await withTaskGroup(of: (any Error)?.self) { group in
            for victim in plan.victims.prefix(Self.most) { group.addTask { await delete(victim, set) } }
            return await group.reduce(nil) { $0 ?? $1 }
        }
    }

    private func delete(_ victim: View<Pod>, _ set: View<Owner>) async -> (any Error)? {
        do {
            try await context.client.delete(Pod.self, victim.key, uid: victim.metadata.uid) { pods.note($0) }
            events.record(set, .normal, reason: "SuccessfulDelete", "Deleted pod: \(victim.name)")
            return nil
        } catch let status as APIStatus where status.isNotFound || status.isConflict {
            return nil
        } catch {
            events.record(set, .warning, reason: "FailedDelete", "Error deleting: \(error)")
            return error
        }
    }

    private func write(_ plan: ReplicaPlan, _ failure: (any Error)?, _ set: View<Owner>) async throws {
        var updated: View<Owner> = set
        Owner.write(plan.counts, to: &updated)
        var conditions: [JSON] = updated.json[["status", "conditions"]]?.array ?? []
        let isFailing: Bool = conditions.contains { $0["type"] == "ReplicaFailure" }
        if let failure, !isFailing {
            conditions.append([
                "type": "ReplicaFailure", "status": "True", "lastTransitionTime": context.clock.time.json,
                "reason": plan.missing > 0 ? "FailedCreate" : "FailedDelete", "message": .string("\(failure)"),
            ])
            updated.json[["status", "conditions"]] = .array(conditions)
        } else if failure == nil, isFailing {
            conditions.removeAll { $0["type"] == "ReplicaFailure" }
            updated.json[["status", "conditions"]] = conditions.isEmpty ? nil : .array(conditions)
        }
        guard updated.json["status"] != set.json["status"], !set.metadata.uid.isEmpty else { return }
        do {
            sets.note(try await context.client.updateStatus(updated))
        } catch let status as APIStatus where status.isNotFound {}
    }
}
