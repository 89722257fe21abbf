import API
import Client
import Machinery

/// Keeps the pods of a StatefulSet, each with its own name, number and claims.
///
/// Reads StatefulSets, Pods, PersistentVolumeClaims and ControllerRevisions. In this order: adopts pods and revisions, finds or makes the
/// revision of the template, makes, mends and deletes pods as ``StatefulSetPlan`` says, sets owners of claims as ``ClaimRetention``
/// says, writes the status, removes revisions beyond the history limit.
struct StatefulSetController: ObjectController {
    static let name = "statefulset-controller"
    static let queueName = "statefulset"

    let context: ControllerContext
    private var pods: Informer<Pod> { context.copy() }
    private var claims: Informer<PersistentVolumeClaim> { context.copy() }
    private var revisions: Informer<ControllerRevision> { context.copy() }

    var others: [any ObjectCopy] { [pods, claims, revisions] }

    func watchOthers(_ queue: WorkQueue) {
        watchOwned(by: objects, pods, queue) { $0.spec.selector?.match ?? .nothing }
        claims.onChange { [objects] before, after in
            // A stale claim that is gone lets its pod be made.
            guard after == nil, let claim = before else { return }
            for set in objects.list(namespace: claim.namespace) where !set.spec.volumeClaimTemplates.isEmpty { queue.add(set.key) }
        }
    }

    func reconcile(_ set: View<StatefulSet>) async throws -> Duration? {
        guard let selector = set.spec.selector?.match else { return nil }
        let adoption = Adoption<StatefulSet, Pod>(context: context, owner: set, selector: selector)
        let orphans: [View<Pod>] = pods.orphans(namespace: set.namespace).filter { set.ordinal(of: $0) != nil }
        let owned: [View<Pod>] = try await adoption.claim(pods.owned(by: set.metadata.uid) + orphans)

        let keeper = RevisionKeeper(
            context: context, owner: set, template: set.spec.template, selector: selector, hashLabel: "controller.kubernetes.io/hash",
            revisions: revisions)
        var collisions: Int? = set.status.collisionCount
        let (history, update) = try await keeper.history(collisions: &collisions)
        let current: View<ControllerRevision> = history.revisions.first { $0.name == set.status.currentRevision } ?? update

        let plan = StatefulSetPlan(
            set, pods: owned, currentRevision: current.name, updateRevision: update.name, collisions: collisions,
            staleClaims: staleClaims(set), now: context.clock.time)
        // Before a pod goes: its claims go with it only if they are its own by then.
        try await retain(set, owned)
        let failure: (any Error)? = await apply(plan, set, current: current, update: update)
        var updated: View<StatefulSet> = set
        updated.status = plan.status
        try await context.writeStatus(updated, from: set)
        if let failure { throw failure }
        let live: Set<String> = Set(owned.map(\.revision) + [current.name, update.name])
        try await keeper.trim(history, limit: set.spec.revisionHistoryLimit, live: live)
        return plan.nextLook
    }

    // MARK: - Pods

