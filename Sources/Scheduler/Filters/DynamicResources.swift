import API
import Machinery

/// Only nodes that have the devices which the pod's ResourceClaims ask for, or have been given.
///
/// Source: pkg/scheduler/framework/plugins/dynamicresources.
struct DynamicResources: Filter {
    static let name = "DynamicResources"
    static let events: Set<ClusterEvent.Kind> = [.nodeAdded, .nodeChanged, .itself, .deviceClaimChanged, .devicesChanged]

    static func mayHelp(_ pod: PodInfo, _ event: ClusterEvent, _ snapshot: Snapshot) -> Bool {
        switch event {
        case .deviceClaimChanged(let key, let frees):
            frees || pod.deviceClaims.contains { $0.claim == key.name } && key.namespace == pod.key.namespace
        case .devicesChanged, .nodeAdded: true
        case .nodeChanged(let before, let after): before.labels != after.labels
        case .itself: event.changesItself { $0.deviceClaims }
        default: false
        }
    }

    let verdictForAll: String?
    /// Claims that need devices.
    private let wishes: [ClaimWish]
    /// What devices may serve without a claim.
    private let extended: [ExtendedRequest]
    private let pod: PodInfo
    /// Where the devices of other claims are.
    private let places: [NodeRule]
    private let view: DeviceView

    init?(_ pod: PodInfo, _ snapshot: Snapshot, _ arguments: PluginArguments) {
        extended = pod.extended.filter { ExtendedRequest.className(of: $0.resource, snapshot.devices) != nil }
        guard !pod.deviceClaims.isEmpty || !extended.isEmpty else { return nil }
        view = snapshot.devices
        self.pod = pod
        var wishes: [ClaimWish] = []
        var places: [NodeRule] = []
        do throws(ClaimWish.Problem) {
            for use in pod.deviceClaims {
                guard let claim = try Self.claim(use, of: pod, snapshot.devices) else { continue }
                if let allocation = claim.status.allocation {
                    places.append(NodeRule(allocation.nodeSelector))
                } else {
                    wishes.append(try ClaimWish(claim, snapshot.devices))
                }
            }
            verdictForAll = nil
        } catch {
            verdictForAll = error.text
        }
        self.wishes = wishes
        self.places = places
    }

    /// nil for one that is not needed.
    private static func claim(_ use: PodDeviceClaim, of pod: PodInfo, _ view: DeviceView) throws(ClaimWish.Problem) -> View<ResourceClaim>?
    {
        guard let name = use.claim else { throw ClaimWish.Problem(text: "pod claim \(use.name): resource claim not created yet") }
        guard !name.isEmpty else { return nil }
        let key = ObjectKey(namespace: pod.key.namespace, name: name)
        guard let claim = view.claims[key] else {
            throw ClaimWish.Problem(text: "resourceclaim.resource.k8s.io \(JSON.quoted(name)) not found")
        }
        if claim.isTerminating { throw ClaimWish.Problem(text: "resourceclaim \(JSON.quoted(name)) is being deleted") }
        if use.isOwn, !claim.metadata.ownerReferences.contains(where: { $0.controller == true && $0.uid == pod.uid }) {
            throw ClaimWish.Problem(text: "ResourceClaim \(key) was not created for pod \(pod.key) (pod is not owner)")
        }
        if view.promised[key] != nil, claim.status.allocation == nil {
            throw ClaimWish.Problem(text: "resource claim \(key) is in the process of being allocated")
        }
        let users: [View<ResourceClaimConsumerReference>] = claim.status.reservedFor
        if users.count >= 256, !users.contains(where: { $0.uid == pod.uid }) { throw ClaimWish.Problem(text: "resourceclaim in use") }
        return claim
    }

    func rejection(of node: NodeInfo) -> Rejection? {
        guard places.allSatisfy({ $0.allows(name: node.name, labels: node.labels) }) else {
            return .incurable("resourceclaim not available on the node")
        }
        do throws(DeviceCondition.Failure) {
            return try allocation(on: node) == nil ? .incurable("cannot allocate all claims") : nil
        } catch {
            return .incurable(error.description)
        }
    }

    /// What the claims without devices get on a node; nil when they can't all be met.
    func allocation(on node: NodeInfo) throws(DeviceCondition.Failure) -> [ObjectKey: View<AllocationResult>]? {
        var wishes: [ClaimWish] = wishes
        do throws(ClaimWish.Problem) {
            if !extended.isEmpty, let wish = try ClaimWish(extended, of: pod, on: node, view) { wishes.append(wish) }
        } catch {
            return nil
        }
        guard !wishes.isEmpty else { return [:] }
        var allocator = DeviceAllocator(wishes, on: node.facts, view)
        return try allocator.allocate()
    }
}
