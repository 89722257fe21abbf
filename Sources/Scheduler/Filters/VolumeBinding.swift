import API
import Machinery

/// Only nodes that reach the volumes of the pod's claims, and where those claims that wait for a pod can get one.
///
/// Source: pkg/scheduler/framework/plugins/volumebinding.
struct VolumeBinding: Filter {
    static let name = "VolumeBinding"
    static let retriedOn: ClusterChange = [.storage, .nodeLabels]

    let verdictForAll: String?
    private let bound: [NodeRule]
    private let lacksVolume: Bool
    private let unbound: [View<PersistentVolumeClaim>]
    private let storage: StorageView

    init?(_ pod: PodInfo, _ snapshot: Snapshot) {
        guard !pod.claims.isEmpty else { return nil }
        storage = snapshot.storage
        var verdict: String?
        var bound: [NodeRule] = []
        var unbound: [View<PersistentVolumeClaim>] = []
        var lacksVolume: Bool = false
        for use in pod.claims {
            let quoted: String = JSON.quoted(use.key.name)
            guard let claim = storage.claims[use.key] else {
                verdict =
                    use.isEphemeral
                    ? "waiting for ephemeral volume controller to create the persistentvolumeclaim \(quoted)"
                    : "persistentvolumeclaim \(quoted) not found"
                break
            }
            if claim.isTerminating {
                verdict = "persistentvolumeclaim \(quoted) is being deleted"
            } else if claim.status.phase == "Lost" {
                verdict = "persistentvolumeclaim \(quoted) bound to non-existent persistentvolume \(JSON.quoted(claim.spec.volumeName))"
            } else if claim.isBound {
                if let volume = storage.volumes[claim.spec.volumeName] { bound.append(volume.nodeRule) } else { lacksVolume = true }
            } else if storage.waitsForConsumer(claim) {
                unbound.append(claim)
            } else {
                verdict = "pod has unbound immediate PersistentVolumeClaims"
            }
            if verdict != nil { break }
        }
        verdictForAll = verdict
        self.bound = bound
        self.unbound = unbound
        self.lacksVolume = lacksVolume
    }

    func rejection(of node: NodeInfo) -> Rejection? {
        if lacksVolume { return .incurable("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)") }
        if !bound.allSatisfy({ $0.allows(name: node.name, labels: node.labels) }) {
            return .incurable("node(s) didn't match PersistentVolume's node affinity")
        }
        if !unbound.isEmpty, storage.choices(for: unbound, on: node) == nil {
            return .incurable("node(s) didn't find available persistent volumes to bind")
        }
        return nil
    }
}

/// A claim that one pod alone may use is not used by another. Source: pkg/scheduler/framework/plugins/volumerestrictions.
struct VolumeRestrictions: Filter {
    static let name = "VolumeRestrictions"
    static let retriedOn: ClusterChange = [.storage, .podGone]

    private let rivals: Set<ObjectKey>

    init?(_ pod: PodInfo, _ snapshot: Snapshot) {
        let exclusive: [ObjectKey] = pod.claims.map(\.key).filter { key in
            snapshot.storage.claims[key]?.spec.accessModes.contains("ReadWriteOncePod") ?? false
        }
        guard !exclusive.isEmpty else { return nil }
        let used: Set<ObjectKey> = Set(
            snapshot.nodes.lazy.flatMap(\.pods.values).filter { $0.uid != pod.uid }.flatMap { $0.claims.map(\.key) })
        rivals = used.intersection(exclusive)
        if rivals.isEmpty { return nil }
    }

    func rejection(of node: NodeInfo) -> Rejection? {
        let text: String =
            "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod"
        return node.pods.values.contains { pod in pod.claims.contains { rivals.contains($0.key) } } ? .curable(text) : .incurable(text)
    }
}

/// Only nodes in the zone and region of the pod's volumes, where their labels say one.
/// Source: pkg/scheduler/framework/plugins/volumezone.
struct VolumeZone: Filter {
    static let name = "VolumeZone"
    static let retriedOn: ClusterChange = [.storage, .nodeLabels]
    private static let labels = [
        "topology.kubernetes.io/zone", "topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/zone",
        "failure-domain.beta.kubernetes.io/region",
    ]

    private let places: [(label: String, values: Set<String>)]

    init?(_ pod: PodInfo, _ snapshot: Snapshot) {
        guard !pod.claims.isEmpty else { return nil }
        var places: [(label: String, values: Set<String>)] = []
        for use in pod.claims {
            guard let name = snapshot.storage.claims[use.key]?.spec.volumeName, let volume = snapshot.storage.volumes[name] else {
                continue
            }
            let labels: [String: String] = volume.metadata.labels
            for label in Self.labels {
                if let value = labels[label] { places.append((label, Set(value.components(separatedBy: "__")))) }
            }
        }
        guard !places.isEmpty else { return nil }
        self.places = places
    }

    func rejection(of node: NodeInfo) -> Rejection? {
        // A node that says nothing of zones is in all of them.
        guard Self.labels.contains(where: { node.labels[$0] != nil }) else { return nil }
        let isThere: Bool = places.allSatisfy { place in node.labels[place.label].map(place.values.contains) ?? false }
        return isThere ? nil : .incurable("node(s) had no available volume zone")
    }
}

extension String {
    fileprivate func components(separatedBy mark: String) -> [String] {
        var parts: [String] = []
        var rest: Substring = self[...]
        while let range = rest.firstRange(of: mark) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}
