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
    ///   - tally: of all pods that the set controls, those that have ended and terminate too.
    ///   - pods: the same pods, asked for where some have to go.
    ///   - related: pods of sets with the same owner, asked for then too: of several pods on a node one is spared more easily.
    init(
        _ wish: ReplicaWish, isTerminating: Bool, tally: TallyByLabels, pods: () -> [View<Pod>], related: () -> [View<Pod>]? = { nil },
        now: Time
    ) {
        let active: Int = tally.values.reduce(0) { $0 + $1.active }
        let surplus: Int = active - wish.replicas
        missing = isTerminating ? 0 : max(0, -surplus)
        victims =
            surplus > 0 && !isTerminating
            ? Array(VictimRank.sorted(pods().filter(\.isActive), related: related()?.filter(\.isActive)).prefix(surplus)) : []

        let labels: [String: String] = wish.template.metadata.labels
        counts = ReplicaCounts(
            replicas: active,
            fullyLabeled: tally.reduce(0) { sum, entry in
                labels.allSatisfy { entry.key[$0.key] == $0.value } ? sum + entry.value.active : sum
            },
            ready: tally.values.reduce(0) { $0 + $1.ready },
            available: tally.values.reduce(0) { $0 + $1.available(minReadySeconds: wish.minReadySeconds, now: now) },
            terminating: tally.values.reduce(0) { $0 + $1.terminating })
        nextLook = tally.values.compactMap { $0.nextAvailability(minReadySeconds: wish.minReadySeconds, now: now) }.min()
    }
}
