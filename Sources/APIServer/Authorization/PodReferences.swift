import API
import Machinery
import Store
import Synchronization

/// What the pods of a node name: worked out when a node asks, kept for as long as the pod stays as it is.
final class PodReferences: Sendable {
    private let store: any Store
    private let known = Mutex<[String: (revision: Revision, references: Set<PodReference>)]>([:])

    init(store: any Store) { self.store = store }

    /// True when a pod on the node names the object.
    func name(_ kind: PodReference.Kind, _ key: ObjectKey, on node: String) -> Bool {
        if kind == .volume { return usesVolume(key.name, node) }
        let wanted = PodReference(kind: kind, name: key.name)
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

    private func references(_ entry: Entry) -> Set<PodReference> {
        if let found = known.withLock({ $0[entry.key] }), found.revision == entry.revision { return found.references }
        let pod = View<Pod>((try? JSON(parsing: entry.value)) ?? [:])
        let references: Set<PodReference> = PodReference.all(of: pod)
        known.withLock { known in
            // Pods come and go: what is kept of gone ones is dropped now and then.
            if known.count > 4096 { known.removeAll() }
            known[entry.key] = (entry.revision, references)
        }
        return references
    }
}
