import API
import Machinery

/// A claim that one pod alone may use is not used by another, and no disk of the node that can't be shared.
///
/// Source: pkg/scheduler/framework/plugins/volumerestrictions.
struct VolumeRestrictions: Filter {
    static let name = "VolumeRestrictions"
    static let events: Set<ClusterEvent.Kind> = [.nodeAdded, .podGone, .claimChanged]

    static func mayHelp(_ pod: PodInfo, _ event: ClusterEvent, _ snapshot: Snapshot) -> Bool {
        switch event {
        case .podGone(let other):
            other.claims.contains { claim in pod.claims.contains { $0.key == claim.key } } || pod.conflictsOverDisks(with: other)
        case .claimChanged(let key): pod.claims.contains { $0.key == key }
        case .nodeAdded: true
        default: false
        }
    }

    private let pod: PodInfo
    private let rivals: Set<ObjectKey>

    init?(_ pod: PodInfo, _ snapshot: Snapshot, _ arguments: PluginArguments) {
        let exclusive: [ObjectKey] = pod.claims.map(\.key).filter { key in
            snapshot.storage.claims[key]?.spec.accessModes.contains("ReadWriteOncePod") ?? false
        }
        guard !exclusive.isEmpty || !pod.disks.isEmpty else { return nil }
        self.pod = pod
        let used: Set<ObjectKey> =
            exclusive.isEmpty
            ? [] : Set(snapshot.nodes.lazy.flatMap(\.pods.values).filter { $0.uid != pod.uid }.flatMap { $0.claims.map(\.key) })
        rivals = used.intersection(exclusive)
        if rivals.isEmpty, pod.disks.isEmpty { return nil }
    }

    func rejection(of node: NodeInfo) -> Rejection? {
        if !pod.disks.isEmpty, node.pods.values.contains(where: { $0.uid != pod.uid && pod.conflictsOverDisks(with: $0) }) {
            return .curable("node(s) had no available disk")
        }
        guard !rivals.isEmpty else { return nil }
        let text: String =
            "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod"
        return node.pods.values.contains { pod in pod.claims.contains { rivals.contains($0.key) } } ? .curable(text) : .incurable(text)
    }
}
