import API
import Client
import Machinery

/// Rolls out the template of a Deployment through ReplicaSets, one for each version of the template.
///
/// Reads Deployments, ReplicaSets and, for Recreate, Pods. In this order: adopts sets, finds or makes the new set, numbers revisions,
/// takes one step of scaling or rollout, removes sets beyond the history limit, writes the status.
struct DeploymentController: ObjectController {
    static let name = "deployment-controller"
    static let queueName = "deployment"

    let context: ControllerContext
    private var sets: Informer<ReplicaSet> { context.copy() }
    private var pods: Informer<Pod> { context.copy() }

    var others: [any ObjectCopy] { [sets, pods] }

    func watchOthers(_ queue: WorkQueue) {
        watchOwned(by: objects, sets, queue) { $0.spec.selector?.match ?? .nothing }
        // Recreate goes on when the last old pod is gone.
        pods.onChange { [sets] before, after in
            guard after == nil, let pod = before, let owner = pod.metadata.controller, owner.kind == "ReplicaSet",
                let deployment = sets.get(ObjectKey(namespace: pod.namespace, name: owner.name))?.metadata.controller
            else { return }
            queue.add(ObjectKey(namespace: pod.namespace, name: deployment.name))
        }
    }

    func reconcile(_ deployment: View<Deployment>) async throws -> Duration? {
        guard let selector = deployment.spec.selector?.match else { return nil }
        let adoption = Adoption<Deployment, ReplicaSet>(context: context, owner: deployment, selector: selector)
        let owned: [View<ReplicaSet>] = try await adoption.claim(
            sets.owned(by: deployment.metadata.uid) + sets.orphans(namespace: deployment.namespace))
        var plan = DeploymentPlan(deployment, sets: owned)
        guard !deployment.isTerminating else { return try await writeStatus(plan, madeSet: false) }

        var madeSet = false
        let mayMake: Bool =
            !deployment.spec.paused && (plan.isRolling || !oldPodsRun(plan) && plan.oldSets.allSatisfy { $0.spec.replicas == 0 })
        if plan.newSet == nil, mayMake {
            guard let (made, numbered) = try await makeSet(plan) else { return nil }
            plan = DeploymentPlan(numbered, sets: owned + [made])
            madeSet = true
        } else if !deployment.spec.paused {
            plan = try await number(plan)
        }
        for (set, replicas) in plan.next(oldPodsRun: oldPodsRun(plan)) { try await scale(set, to: replicas, plan) }
        try await trimHistory(plan)
        return try await writeStatus(plan, madeSet: madeSet)
    }

    private func oldPodsRun(_ plan: DeploymentPlan) -> Bool {
        guard !plan.isRolling else { return false }
        return plan.oldSets.contains { set in pods.owned(by: set.metadata.uid).contains { !$0.isFinished } }
    }

    // MARK: - Sets

    /// The set, and the Deployment with its revision; nil when another set has the wanted name: then the hash is made anew.
    private func makeSet(_ plan: DeploymentPlan) async throws -> (View<ReplicaSet>, View<Deployment>)? {
        let deployment: View<Deployment> = plan.deployment
        var template: View<PodTemplateSpec> = deployment.spec.template
        let hash: String = template.hash(collisions: deployment.status.collisionCount)
        template.metadata.labels["pod-template-hash"] = hash
        var selector: View<LabelSelector> = deployment.spec.selector ?? View<LabelSelector>()
        selector.matchLabels["pod-template-hash"] = hash

        let revision: Int = (plan.oldSets.map(\.revision).max() ?? 0) + 1
        let replicas: Int = plan.replicasOfNewSet
        let set: View<ReplicaSet> = ReplicaSet.new(deployment.name + "-" + hash, namespace: deployment.namespace) {
            $0.metadata.labels = template.metadata.labels
            $0.metadata.annotations = annotations(of: deployment, plan, revision: revision)
            $0.metadata.ownerReferences = [View<OwnerReference>.controller(deployment)]
            $0.spec.replicas = replicas
            $0.spec.minReadySeconds = deployment.spec.minReadySeconds
            $0.spec.selector = selector
            $0.spec.template = template
        }
        do {
            let made: View<ReplicaSet> = try await context.client.create(set)
            sets.note(made)
            if replicas > 0 {
                tell(
                    deployment, .normal, reason: "ScalingReplicaSet", "Scaled up replica set \(made.name) from 0 to \(replicas)")
            }
            return (made, try await writeRevision(revision, deployment))
        } catch let status as APIStatus where status.isAlreadyExists {
            let other: View<ReplicaSet>? = try await context.client.find(ReplicaSet.self, set.key)
            if let other, other.metadata.controller?.uid == deployment.metadata.uid,
                other.spec.template.revisionJSON == template.revisionJSON
            {
                return (other, deployment)
            }
            var updated: View<Deployment> = deployment
            updated.status.collisionCount = (deployment.status.collisionCount ?? 0) + 1
            objects.note(try await context.client.updateStatus(updated))
            return nil
        } catch let status as APIStatus where status.isNamespaceTerminating {
            return nil
        } catch {
            tell(
                deployment, .warning, reason: "ReplicaSetCreateError", "Failed to create new replica set \"\(set.name)\": \(error)")
            throw error
        }
    }

