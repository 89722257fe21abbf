import API
import Machinery
import Store
import Synchronization

/// What the pods of a node name: worked out when a node asks, kept for as long as the pod stays as it is.
final class PodReferences: Sendable {
    enum Kind: Hashable, Sendable { case pod, secret, configMap, claim, volume, serviceAccount, resourceClaim }

    private struct Reference: Hashable, Sendable {
        let kind: Kind
        let name: String
    }

    private let store: any Store
    private let known = Mutex<[String: (revision: Revision, references: Set<Reference>)]>([:])

    init(store: any Store) { self.store = store }

    /// True when a pod on the node names the object.
    func name(_ kind: Kind, _ key: ObjectKey, on node: String) -> Bool {
        if kind == .volume { return usesVolume(key.name, node) }
        let wanted = Reference(kind: kind, name: key.name)
        if kind == .pod {
            let pod: Entry? = store.get(ObjectKeys.key(Pod.names, namespace: key.namespace, name: key.name))
            return pod.map { Self.node($0) == node } ?? false
        }
        return pods(on: node, in: key.namespace).contains { references($0).contains(wanted) }
    }

    /// A volume belongs to the pods that use the claim to which it is bound.
    private func usesVolume(_ name: String, _ node: String) -> Bool {
        guard let volume = Objects(store: store).find("core/persistentvolumes/" + name),
            let claim = volume[["spec", "claimRef", "name"]]?.string,
            let namespace = volume[["spec", "claimRef", "namespace"]]?.string
        else { return false }
        return self.name(.claim, ObjectKey(namespace: namespace, name: claim), on: node)
    }

    private func pods(on node: String, in namespace: String) -> [Entry] {
        let entries: [Entry] = (try? store.list(prefix: ObjectKeys.prefix(Pod.names, namespace: namespace)).entries) ?? []
        return entries.filter { Self.node($0) == node }
    }

    private static func node(_ pod: Entry) -> String? { (pod.index as? ObjectIndex)?.fields["spec.nodeName"] }

    private func references(_ entry: Entry) -> Set<Reference> {
        if let found = known.withLock({ $0[entry.key] }), found.revision == entry.revision { return found.references }
        let pod = View<Pod>((try? JSON(parsing: entry.value)) ?? [:])
        let references: Set<Reference> = Self.references(pod)
        known.withLock { known in
            // Pods come and go: what is kept of gone ones is dropped now and then.
            if known.count > 4096 { known.removeAll() }
            known[entry.key] = (entry.revision, references)
        }
        return references
    }

    /// Names of the Secrets that a pod needs.
    static func secrets(of pod: View<Pod>) -> Set<String> {
        Set(references(pod).filter { $0.kind == .secret }.map(\.name))
    }

    private static func references(_ pod: View<Pod>) -> Set<Reference> {
        var found: Set<Reference> = [Reference(kind: .serviceAccount, name: pod.spec.serviceAccountName)]
        func add(_ kind: Kind, _ name: String?) {
            if let name, !name.isEmpty { found.insert(Reference(kind: kind, name: name)) }
        }
        for secret in pod.spec.imagePullSecrets { add(.secret, secret.name) }
        let spec: JSON = pod.json["spec"] ?? [:]
        for list in ["initContainers", "containers", "ephemeralContainers"] {
            for container in spec[list]?.array ?? [] {
                for source in container["envFrom"]?.array ?? [] {
                    add(.secret, source[["secretRef", "name"]]?.string)
                    add(.configMap, source[["configMapRef", "name"]]?.string)
                }
                for variable in container["env"]?.array ?? [] {
                    add(.secret, variable[["valueFrom", "secretKeyRef", "name"]]?.string)
                    add(.configMap, variable[["valueFrom", "configMapKeyRef", "name"]]?.string)
                }
            }
        }
        for volume in spec["volumes"]?.array ?? [] {
            add(.secret, volume[["secret", "secretName"]]?.string)
            add(.configMap, volume[["configMap", "name"]]?.string)
            add(.claim, volume[["persistentVolumeClaim", "claimName"]]?.string)
            if volume["ephemeral"] != nil, let name = volume["name"]?.string { add(.claim, pod.name + "-" + name) }
            for source in volume[["projected", "sources"]]?.array ?? [] {
                add(.secret, source[["secret", "name"]]?.string)
                add(.configMap, source[["configMap", "name"]]?.string)
            }
            // Drivers of all kinds name the secret that opens the volume.
            for source in volume.object?.members ?? [] {
                add(.secret, source.value[["secretRef", "name"]]?.string)
                add(.secret, source.value[["nodePublishSecretRef", "name"]]?.string)
            }
        }
        for status in pod.json[["status", "resourceClaimStatuses"]]?.array ?? [] {
            add(.resourceClaim, status["resourceClaimName"]?.string)
        }
        for claim in spec["resourceClaims"]?.array ?? [] { add(.resourceClaim, claim["resourceClaimName"]?.string) }
        return found
    }
}