    private func apply(
        _ plan: StatefulSetPlan, _ set: View<StatefulSet>, current: View<ControllerRevision>, update: View<ControllerRevision>
    ) async -> (any Error)? {
        let templates: [Bool: (View<PodTemplateSpec>, String)] = [
            true: (update.template, update.name), false: (current.template, current.name),
        ]
        let failures: [any Error] = await withTaskGroup(of: (any Error)?.self) { group in
            for action in plan.actions {
                group.addTask {
                    do {
                        try await carryOut(action, set, templates)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            return await group.reduce(into: []) { if let error = $1 { $0.append(error) } }
        }
        return failures.first
    }

    private func carryOut(
        _ action: StatefulSetPlan.Action, _ set: View<StatefulSet>, _ templates: [Bool: (View<PodTemplateSpec>, String)]
    ) async throws {
        switch action {
        case .make(let ordinal, let isUpdated):
            guard let (template, revision) = templates[isUpdated] else { return }
            try await makeClaims(set, ordinal)
            try await make(set.pod(ordinal, from: template, revision: revision), set)
        case .delete(let pod): try await delete(pod, set)
        case .makeClaims(let ordinal): try await makeClaims(set, ordinal)
        case .mend(let pod, let ordinal):
            var mended: View<Pod> = pod
            set.give(identity: ordinal, to: &mended)
            pods.note(try await context.client.update(mended))
            tell(set, .normal, reason: "SuccessfulUpdate", "update Pod \(pod.name) in StatefulSet \(set.name) successful")
        }
    }

    private func make(_ pod: View<Pod>, _ set: View<StatefulSet>) async throws {
        do {
            pods.note(try await context.client.create(pod))
            tell(set, .normal, reason: "SuccessfulCreate", "create Pod \(pod.name) in StatefulSet \(set.name) successful")
        } catch let status as APIStatus where status.isNamespaceTerminating {
        } catch let status as APIStatus {
            tell(
                set, .warning, reason: "FailedCreate",
                "create Pod \(pod.name) in StatefulSet \(set.name) failed error: \(status.message)")
            throw status
        }
    }

    private func delete(_ pod: View<Pod>, _ set: View<StatefulSet>) async throws {
        if pod.status.phase == "Failed" {
            tell(set, .warning, reason: "RecreatingFailedPod", "StatefulSet \(set.key) is recreating failed Pod \(pod.name)")
        } else if pod.status.phase == "Succeeded" {
            tell(set, .normal, reason: "RecreatingTerminatedPod", "StatefulSet \(set.key) is recreating terminated Pod \(pod.name)")
        }
        do {
            try await context.client.delete(Pod.self, pod.key, uid: pod.metadata.uid) { pods.note($0) }
            tell(set, .normal, reason: "SuccessfulDelete", "delete Pod \(pod.name) in StatefulSet \(set.name) successful")
        } catch let status as APIStatus where status.isNotFound || status.isConflict {}
    }

    // MARK: - Claims

    private func makeClaims(_ set: View<StatefulSet>, _ ordinal: Int) async throws {
        for claim in set.claims(ordinal) where claims.get(claim.key) == nil {
            let names: String = "Claim \(claim.name) Pod \(set.podName(ordinal)) in StatefulSet \(set.name)"
            do {
                claims.note(try await context.client.create(claim))
                tell(set, .normal, reason: "SuccessfulCreate", "create \(names) success")
            } catch let status as APIStatus where status.isAlreadyExists || status.isNamespaceTerminating {
            } catch let status as APIStatus {
                tell(set, .warning, reason: "FailedCreate", "create \(names) failed error: \(status.message)")
                throw status
            }
        }
    }

    /// Ordinals without a pod whose claims go with a former pod.
    private func staleClaims(_ set: View<StatefulSet>) -> Set<Int> {
        guard !set.spec.volumeClaimTemplates.isEmpty else { return [] }
        let retention = ClaimRetention(set: set)
        return Set(
            set.ordinals.filter { ordinal in
                let name: String = set.podName(ordinal)
                guard pods.get(ObjectKey(namespace: set.namespace, name: name)) == nil else { return false }
                return set.claims(ordinal).contains { claims.get($0.key).map { retention.isStale($0, podName: name) } ?? false }
            })
    }

    private func retain(_ set: View<StatefulSet>, _ owned: [View<Pod>]) async throws {
        guard !set.spec.volumeClaimTemplates.isEmpty, !set.isTerminating else { return }
        let retention = ClaimRetention(set: set)
        for pod in owned {
            guard let ordinal = set.ordinal(of: pod) else { continue }
            for wanted in set.claims(ordinal) {
                guard let claim = claims.get(wanted.key), !claim.isTerminating,
                    let owners = retention.owners(of: claim, pod: pod, ordinal)
                else { continue }
                var updated: View<PersistentVolumeClaim> = claim
                updated.metadata.ownerReferences = owners
                claims.note(try await context.client.update(updated))
            }
        }
    }
}