    /// Gives an old set that became the new one again (a rollback) the next revision.
    private func number(_ plan: DeploymentPlan) async throws -> DeploymentPlan {
        guard var set = plan.newSet else { return plan }
        let revision: Int = max(set.revision, (plan.oldSets.map(\.revision).max() ?? 0) + 1)
        let wanted: [String: String] = annotations(of: plan.deployment, plan, revision: revision)
        let present: [String: String] = set.metadata.annotations
        let isCurrent: Bool = wanted.allSatisfy { key, value in
            key == DeploymentAnnotation.desiredReplicas || key == DeploymentAnnotation.maxReplicas || present[key] == value
        }
        if !isCurrent || set.spec.minReadySeconds != plan.deployment.spec.minReadySeconds {
            var updated: View<ReplicaSet> = set
            var merged: [String: String] = present
            if let old = present[DeploymentAnnotation.revision], old != String(revision), Int(old) ?? 0 > 0 {
                // A set that was rolled back to remembers its former numbers.
                let before: String? = present[DeploymentAnnotation.history]
                merged[DeploymentAnnotation.history] = before.map { $0 + "," + old } ?? old
            }
            for (key, value) in wanted where key != DeploymentAnnotation.desiredReplicas && key != DeploymentAnnotation.maxReplicas {
                merged[key] = value
            }
            updated.metadata.annotations = merged
            updated.spec.minReadySeconds = plan.deployment.spec.minReadySeconds
            set = try await context.client.update(updated)
            sets.note(set)
        }
        return DeploymentPlan(try await writeRevision(revision, plan.deployment), sets: plan.oldSets + [set])
    }

    /// The Deployment's own annotations go along, but for those that are about itself.
    private func annotations(of deployment: View<Deployment>, _ plan: DeploymentPlan, revision: Int) -> [String: String] {
        var annotations: [String: String] = deployment.metadata.annotations.filter {
            $0.key != "kubectl.kubernetes.io/last-applied-configuration" && !$0.key.hasPrefix("deployment.kubernetes.io/")
                && $0.key != "deprecated.deployment.rollback.to"
        }
        annotations[DeploymentAnnotation.revision] = String(revision)
        annotations[DeploymentAnnotation.desiredReplicas] = String(deployment.spec.replicas)
        annotations[DeploymentAnnotation.maxReplicas] = String(deployment.spec.replicas + plan.maxSurge)
        return annotations
    }

    private func writeRevision(_ revision: Int, _ deployment: View<Deployment>) async throws -> View<Deployment> {
        guard deployment.metadata.annotations[DeploymentAnnotation.revision] != String(revision) else { return deployment }
        var updated: View<Deployment> = deployment
        updated.metadata.annotations[DeploymentAnnotation.revision] = String(revision)
        let written: View<Deployment> = try await context.client.update(updated)
        objects.note(written)
        return written
    }

    private func scale(_ set: View<ReplicaSet>, to replicas: Int, _ plan: DeploymentPlan) async throws {
        var updated: View<ReplicaSet> = sets.get(set.key) ?? set
        let before: Int = updated.spec.replicas
        updated.spec.replicas = replicas
        updated.metadata.annotations[DeploymentAnnotation.desiredReplicas] = String(plan.deployment.spec.replicas)
        updated.metadata.annotations[DeploymentAnnotation.maxReplicas] = String(plan.deployment.spec.replicas + plan.maxSurge)
        sets.note(try await context.client.update(updated))
        guard before != replicas else { return }
        tell(
            plan.deployment, .normal, reason: "ScalingReplicaSet",
            "Scaled \(replicas > before ? "up" : "down") replica set \(set.name) from \(before) to \(replicas)")
    }

    /// Once a rollout is complete, empty old sets beyond the history limit go, the oldest first.
    private func trimHistory(_ plan: DeploymentPlan) async throws {
        guard let newSet = plan.newSet, newSet.isSaturated(plan.deployment.spec.replicas) else { return }
        let empty: [View<ReplicaSet>] = plan.oldSets.filter {
            $0.spec.replicas == 0 && $0.status.replicas == 0 && !$0.isTerminating && $0.metadata.generation <= $0.status.observedGeneration
        }.sorted { $0.revision < $1.revision }
        for set in empty.dropLast(plan.deployment.spec.revisionHistoryLimit) {
            try await context.client.delete(ReplicaSet.self, set.key, uid: set.metadata.uid, propagationPolicy: "Background")
        }
    }

    private func writeStatus(_ plan: DeploymentPlan, madeSet: Bool) async throws -> Duration? {
        let planned = DeploymentStatusPlan(plan, madeSet: madeSet, now: context.clock.time)
        var updated: View<Deployment> = plan.deployment
        updated.status = planned.status
        try await context.writeStatus(updated, from: plan.deployment)
        return planned.nextLook
    }
}
