import API
import Machinery

/// The scheduler's own copy of who runs where. It is ahead of the informers: a pod counts on its node from the decision on.
///
/// What changes it returns the event that refused pods hear of; nil when nothing changed that matters to them.
struct ClusterCopy: Sendable {
    private struct Placement: Sendable {
        var pod: PodInfo
        let node: String
        /// Decided here and not yet seen through the informer.
        var isAssumed: Bool
    }

    private(set) var snapshot = Snapshot()
    /// By uid of the pod; also for nodes that are not known.
    private var placements: [String: Placement] = [:]
    /// Pods on nodes that are not known, by the node: uids.
    private var strays: [String: Set<String>] = [:]

    func node(of uid: String) -> String? { placements[uid]?.node }

    mutating func prepare(for pod: PodInfo, _ arguments: PluginArguments) { snapshot.prepare(for: pod, arguments) }

    // MARK: - Nodes and what is beside them

    /// A node that is new, or was changed. One that has not said yet what it has is none.
    mutating func set(_ node: View<Node>) -> ClusterEvent? {
        var info = NodeInfo(node)
        guard !info.allocatable.amounts.isEmpty else { return removeNode(info.name) }
        let old: NodeInfo? = snapshot.node(info.name)
        if let old {
            if info.isSame(as: old), info.images == old.images { return nil }
            info.takePods(of: old)
        } else {
            for uid in strays.removeValue(forKey: info.name) ?? [] { if let pod = placements[uid]?.pod { info.add(pod) } }
        }
        snapshot.set(info)
        guard let old else { return info.isReady ? .nodeAdded(info) : nil }
        // A node is born with a taint that goes when it is ready: only then is it worth a pod's next attempt.
        if info.isReady, !old.isReady { return .nodeAdded(info) }
        return info.isSame(as: old) ? nil : .nodeChanged(before: old, after: info)
    }

    @discardableResult
    mutating func removeNode(_ name: String) -> ClusterEvent? {
        guard let node = snapshot.removeNode(name) else { return nil }
        if !node.pods.isEmpty { strays[name] = Set(node.pods.keys) }
        return .nodeRemoved(node)
    }

    /// A claim that has its volume keeps no promise any longer.
    mutating func setClaim(_ key: ObjectKey, _ claim: View<PersistentVolumeClaim>?) -> ClusterEvent? {
        snapshot.storage.claims[key] = claim
        if claim?.isBound ?? true { snapshot.storage.promised = snapshot.storage.promised.filter { $0.value != key } }
        return .claimChanged(key)
    }

    mutating func setVolume(_ name: String, _ volume: View<PersistentVolume>?) -> ClusterEvent? {
        snapshot.storage.volumes[name] = volume
        return .volumeChanged(name)
    }

    mutating func setClass(_ name: String, _ storageClass: View<StorageClass>?) -> ClusterEvent? {
        snapshot.storage.classes[name] = storageClass
        return .storageClassChanged(name)
    }

    mutating func setDrivers(of node: String, _ drivers: View<CSINode>?) -> ClusterEvent? {
        var limits: [String: Int] = [:]
        for driver in drivers?.spec.drivers ?? [] { if let count = driver.allocatable?.count { limits[driver.name] = Int(count) } }
        let new: [String: Int]? = limits.isEmpty ? nil : limits
        guard snapshot.storage.limits[node] != new else { return nil }
        snapshot.storage.limits[node] = new
        return .storageDriversChanged(node: node)
    }

    mutating func setDeviceClaim(_ key: ObjectKey, _ claim: View<ResourceClaim>?) -> ClusterEvent? {
        .deviceClaimChanged(key, frees: snapshot.devices.setClaim(key, claim))
    }

    mutating func setDeviceClass(_ name: String, _ deviceClass: View<DeviceClass>?) -> ClusterEvent? {
        snapshot.devices.setClass(name, deviceClass)
        return .devicesChanged
    }

    mutating func setDevices(_ name: String, before: View<ResourceSlice>?, after: View<ResourceSlice>?) -> ClusterEvent? {
        snapshot.devices.setSlice(name, before: before, after: after)
        return .devicesChanged
    }

    mutating func setNamespace(_ name: String, labels: [String: String]?) -> ClusterEvent? {
        guard snapshot.namespaces[name] != labels else { return nil }
        snapshot.setNamespace(name, labels: labels)
        return .namespaceChanged(name)
    }

