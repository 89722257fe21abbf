import API
import Machinery

/// What a ReplicaSet or ReplicationController needs, decided from what was read. Pure.
struct ReplicaPlan {
    /// Pods to make.
    let missing: Int
    /// Pods to delete, in this order.
    let victims: [View<Pod>]
    let counts: ReplicaCounts
    /// When a ready pod becomes available although nothing changes.
    let nextLook: Duration?

    /// - Parameters:
    ///   - pods: all that the set controls, those that have ended and terminate too.
    ///   - related: pods of sets with the same owner, asked for where some have to go: of several pods on a node one is spared more easily.
    init(_ wish: ReplicaWish, isTerminating: Bool, pods: [View<Pod>], related: () -> [View<Pod>]? = { nil }, now: Time) {
        let active: [View<Pod>] = pods.filter(\.isActive)
        let surplus: Int = active.count - wish.replicas
        missing = isTerminating ? 0 : max(0, -surplus)
        victims =
            surplus > 0 && !isTerminating
            ? Array(VictimRank.sorted(active, related: related()?.filter(\.isActive)).prefix(surplus)) : []

        let labels: [String: String] = wish.template.metadata.labels
        let ready: [View<Pod>] = active.filter(\.isReady)
        counts = ReplicaCounts(
            replicas: active.count,
            fullyLabeled: active.count { pod in
                let own: [String: String] = pod.metadata.labels
                return labels.allSatisfy { own[$0.key] == $0.value }
            },
            ready: ready.count,
            available: ready.count { $0.isAvailable(minReadySeconds: wish.minReadySeconds, now: now) },
            terminating: pods.count { $0.isTerminating && !$0.isFinished })
        nextLook = ready.nextAvailability(minReadySeconds: wish.minReadySeconds, now: now)
    }
}
