import API
import Machinery

/// What a ReplicaSet needs, decided from what was read. Pure.
struct ReplicaSetPlan {
    /// Pods to make.
    let missing: Int
    /// Pods to delete, in this order.
    let victims: [View<Pod>]
    let status: View<ReplicaSetStatus>
    /// When a ready pod becomes available although nothing changes.
    let nextLook: Duration?

    /// - Parameter pods: all that the set controls, those that have ended and terminate too.
    init(_ set: View<ReplicaSet>, pods: [View<Pod>], now: Time) {
        let active: [View<Pod>] = pods.filter(\.isActive)
        let wanted: Int = set.spec.replicas
        let surplus: Int = active.count - wanted
        missing = set.isTerminating ? 0 : max(0, -surplus)
        victims = surplus > 0 && !set.isTerminating ? Array(VictimRank.sorted(active).prefix(surplus)) : []

        let minReady: Int = set.spec.minReadySeconds
        let labels: [String: String] = set.spec.template.metadata.labels
        let ready: [View<Pod>] = active.filter(\.isReady)
        let available: [View<Pod>] = ready.filter { $0.isAvailable(minReadySeconds: minReady, now: now) }
        var status: View<ReplicaSetStatus> = set.status
        status.replicas = active.count
        status.fullyLabeledReplicas = active.count { pod in
            let own: [String: String] = pod.metadata.labels
            return labels.allSatisfy { own[$0.key] == $0.value }
        }
        status.readyReplicas = ready.count
        status.availableReplicas = available.count
        status.terminatingReplicas = pods.count { $0.isTerminating && !$0.isFinished }
        status.observedGeneration = set.metadata.generation
        self.status = status

        nextLook = ready.compactMap { pod -> Duration? in
            guard minReady > 0, !pod.isAvailable(minReadySeconds: minReady, now: now),
                let since = pod.condition("Ready")?.lastTransitionTime
            else { return nil }
            return max(.seconds(since.seconds + Int64(minReady) - now.seconds), .zero)
        }.min()
    }
}
