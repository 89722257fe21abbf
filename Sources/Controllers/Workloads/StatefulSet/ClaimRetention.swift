import API
import Machinery

/// Who a claim of a StatefulSet's pod goes with, as its retention policy says: the garbage collector deletes it with its owner. Pure.
///
/// Deleted with the set: owned by the set. Deleted when the set shrinks: owned by the pod that goes. Otherwise owned by neither.
/// Source: pkg/controller/statefulset/stateful_set_utils.go.
struct ClaimRetention {
    let set: View<StatefulSet>

    private var goesWithSet: Bool { self.set.spec.persistentVolumeClaimRetentionPolicy?.whenDeleted == "Delete" }
    private var goesWithPod: Bool { self.set.spec.persistentVolumeClaimRetentionPolicy?.whenScaled == "Delete" }

    /// The owners that a claim should have; nil when it has them, or when somebody else controls it.
    ///
    /// - Parameter pod: the pod with the claim's number.
    func owners(of claim: View<PersistentVolumeClaim>, pod: View<Pod>, _ ordinal: Int) -> [View<OwnerReference>]? {
        let found: [View<OwnerReference>] = claim.metadata.ownerReferences
        let isForeign: Bool = found.contains { $0.controller == true && $0.uid != set.metadata.uid && $0.uid != pod.metadata.uid }
        guard !isForeign else { return nil }
        let isCondemned: Bool = !set.ordinals.contains(ordinal)
        let ofPod: Bool = goesWithPod && isCondemned
        let ofSet: Bool = goesWithSet && !ofPod
        var wanted: [View<OwnerReference>] = found.filter { owner in
            owner.uid == set.metadata.uid ? ofSet : owner.uid == pod.metadata.uid ? ofPod : true
        }
        if ofSet, !wanted.contains(where: { $0.uid == set.metadata.uid }) { wanted.append(.controller(set)) }
        if ofPod, !wanted.contains(where: { $0.uid == pod.metadata.uid }) { wanted.append(.controller(pod)) }
        return wanted == found ? nil : wanted
    }

    /// True when the claim goes with a former pod of the same name: the new pod has to wait until it is gone.
    func isStale(_ claim: View<PersistentVolumeClaim>, podName: String) -> Bool {
        goesWithPod && claim.metadata.ownerReferences.contains { $0.kind == "Pod" && $0.name == podName }
    }
}
