import API
import Client
import Machinery

/// Asks for work on the owner of each object that changes, and on those that may take an object without owner.
///
/// An owner of many looks through all of them each time: it is asked for a little later then, once for all that changed meanwhile.
///
/// - Parameter selector: of an owner, for the objects that it may take; nothing where owners take none.
func watchOwned<Owner: Kind, Owned: Kind>(
    by owners: Informer<Owner>, _ owned: Informer<Owned>, _ queue: WorkQueue,
    selector: (@Sendable (View<Owner>) -> LabelMatch)? = nil
) {
    let gathering = Gathering()
    owned.onChange { [owned] before, after in
        for case let object? in [before, after] {
            if let owner = object.metadata.controller {
                guard owner.kind == Owner.names.kind else { continue }
                let key = ObjectKey(namespace: object.metadata.namespace, name: owner.name)
                gathering.weigh(key, owned.count(ownedBy: owner.uid))
                gathering.add(key, to: queue)
            } else if let selector, !owners.isEmpty {
                let there: [View<Owner>] = owners.list(namespace: object.metadata.namespace)
                guard !there.isEmpty else { continue }
                let labels: [String: String] = object.metadata.labels
                for owner in there where selector(owner).matches(labels) { queue.add(owner.key) }
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
