import API
import Client
import Machinery

/// How objects of a kind are kept from going while they are in use: by a finalizer.
struct Protection<K: Kind>: Sendable {
    /// Of the controller, and of its service account.
    let name: String
    let account: String
    let finalizer: String
    /// Whether somebody needs the object. Asked of a terminating object only: what goes must be unused for certain, so the API is
    /// asked and not the copy.
    let isUsed: @Sendable (View<K>, Client) async throws -> Bool
    /// Asks for work when a user of an object may have let it go.
    let watchUsers: @Sendable (Informers, WorkQueue) -> Void

    /// Pure: the finalizers that the object should have; nil when it has them.
    func finalizers(of object: View<K>, isUsed: Bool) -> [String]? {
        let found: [String] = object.metadata.finalizers
        guard object.isTerminating else { return found.contains(finalizer) ? nil : found + [finalizer] }
        return found.contains(finalizer) && !isUsed ? found.filter { $0 != finalizer } : nil
    }
}

/// Gives objects the finalizer of their protection, and takes it from terminating ones that nobody needs.
struct ProtectionController<K: Kind>: ObjectController {
    static var name: String { K.names.kind.lowercased() + "-protection-controller" }

    let context: ControllerContext
    private let protection: Protection<K>

    init(_ context: ControllerContext, _ protection: Protection<K>) {
        self.context = context.acting(as: protection.account)
        self.protection = protection
    }

    func watchOthers(_ queue: WorkQueue) { protection.watchUsers(context.informers, queue) }

    func reconcile(_ object: View<K>) async throws -> Duration? {
        let isUsed: Bool = object.isTerminating ? try await protection.isUsed(object, context.client) : true
        guard let finalizers = protection.finalizers(of: object, isUsed: isUsed) else { return nil }
        var next: View<K> = object
        next.metadata.finalizers = finalizers
        objects.note(try await context.client.update(next))
        return nil
    }
}

/// A claim stays until no pod on a node uses it any longer. Source: pkg/controller/volume/pvcprotection.
extension Protection<PersistentVolumeClaim> {
    static let claims = Protection(
        name: "persistentvolumeclaim-protection-controller", account: "pvc-protection-controller",
        finalizer: "kubernetes.io/pvc-protection",
        isUsed: { claim, client in
            try await client.list(Pod.self, namespace: claim.namespace).items.contains { $0.uses(claim) }
        },
        watchUsers: { informers, queue in
            informers.informer(Pod.self).onChange { before, after in
                guard let pod = before ?? after, after == nil || after?.isFinished == true else { return }
                for name in pod.claims { queue.add(ObjectKey(namespace: pod.namespace, name: name)) }
            }
        })
}

/// A volume stays while it is bound to a claim. Source: pkg/controller/volume/pvprotection.
extension Protection<PersistentVolume> {
    static let volumes = Protection(
        name: "persistentvolume-protection-controller", account: "pv-protection-controller", finalizer: "kubernetes.io/pv-protection",
        isUsed: { volume, _ in volume.status.phase == "Bound" }, watchUsers: { _, _ in })
}

/// A class of attributes stays while a volume or claim names it. Source: pkg/controller/volume/vacprotection.
extension Protection<VolumeAttributesClass> {
    static let attributes = Protection(
        name: "volumeattributesclass-protection-controller", account: "volumeattributesclass-protection-controller",
        finalizer: "kubernetes.io/vac-protection",
        isUsed: { attributes, client in
            let name: String = attributes.name
            if try await client.list(PersistentVolume.self).items.contains(where: { $0.spec.volumeAttributesClassName == name }) {
                return true
            }
            return try await client.list(PersistentVolumeClaim.self).items.contains { claim in
                claim.spec.volumeAttributesClassName == name || claim.status.currentVolumeAttributesClassName == name
                    || claim.status.modifyVolumeStatus?.targetVolumeAttributesClassName == name
            }
        },
        watchUsers: { informers, queue in
            informers.informer(PersistentVolumeClaim.self).onChange { before, after in
                let names: [String?] = [
                    before?.spec.volumeAttributesClassName, before?.status.currentVolumeAttributesClassName,
                ]
                for name in Set(names.compactMap { $0 }) where after?.spec.volumeAttributesClassName != name || after == nil {
                    queue.add(ObjectKey(namespace: "", name: name))
                }
            }
            informers.informer(PersistentVolume.self).onChange { before, after in
                guard let name = before?.spec.volumeAttributesClassName, after?.spec.volumeAttributesClassName != name else { return }
                queue.add(ObjectKey(namespace: "", name: name))
            }
        })
}

extension View<Pod> {
    /// True when the pod is on a node and mounts the claim.
    func uses(_ claim: View<PersistentVolumeClaim>) -> Bool {
        namespace == claim.namespace && !self.spec.nodeName.isEmpty && claims.contains(claim.name)
    }

    /// Names of the claims that the pod's volumes use; those made for the pod only while it has not ended.
    var claims: [String] {
        (json[["spec", "volumes"]]?.array ?? []).compactMap { volume in
            if let name = volume[["persistentVolumeClaim", "claimName"]]?.string { return name }
            guard volume["ephemeral"] != nil, !isFinished else { return nil }
            return self.name + "-" + (volume["name"]?.string ?? "")
        }
    }
}
