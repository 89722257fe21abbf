import API
import Client
import Machinery

/// Keeps as many pods as a ReplicaSet or ReplicationController wants.
///
/// Reads the sets and Pods. Adopts pods that match and have no controller, releases those that match no longer, makes missing ones in
/// growing batches, deletes the cheapest of too many, writes the status.
struct ReplicaController<Owner: ReplicaKind>: ObjectController {
    static var name: String { Owner.controllerName }
    static var queueName: String { Owner.queueName }

    /// As upstream: what is beyond waits for the next round.
    private static var most: Int { 500 }

    let context: ControllerContext
    private var pods: Informer<Pod> { context.copy() }
    private let tallies = PodTallies()

    var others: [any ObjectCopy] { [pods] }

    init(context: ControllerContext) { self.context = context }

    func watchOthers(_ queue: WorkQueue) {
        tallies.follow(pods, kind: Owner.names.kind)
        watchOwned(by: objects, pods, queue) { Owner.wish($0).selector }
    }

    func reconcile(_ set: View<Owner>) async throws -> Duration? {
        let wish: ReplicaWish = Owner.wish(set)
        let (tally, owned) = try await claim(set, wish.selector)
        let plan = ReplicaPlan(
            wish, isTerminating: set.isTerminating, tally: tally, pods: owned, related: { related(set) }, now: context.clock.time)

        let failure: (any Error)? = await apply(plan, set, wish)
        try await write(plan, failure, set)
        if let failure { throw failure }
        return max(plan.missing, plan.victims.count) > Self.most ? .zero : plan.nextLook
    }

    /// The pods of the set after it took those that it may take and let go of those that it no longer wants. Nearly always there are none of
    /// either, and then no pod is looked at.
    private func claim(_ set: View<Owner>, _ selector: LabelMatch) async throws -> (TallyByLabels, () -> [View<Pod>]) {
        let uid: String = set.metadata.uid
        let (own, orphans) = (tallies.owned(by: uid), tallies.orphans(namespace: set.namespace))
        guard own.keys.allSatisfy({ selector.matches($0) }), !orphans.keys.contains(where: { selector.matches($0) }) else {
            let adoption = Adoption<Owner, Pod>(context: context, owner: set, selector: selector)
            let owned: [View<Pod>] = try await adoption.claim(pods.owned(by: uid) + pods.orphans(namespace: set.namespace))
            return (TallyByLabels(owned), { owned })
        }
        return (own, { [pods] in pods.owned(by: uid) })
    }

    /// Pods of the sets that the same Deployment has.
    private func related(_ set: View<Owner>) -> [View<Pod>]? {
        set.metadata.controllerUID.map { owner in objects.owned(by: owner).flatMap { pods.owned(by: $0.metadata.uid) } }
    }

    private func apply(_ plan: ReplicaPlan, _ set: View<Owner>, _ wish: ReplicaWish) async -> (any Error)? {
        if plan.missing > 0 {
            let pod: View<Pod> = makePod(from: wish.template, for: set)
            return await slowStart(Array(repeating: pod, count: min(plan.missing, Self.most))) { try await createPod($0, for: set) }.failure
        }
        return await deletePods(plan.victims.prefix(Self.most), of: set)
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
        try await context.writeStatus(updated, from: set)
    }
}
