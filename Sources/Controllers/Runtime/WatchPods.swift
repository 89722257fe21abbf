import API
import Client
import Machinery

/// Asks for work on the owner of each pod that changes, and on those that may take a pod without owner.
///
/// - Parameter selector: of an owner, for the pods that it may take.
func watchPods<Owner: Kind>(
    of owners: Informer<Owner>, _ pods: Informer<Pod>, _ queue: WorkQueue,
    selector: @escaping @Sendable (View<Owner>) -> LabelMatch
) {
    pods.onChange { before, after in
        for pod in [before, after].compactMap({ $0 }) {
            if let owner = pod.metadata.controller {
                if owner.kind == Owner.names.kind { queue.add(ObjectKey(namespace: pod.namespace, name: owner.name)) }
            } else {
                let labels: [String: String] = pod.metadata.labels
                for owner in owners.list(namespace: pod.namespace) where selector(owner).matches(labels) { queue.add(owner.key) }
            }
        }
    }
}

extension APIStatus {
    /// True for a refusal because the namespace is going: nothing can be made there any more, and nothing need be.
    var isNamespaceTerminating: Bool { details?.causes.contains { $0.reason == "NamespaceTerminating" } ?? false }
}

extension [View<Pod>] {
    /// When the next ready pod becomes available although nothing changes; nil when none does.
    func nextAvailability(minReadySeconds: Int, now: Time) -> Duration? {
        guard minReadySeconds > 0 else { return nil }
        return lazy.compactMap { pod -> Duration? in
            guard pod.isReady, !pod.isAvailable(minReadySeconds: minReadySeconds, now: now),
                let since = pod.condition("Ready")?.lastTransitionTime
            else { return nil }
            return Swift.max(.seconds(since.seconds + Int64(minReadySeconds) - now.seconds), .zero)
        }.min()
    }
}
