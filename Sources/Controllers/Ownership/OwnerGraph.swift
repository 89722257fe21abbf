import API
import Client
import FoundationEssentials
import Machinery
import Synchronization

/// Who owns whom, of all objects of the cluster that have an owner or a finalizer. An owner itself need not be in it; of what has neither
/// only the namespace is known.
final class OwnerGraph: Sendable {
    /// One object.
    struct Node: Sendable {
        let type: APIResource
        let key: ObjectKey
        let uid: String
        let owners: [View<OwnerReference>]
        let finalizers: [String]
        let isTerminating: Bool

        init(_ type: APIResource, _ metadata: View<ObjectMeta>) {
            self.type = type
            key = ObjectKey(namespace: metadata.namespace, name: metadata.name)
            uid = metadata.uid
            owners = metadata.ownerReferences
            finalizers = metadata.finalizers
            isTerminating = metadata.deletionTimestamp != nil
        }

        /// True when nothing differs that matters to owners and owned.
        func isSame(as other: Node) -> Bool {
            isTerminating == other.isTerminating && owners == other.owners && finalizers == other.finalizers
        }

        /// True when the graph has to know the object.
        var isLinked: Bool { !owners.isEmpty || !finalizers.isEmpty }

        /// Deleted in the foreground: it goes after its dependents.
        var waitsForDependents: Bool { isTerminating && finalizers.contains("foregroundDeletion") }
    }

    private struct State {
        var nodes: [String: Node] = [:]
        /// Uids of the owned by uid of the owner.
        var dependents: [String: Set<String>] = [:]
        /// Namespaces of the objects that are in no other way known. Compact: they are many.
        var places: [UUID: String] = [:]
        /// Types whose objects were listed before.
        var listed: Set<APIResource> = []

        mutating func remove(_ uid: String) {
            if !places.isEmpty, let uid = UUID(uuidString: uid) { places[uid] = nil }
            for owner in nodes.removeValue(forKey: uid)?.owners ?? [] {
                dependents[owner.uid]?.remove(uid)
                if dependents[owner.uid]?.isEmpty == true { dependents[owner.uid] = nil }
            }
        }
    }

    private let state = Mutex(State())

    func put(_ node: Node) {
        state.withLock { state in
            state.remove(node.uid)
            guard node.isLinked else {
                if node.type.isNamespaced, let uid = UUID(uuidString: node.uid) { state.places[uid] = node.key.namespace }
                return
            }
            state.nodes[node.uid] = node
            for owner in node.owners { state.dependents[owner.uid, default: []].insert(node.uid) }
        }
    }

    func remove(_ uid: String) {
        state.withLock { $0.remove(uid) }
    }

    /// Forgets the objects of a type that are not among these. True when the type was listed before.
    func keepOnly(_ nodes: [Node], of type: APIResource) -> Bool {
        let present: Set<String> = Set(nodes.map(\.uid))
        return state.withLock { state in
            for node in state.nodes.values where node.type == type && !present.contains(node.uid) { state.remove(node.uid) }
            return !state.listed.insert(type).inserted
        }
    }

    var all: [Node] { state.withLock { Array($0.nodes.values) } }

    subscript(uid: String) -> Node? { state.withLock { $0.nodes[uid] } }

    /// The namespace of an object; nil for one that has none, or is not known.
    func namespace(of uid: String) -> String? {
        state.withLock { state in
            if let node = state.nodes[uid] { return node.namespace }
            return UUID(uuidString: uid).flatMap { state.places[$0] }
        }
    }

    func dependents(of uid: String) -> [Node] {
        state.withLock { state in (state.dependents[uid] ?? []).compactMap { state.nodes[$0] } }
    }
}
