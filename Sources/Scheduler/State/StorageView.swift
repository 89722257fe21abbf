import API
import Machinery

/// Claims, volumes and classes as the scheduler sees them. It is ahead of the informers: a volume counts as promised from the decision on.
struct StorageView: Sendable {
    var claims: [ObjectKey: View<PersistentVolumeClaim>] = [:]
    /// By name.
    var volumes: [String: View<PersistentVolume>] = [:]
    /// By name.
    var classes: [String: View<StorageClass>] = [:]
    /// Volumes by name that were decided upon for a claim and are not bound yet.
    var promised: [String: ObjectKey] = [:]
    /// How many volumes of a driver a node can take, by node and driver.
    var limits: [String: [String: Int]] = [:]

    /// A volume as its driver knows it.
    struct DriverVolume: Hashable, Sendable {
        let driver: String
        let handle: String
    }

    /// Volumes of the pod's claims that storage drivers attach, those too that are yet to be made.
    func driverVolumes(of pod: PodInfo) -> Set<DriverVolume> {
        Set(
            pod.claims.compactMap { use in
                guard let claim = claims[use.key] else { return nil }
                if let volume = volumes[claim.spec.volumeName] {
                    let source: JSON? = volume.json[["spec", "csi"]]
                    guard let driver = source?["driver"]?.string, let handle = source?["volumeHandle"]?.string else { return nil }
                    return DriverVolume(driver: driver, handle: handle)
                }
                guard let provisioner = classes[claim.storageClass]?.provisioner else { return nil }
                return DriverVolume(driver: provisioner, handle: "\(use.key) to be made")
            })
    }

    /// True for a claim whose volume is chosen when its first pod is placed.
    func waitsForConsumer(_ claim: View<PersistentVolumeClaim>) -> Bool {
        classes[claim.storageClass]?.volumeBindingMode == "WaitForFirstConsumer"
    }

    /// What an unbound claim gets on a node.
    enum Choice: Sendable, Equatable {
        /// A volume that is there.
        case volume(String)
        /// One that its class makes.
        case provision
    }

    /// nil when the claim can get nothing there.
    func choice(for claim: View<PersistentVolumeClaim>, on node: NodeInfo, taken: Set<String>) -> Choice? {
        let reachable: [View<PersistentVolume>] = volumes.values.filter { volume in
            !taken.contains(volume.name) && promised[volume.name].map { $0 == claim.key } ?? true
                && volume.nodeRule.allows(name: node.name, labels: node.labels)
        }
        if let volume = claim.bestMatch(among: reachable) { return .volume(volume.name) }
        guard let storage = classes[claim.storageClass], storage.provisioner != "kubernetes.io/no-provisioner" else { return nil }
        let topologies: [View<TopologySelectorTerm>] = storage.allowedTopologies
        let isAllowed: Bool =
            topologies.isEmpty
            || topologies.contains { term in
                term.matchLabelExpressions.allSatisfy { expression in node.labels[expression.key].map(expression.values.contains) ?? false }
            }
        return isAllowed ? .provision : nil
    }

    /// What the pod's unbound claims get on a node; nil when one of them can get nothing.
    func choices(for claims: [View<PersistentVolumeClaim>], on node: NodeInfo) -> [ObjectKey: Choice]? {
        var choices: [ObjectKey: Choice] = [:]
        var taken: Set<String> = []
        // The largest first, so that smaller ones leave it what it needs.
        for claim in claims.sorted(by: { $0.requestedStorage > $1.requestedStorage }) {
            guard let choice = choice(for: claim, on: node, taken: taken) else { return nil }
            if case .volume(let name) = choice { taken.insert(name) }
            choices[claim.key] = choice
        }
        return choices
    }
}

/// A claim that a pod uses, read once.
struct ClaimUse: Sendable {
    let key: ObjectKey
    /// Made for this pod, and gone with it.
    let isEphemeral: Bool

    static func of(_ pod: View<Pod>) -> [ClaimUse] {
        (pod.json[["spec", "volumes"]]?.array ?? []).compactMap { volume in
            if let name = volume[["persistentVolumeClaim", "claimName"]]?.string {
                return ClaimUse(key: ObjectKey(namespace: pod.namespace, name: name), isEphemeral: false)
            }
            guard volume["ephemeral"] != nil else { return nil }
            let name: String = pod.name + "-" + (volume["name"]?.string ?? "")
            return ClaimUse(key: ObjectKey(namespace: pod.namespace, name: name), isEphemeral: true)
        }
    }
}
