import API
import Machinery

/// The scheduler's own copy of who runs where. It is ahead of the informers: a pod counts on its node from the decision on.
struct ClusterCopy: Sendable {
    private struct Placement: Sendable {
        var pod: PodInfo
        let node: String
        /// Decided here and not yet seen through the informer.
        var isAssumed: Bool
    }

    private var nodes: [String: NodeInfo] = [:]
    /// By uid of the pod; also for nodes that are not known.
    private var placements: [String: Placement] = [:]
    private var namespaces: [String: [String: String]] = [:]
    var storage = StorageView()
    /// Names of `nodes`, sorted.
    private var order: [String] = []

    var snapshot: Snapshot { Snapshot(nodes: order.compactMap { nodes[$0] }, namespaces: namespaces, storage: storage) }

    func node(of uid: String) -> String? { placements[uid]?.node }

    /// A node that is new, or was changed. One that has not said yet what it has is none.
    mutating func set(_ node: View<Node>) -> ClusterChange {
        var info = NodeInfo(node)
        guard !info.allocatable.amounts.isEmpty else {
            removeNode(info.name)
            return []
        }
        let old: NodeInfo? = nodes[info.name]
        if let old {
            info.takePods(of: old)
        } else {
            for placement in placements.values where placement.node == info.name { info.add(placement.pod) }
            order.insert(info.name, at: order.firstIndex { $0 > info.name } ?? order.endIndex)
        }
        nodes[info.name] = info
        // A node is born with a taint that goes when it is ready: only then is it worth a pod's next attempt.
        if !info.isReady { return old.map { info.changes(since: $0) } ?? [] }
        return old.map { $0.isReady ? info.changes(since: $0) : .anything } ?? .nodeAdded
    }

    mutating func removeNode(_ name: String) {
        nodes[name] = nil
        order.removeAll { $0 == name }
    }

    /// A claim that has its volume keeps no promise any longer.
    mutating func setClaim(_ key: ObjectKey, _ claim: View<PersistentVolumeClaim>?) -> ClusterChange {
        storage.claims[key] = claim
        if claim?.isBound ?? true { storage.promised = storage.promised.filter { $0.value != key } }
        return .storage
    }

    mutating func setNamespace(_ name: String, labels: [String: String]?) -> ClusterChange {
        guard namespaces[name] != labels else { return [] }
        namespaces[name] = labels
        return .namespaceLabels
    }

    /// A pod that was decided upon: it counts although nobody sees it on its node yet.
    mutating func assume(_ pod: PodInfo, on node: String) { put(pod, on: node, isAssumed: true) }

    /// Chooses for the pod's unbound claims what they get on the node.
    mutating func promise(_ pod: PodInfo, on name: String) -> [ObjectKey: StorageView.Choice] {
        let unbound: [View<PersistentVolumeClaim>] = pod.claims.compactMap { storage.claims[$0.key] }.filter { !$0.isBound }
        guard !unbound.isEmpty, let node = nodes[name], let choices = storage.choices(for: unbound, on: node) else { return [:] }
        for (key, choice) in choices { if case .volume(let volume) = choice { storage.promised[volume] = key } }
        return choices
    }

    /// Takes a decision back whose binding failed; one that the informer has shown meanwhile stays.
    mutating func forget(_ uid: String) -> ClusterChange {
        guard let placement = placements[uid], placement.isAssumed else { return [] }
        let keys: Set<ObjectKey> = Set(placement.pod.claims.map(\.key))
        if !keys.isEmpty { storage.promised = storage.promised.filter { !keys.contains($0.value) } }
        return remove(uid)
    }

    /// A pod as the informer shows it on its node.
    mutating func confirm(_ pod: View<Pod>) -> ClusterChange {
        let uid: String = pod.metadata.uid
        let node: String = pod.spec.nodeName
        if let old = placements[uid], old.node == node, old.pod.isSame(as: pod) {
            placements[uid]?.isAssumed = false
            return old.isAssumed ? .podPlaced : []
        }
        let wasHere: Bool = placements[uid]?.node == node
        put(PodInfo(pod), on: node, isAssumed: false)
        return wasHere ? .podChanged : .podPlaced
    }

    mutating func remove(_ uid: String) -> ClusterChange {
        guard let old = placements.removeValue(forKey: uid) else { return [] }
        nodes[old.node]?.remove(uid)
        return .podGone
    }

    private mutating func put(_ pod: PodInfo, on node: String, isAssumed: Bool) {
        if let old = placements[pod.uid] { nodes[old.node]?.remove(pod.uid) }
        placements[pod.uid] = Placement(pod: pod, node: node, isAssumed: isAssumed)
        nodes[node]?.add(pod)
    }
}
