import API
import Client
import Machinery

/// Takes devices back that no pod uses any longer, and removes claims whose pods are gone.
///
/// Reads ResourceClaims and Pods. Source: pkg/controller/resourceclaim.
struct ResourceClaimController: ObjectController {
    static let name = "resource_claim"

    let context: ControllerContext
    private var pods: Informer<Pod> { context.copy() }

    var others: [any ObjectCopy] { [pods] }

    func watchOthers(_ queue: WorkQueue) {
        pods.onChange { before, after in
            guard let pod = after ?? before else { return }
            let extended: View<PodExtendedResourceClaimStatus>? = pod.status.extendedResourceClaimStatus
            guard !pod.spec.resourceClaims.isEmpty || extended != nil,
                after.map({ $0.isDone || $0.metadata.uid != before?.metadata.uid }) ?? true
            else { return }
            for case let name? in pod.spec.resourceClaims.map({ pod.claimName($0) }) + [extended?.resourceClaimName] {
                queue.add(ObjectKey(namespace: pod.namespace, name: name))
            }
        }
    }

    func reconcile(_ claim: View<ResourceClaim>) async throws -> Duration? {
        var gone: Set<String> = []
        for user in claim.status.reservedFor where user.apiGroup.isEmpty && user.resource == "pods" {
            // Before devices are taken from a pod the API is asked, never the copy alone.
            let key = ObjectKey(namespace: claim.namespace, name: user.name)
            if let known = pods.get(key), known.metadata.uid == user.uid, !known.isDone { continue }
            let pod: View<Pod>? = try await context.client.find(Pod.self, key)
            if pod.map({ $0.metadata.uid != user.uid || $0.isDone }) ?? true { gone.insert(user.uid) }
        }
        var owner: View<Pod>?
        if let made = claim.metadata.controller, made.kind == Pod.names.kind {
            let key = ObjectKey(namespace: claim.namespace, name: made.name)
            owner = pods.get(key)
            if owner?.metadata.uid != made.uid { owner = try await context.client.find(Pod.self, key) }
        }
        let plan = ResourceClaimPlan(claim, owner: owner) { !gone.contains($0.uid) }
        var current: View<ResourceClaim> = claim
        if let status = plan.status {
            current.status = status
            current = try await context.client.updateStatus(current)
            objects.note(current)
        }
        if plan.isFree {
            current.metadata.finalizers = current.metadata.finalizers.filter { $0 != ResourceClaimPlan.finalizer }
            do { objects.note(try await context.client.update(current)) } catch let status as APIStatus where status.isNotFound {}
        }
        if plan.isDoomed { try await context.delete(claim) }
        return nil
    }
}
