import API
import Machinery

/// Only nodes that can take the pod's volumes beside those which are in use there: each storage driver has a limit, told in the CSINode.
///
/// Source: pkg/scheduler/framework/plugins/nodevolumelimits.
struct NodeVolumeLimits: Filter {
    static let name = "NodeVolumeLimits"
    static let events: Set<ClusterEvent.Kind> = [
        .nodeAdded, .podGone, .claimChanged, .volumeChanged, .storageDriversChanged,
    ]

    static func mayHelp(_ pod: PodInfo, _ event: ClusterEvent, _ snapshot: Snapshot) -> Bool {
        switch event {
        case .podGone(let other): !other.claims.isEmpty
        case .claimChanged(let key): pod.claims.contains { $0.key == key }
        case .nodeAdded, .storageDriversChanged, .volumeChanged: true
        default: false
        }
    }

    private let wanted: Set<StorageView.DriverVolume>
    private let storage: StorageView

    init?(_ pod: PodInfo, _ snapshot: Snapshot, _ arguments: PluginArguments) {
        storage = snapshot.storage
        guard !pod.claims.isEmpty, !storage.limits.isEmpty else { return nil }
        wanted = storage.driverVolumes(of: pod)
        if wanted.isEmpty { return nil }
    }

    func rejection(of node: NodeInfo) -> Rejection? {
        guard let limits = storage.limits[node.name] else { return nil }
        let present: Set<StorageView.DriverVolume> = node.pods.values.reduce(into: []) { $0.formUnion(storage.driverVolumes(of: $1)) }
        let new: Set<StorageView.DriverVolume> = wanted.subtracting(present)
        for driver in Set(new.map(\.driver)) {
            guard let limit = limits[driver] else { continue }
            if new.count(where: { $0.driver == driver }) + present.count(where: { $0.driver == driver }) > limit {
                return .curable("node(s) exceed max volume count")
            }
        }
        return nil
    }
}
