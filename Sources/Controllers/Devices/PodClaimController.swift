import API
import Client
import Machinery

/// Makes the claims of pods that name a template: one for each pod and entry, owned by the pod; and reserves claims for pods that came to
/// their node without the scheduler.
///
/// Reads Pods, ResourceClaims and ResourceClaimTemplates; writes claims and `status.resourceClaimStatuses` of pods.
/// Source: `syncPod` of pkg/controller/resourceclaim.
struct PodClaimController: ObjectController {
    static let name = "resource-claim-of-pods"
    static let component = "resource_claim"
    private static let annotation = "resource.kubernetes.io/pod-claim-name"

    let context: ControllerContext
    private var claims: Informer<ResourceClaim> { context.copy() }
    private var templates: Informer<ResourceClaimTemplate> { context.copy() }

    var others: [any ObjectCopy] { [claims, templates] }

    static func concerns(_ before: View<Pod>?, _ after: View<Pod>?) -> Bool {
        guard let after, !after.spec.resourceClaims.isEmpty else { return false }
        return before == nil || before?.spec.nodeName != after.spec.nodeName
    }

    func watchOthers(_ queue: WorkQueue) {
        templates.onChange { [objects] before, after in
            // A template that comes late.
            guard before == nil, let template = after else { return }
            for pod in objects.list(namespace: template.namespace)
            where pod.spec.resourceClaims.contains(where: { $0.resourceClaimTemplateName == template.name }) {
                queue.add(pod.key)
            }
        }
        claims.onChange { before, after in
            guard let claim = after ?? before, let owner = claim.metadata.controller, owner.kind == Pod.names.kind else { return }
            queue.add(ObjectKey(namespace: claim.namespace, name: owner.name))
        }
    }

    func reconcile(_ pod: View<Pod>) async throws -> Duration? {
        guard !pod.isTerminating, !pod.isFinished, !pod.spec.resourceClaims.isEmpty else { return nil }
        let owned: [View<ResourceClaim>] = claims.owned(by: pod.metadata.uid)
        var made: [JSON] = []
        for use in pod.spec.resourceClaims where use.resourceClaimTemplateName != nil {
            let found: View<ResourceClaim>? = owned.first {
                $0.metadata.annotations[Self.annotation] == use.name && !$0.isTerminating
            }
            let claim: View<ResourceClaim>
            if let found { claim = found } else if let new = try await make(use, pod) { claim = new } else { continue }
            made.append(["name": .string(use.name), "resourceClaimName": .string(claim.name)])
        }
        let known: Set<JSON> = Set(pod.status.resourceClaimStatuses.map(\.json))
        if !Set(made).isSubset(of: known) {
            let patch: JSON = ["metadata": ["uid": .string(pod.metadata.uid)], "status": ["resourceClaimStatuses": .array(made)]]
            do {
                context.copy().note(try await context.client.patch(Pod.self, pod.key, patch, subresource: "status"))
            } catch let status as APIStatus where status.isNotFound || status.isConflict {}
        }
        if pod.isScheduled { for use in pod.spec.resourceClaims { try await reserve(use, pod) } }
        return nil
    }

    /// nil while the template is not there.
    private func make(_ use: View<PodResourceClaim>, _ pod: View<Pod>) async throws -> View<ResourceClaim>? {
        guard let name = use.resourceClaimTemplateName else { return nil }
        guard let template = templates.get(ObjectKey(namespace: pod.namespace, name: name)) else {
            tell(
                pod, .warning, reason: "FailedResourceClaimCreation",
                "PodResourceClaim \(use.name): resource claim template \(JSON.quoted(name)): resourceclaimtemplate.resource.k8s.io "
                    + "\(JSON.quoted(name)) not found")
            return nil
        }
        var claim = View<ResourceClaim>(["apiVersion": .string(ResourceClaim.names.apiVersion), "kind": "ResourceClaim"])
        claim.metadata.generateName = "\(pod.name)-\(use.name)-"
        claim.metadata.namespace = pod.namespace
        let labels: [String: String] = template.spec.metadata.labels
        if !labels.isEmpty { claim.metadata.labels = labels }
        claim.metadata.annotations = template.spec.metadata.annotations.merging([Self.annotation: use.name]) { $1 }
        claim.metadata.ownerReferences = [View<OwnerReference>.controller(pod)]
        claim.spec = template.spec.spec
        do {
            let made: View<ResourceClaim> = try await context.client.create(claim)
            claims.note(made)
            return made
        } catch let status as APIStatus where status.isNamespaceTerminating {
            return nil
        } catch let status as APIStatus {
            tell(pod, .warning, reason: "FailedResourceClaimCreation", "PodResourceClaim \(use.name): \(status.message)")
            throw status
        }
    }

    /// The scheduler reserves for the pods that it binds; a pod that names its node has nobody else to do it.
    private func reserve(_ use: View<PodResourceClaim>, _ pod: View<Pod>) async throws {
        guard let name = pod.claimName(use), var claim = claims.get(ObjectKey(namespace: pod.namespace, name: name)),
            claim.status.allocation != nil, !claim.isTerminating, claim.status.reservedFor.count < 256,
            !claim.status.reservedFor.contains(where: { $0.uid == pod.metadata.uid })
        else { return }
        claim.status.reservedFor.append(
            View<ResourceClaimConsumerReference> {
                $0.resource = "pods"
                $0.name = pod.name
                $0.uid = pod.metadata.uid
            })
        claims.note(try await context.client.updateStatus(claim))
    }
}
