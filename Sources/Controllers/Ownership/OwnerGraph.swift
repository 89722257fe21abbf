import API
import Machinery
import Synchronization

/// Who owns whom, of all objects of the cluster: a copy of metadata kept true by informers.
final class OwnerGraph: Sendable {
    /// One object.
    struct Node: Sendable {
        let type: ResourceType
        let key: ObjectKey
        let uid: String
        let owners: [View<OwnerReference>]
        let finalizers: [String]
        let isTerminating: Bool

        /// Deleted in the foreground: it goes after its dependents.
        var waitsForDependents: Bool { isTerminating && finalizers.contains("foregroundDeletion") }
    }

    private struct State {
        var nodes: [String: Node] = [:]
        /// Uids of the owned by uid of the owner.
        var dependents: [String: Set<String>] = [:]
    }

    private let state = Mutex(State())

    func put(_ node: Node) {
        state.withLock { state in
            for owner in state.nodes[node.uid]?.owners ?? [] { state.dependents[owner.uid]?.remove(node.uid) }
            state.nodes[node.uid] = node
            for owner in node.owners { state.dependents[owner.uid, default: []].insert(node.uid) }
        }
    }

    func remove(_ uid: String) {
        state.withLock { state in
            for owner in state.nodes[uid]?.owners ?? [] {
                state.dependents[owner.uid]?.remove(uid)
                if state.dependents[owner.uid]?.isEmpty == true { state.dependents[owner.uid] = nil }
            }
            state.nodes[uid] = nil
        }
    }

    subscript(uid: String) -> Node? { state.withLock { $0.nodes[uid] } }

    func dependents(of uid: String) -> [Node] {
        state.withLock { state in (state.dependents[uid] ?? []).compactMap { state.nodes[$0] } }
    }
}
