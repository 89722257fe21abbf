import API
import Machinery

/// What becomes of a ResourceClaim, decided from what was read. Pure.
///
/// Source: `syncClaim` of pkg/controller/resourceclaim.
struct ResourceClaimPlan: Equatable {
    /// What keeps a claim from going while devices are given to it.
    static let finalizer = "resource.kubernetes.io/delete-protection"

    /// The status to write, with the devices given back when nobody uses them any longer; nil when it stays.
    private(set) var status: View<ResourceClaimStatus>?
    /// True when nothing holds the claim any longer.
    private(set) var isFree = false
    /// True for a claim that was made for a pod which will not run any more.
    private(set) var isDoomed = false

    /// - Parameters:
    ///   - uses: whether the pod of a reference is there, and will still use the devices.
    ///   - owner: the pod that the claim was made for; nil when it is gone, or for a claim that somebody made.
    init(_ claim: View<ResourceClaim>, owner: View<Pod>?, uses: (View<ResourceClaimConsumerReference>) -> Bool) {
        let before: View<ResourceClaimStatus> = claim.status
        let users: [View<ResourceClaimConsumerReference>] = before.reservedFor.filter(uses)
        let isHeld: Bool = claim.metadata.finalizers.contains(Self.finalizer)
        var after: View<ResourceClaimStatus> = before
        if users.count < before.reservedFor.count {
            if users.isEmpty { after.remove(\.reservedFor) } else { after.reservedFor = users }
        }
        let hasEnded: Bool = users.isEmpty && !before.reservedFor.isEmpty || users.isEmpty && claim.isTerminating
        if hasEnded, isHeld { after.remove(\.allocation) }
        status = after == before ? nil : after
        isFree = isHeld && users.isEmpty && after.allocation == nil && (hasEnded || claim.isTerminating)
        if users.isEmpty, !claim.isTerminating, let made = claim.metadata.controller, made.kind == Pod.names.kind {
            isDoomed = owner.map { $0.metadata.uid != made.uid || $0.isDone } ?? true
        }
    }
}

extension View<Pod> {
    /// True for a pod that uses no device any longer: it has ended, or goes without ever having had a node.
    var isDone: Bool { isFinished || isTerminating && !isScheduled }
}
