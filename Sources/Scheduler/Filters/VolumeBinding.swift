import API
import Client
import Machinery

/// Only nodes that reach the volumes of the pod's claims, and where those claims that wait for a pod can get one.
///
/// Source: pkg/scheduler/framework/plugins/volumebinding.
struct VolumeBinding: Filter {
    static let name = "VolumeBinding"
    static let events: Set<ClusterEvent.Kind> = [
        .nodeAdded, .nodeChanged, .claimChanged, .volumeChanged, .storageClassChanged,
    ]

    static func mayHelp(_ pod: PodInfo, _ event: ClusterEvent, _ snapshot: Snapshot) -> Bool {
        switch event {
        case .claimChanged(let key): pod.claims.contains { $0.key == key }
        case .volumeChanged, .storageClassChanged, .nodeAdded: true
        case .nodeChanged(let before, let after): before.labels != after.labels
        default: false
        }
    }

    let verdictForAll: String?
    private let bound: [NodeRule]
    private let lacksVolume: Bool
    private let unbound: [View<PersistentVolumeClaim>]
    private let storage: StorageView

    init?(_ pod: PodInfo, _ snapshot: Snapshot, _ arguments: PluginArguments) {
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
            if use.isEphemeral, claim.metadata.controllerUID != pod.uid {
                verdict = "PVC \(use.key) was not created for pod \(pod.key) (pod is not owner)"
            } else if claim.isTerminating {
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