    mutating func setOwner(_ uid: String, _ selector: LabelMatch?) { snapshot.sets.setOwner(uid, selector) }

    mutating func setService(_ key: ObjectKey, _ selector: LabelMatch?) { snapshot.sets.setService(key, selector) }

    // MARK: - Pods

    /// A pod that was decided upon: it counts although nobody sees it on its node yet.
    mutating func assume(_ pod: PodInfo, on node: String) { put(pod, on: node, isAssumed: true) }

    /// Chooses for the pod's unbound claims what they get on the node.
    mutating func promise(_ pod: PodInfo, on name: String) -> [ObjectKey: StorageView.Choice] {
        let unbound: [View<PersistentVolumeClaim>] = pod.claims.compactMap { snapshot.storage.claims[$0.key] }.filter { !$0.isBound }
        guard !unbound.isEmpty, let node = snapshot.node(name), let choices = snapshot.storage.choices(for: unbound, on: node) else {
            return [:]
        }
        for (key, choice) in choices { if case .volume(let volume) = choice { snapshot.storage.promised[volume] = key } }
        return choices
    }

    mutating func withdrawPromises(to pod: PodInfo) {
        let keys: Set<ObjectKey> = Set(pod.claims.map(\.key))
        if !keys.isEmpty { snapshot.storage.promised = snapshot.storage.promised.filter { !keys.contains($0.value) } }
    }

    /// Chooses devices on the node for those of the pod's claims that have none.
    mutating func promiseDevices(to pod: PodInfo, on name: String) -> [ObjectKey: View<AllocationResult>] {
        guard let node = snapshot.node(name), let wanted = DynamicResources(pod, snapshot, PluginArguments()),
            let allocation = try? wanted.allocation(on: node)
        else { return [:] }
        for (key, devices) in allocation { snapshot.devices.promise(devices, to: key) }
        return allocation
    }

    mutating func withdrawDevices(from pod: PodInfo) {
        for case let name? in pod.deviceClaims.map(\.claim) {
            _ = snapshot.devices.withdraw(from: ObjectKey(namespace: pod.key.namespace, name: name))
        }
        withdrawExtended(from: pod)
    }

    /// The claim that was made for the pod's extended resources says now what it has.
    mutating func withdrawExtended(from pod: PodInfo) {
        if !pod.extended.isEmpty { _ = snapshot.devices.withdraw(from: ExtendedRequest.claim(for: pod)) }
    }

    /// Takes a decision back whose binding failed; one that the informer has shown meanwhile stays.
    mutating func forget(_ uid: String) -> ClusterEvent? {
        guard let placement = placements[uid], placement.isAssumed else { return nil }
        return remove(uid)
    }

    /// A pod as the informer shows it on its node.
    mutating func confirm(_ pod: View<Pod>) -> ClusterEvent? {
        let uid: String = pod.metadata.uid
        let node: String = pod.spec.nodeName
        let old: Placement? = placements[uid]
        if let old, old.node == node, old.pod.isSame(as: pod) {
            old.pod.noteStart(pod)
            guard old.isAssumed else { return nil }
            placements[uid]?.isAssumed = false
            return .podPlaced(old.pod)
        }
        let info = PodInfo(pod)
        put(info, on: node, isAssumed: false)
        if let old, old.node == node { return .podChanged(before: old.pod, after: info) }
        return .podPlaced(info)
    }

    @discardableResult
    mutating func remove(_ uid: String) -> ClusterEvent? {
        guard let old = placements.removeValue(forKey: uid) else { return nil }
        takeOff(old)
        return .podGone(old.pod)
    }

    private mutating func put(_ pod: PodInfo, on node: String, isAssumed: Bool) {
        if let old = placements[pod.uid] { takeOff(old) }
        placements[pod.uid] = Placement(pod: pod, node: node, isAssumed: isAssumed)
        if snapshot.position(of: node) == nil { strays[node, default: []].insert(pod.uid) } else { snapshot.add(pod, to: node) }
    }

    private mutating func takeOff(_ placement: Placement) {
        snapshot.remove(placement.pod, from: placement.node)
        guard strays[placement.node] != nil else { return }
        strays[placement.node]?.remove(placement.pod.uid)
        if strays[placement.node]?.isEmpty == true { strays[placement.node] = nil }
    }
}
