import API
import Client
import Machinery

/// Keeps a deleted PersistentVolumeClaim until no pod on a node uses it any longer. Reads PersistentVolumeClaims and Pods; writes the
/// finalizer `kubernetes.io/pvc-protection`. Source: pkg/controller/volume/pvcprotection.
struct ClaimProtectionController: Controller {
    static let name = "persistentvolumeclaim-protection-controller"
    static let finalizer = "kubernetes.io/pvc-protection"

    private let context: ControllerContext
    private let claims: Informer<PersistentVolumeClaim>
    private let pods: Informer<Pod>

    init(_ context: ControllerContext) {
        self.context = context
        claims = context.informers.informer()
        pods = context.informers.informer()
    }

    func watch(_ queue: WorkQueue) {
        claims.onChange { _, after in if let after { queue.add(after.key) } }
        pods.onChange { before, after in
            guard let pod = before ?? after, after == nil || after?.isFinished == true else { return }
            for name in pod.claims { queue.add(ObjectKey(namespace: pod.namespace, name: name)) }
        }
    }

    func reconcile(_ key: ObjectKey) async throws -> Duration? {
        guard let claim = claims.get(key) else { return nil }
        var users: [View<Pod>] = []
        if claim.isTerminating {
            // What goes must be unused for certain: the API is asked, not the copy.
            users = try await context.client.list(Pod.self, namespace: key.namespace).items
        }
        guard let finalizers = Self.finalizers(of: claim, users: users) else { return nil }
        var next: View<PersistentVolumeClaim> = claim
        next.metadata.finalizers = finalizers
        claims.note(try await context.client.update(next))
        return nil
    }

    /// Pure: the finalizers that the claim should have; nil when it has them.
    static func finalizers(of claim: View<PersistentVolumeClaim>, users: [View<Pod>]) -> [String]? {
        let found: [String] = claim.metadata.finalizers
        guard claim.isTerminating else { return found.contains(finalizer) ? nil : found + [finalizer] }
        guard found.contains(finalizer) else { return nil }
        let isUsed: Bool = users.contains { pod in
            pod.namespace == claim.namespace && !pod.spec.nodeName.isEmpty && pod.claims.contains(claim.name)
        }
        return isUsed ? nil : found.filter { $0 != finalizer }
    }
}

extension View<Pod> {
    /// Names of the claims that the pod's volumes use; those made for the pod only while it has not ended.
    fileprivate var claims: [String] {
        (json[["spec", "volumes"]]?.array ?? []).compactMap { volume in
            if let name = volume[["persistentVolumeClaim", "claimName"]]?.string { return name }
            guard volume["ephemeral"] != nil, !isFinished else { return nil }
            return self.name + "-" + (volume["name"]?.string ?? "")
        }
    }
}
