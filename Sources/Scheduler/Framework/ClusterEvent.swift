import API
import Machinery

/// Something that happened in the cluster and that may give refused pods another chance.
///
/// Which pods those are, each plugin says: ``Filter/mayHelp(_:_:_:)``.
enum ClusterEvent: Sendable {
    /// A node that is new and ready, or has become ready.
    case nodeAdded(NodeInfo)
    case nodeChanged(before: NodeInfo, after: NodeInfo)
    case nodeRemoved(NodeInfo)
    /// A pod came to a node.
    case podPlaced(PodInfo)
    /// A pod on a node got other labels, asks for other amounts, or began to end.
    case podChanged(before: PodInfo, after: PodInfo)
    /// A pod left its node.
    case podGone(PodInfo)
    /// The waiting pod itself got another form.
    case itself(before: PodInfo, after: PodInfo)
    /// The labels of a namespace.
    case namespaceChanged(String)
    case claimChanged(ObjectKey)
    /// A volume.
    case volumeChanged(String)
    case storageClassChanged(String)
    /// What the storage drivers of a node can take.
    case storageDriversChanged(node: String)
    /// A ResourceClaim; some of the devices that it had may be free.
    case deviceClaimChanged(ObjectKey, frees: Bool)
    /// Devices that are offered, or classes of them.
    case devicesChanged

    /// What happened, without to whom.
    enum Kind: Hashable, Sendable {
        case nodeAdded, nodeChanged, nodeRemoved, podPlaced, podChanged, podGone, itself, namespaceChanged, claimChanged, volumeChanged
        case storageClassChanged, storageDriversChanged, deviceClaimChanged, devicesChanged
    }

    var kind: Kind {
        switch self {
        case .nodeAdded: .nodeAdded
        case .nodeChanged: .nodeChanged
        case .nodeRemoved: .nodeRemoved
        case .podPlaced: .podPlaced
        case .podChanged: .podChanged
        case .podGone: .podGone
        case .itself: .itself
        case .namespaceChanged: .namespaceChanged
        case .claimChanged: .claimChanged
        case .volumeChanged: .volumeChanged
        case .storageClassChanged: .storageClassChanged
        case .storageDriversChanged: .storageDriversChanged
        case .deviceClaimChanged: .deviceClaimChanged
        case .devicesChanged: .devicesChanged
        }
    }

    /// Resource and action, as the metrics of kube-scheduler name them.
    var label: String {
        switch self {
        case .nodeAdded: "NodeAdd"
        case .nodeChanged: "NodeUpdate"
        case .nodeRemoved: "NodeDelete"
        case .podPlaced: "AssignedPodAdd"
        case .podChanged: "AssignedPodUpdate"
        case .podGone: "AssignedPodDelete"
        case .itself: "UnschedulablePodUpdate"
        case .namespaceChanged: "NamespaceUpdate"
        case .claimChanged: "PersistentVolumeClaimUpdate"
        case .volumeChanged: "PersistentVolumeUpdate"
        case .storageClassChanged: "StorageClassUpdate"
        case .storageDriversChanged: "CSINodeUpdate"
        case .deviceClaimChanged: "ResourceClaimUpdate"
        case .devicesChanged: "ResourceSliceUpdate"
        }
    }

    /// The node that became one to choose from, or got better; nil for other events.
    var node: NodeInfo? {
        switch self {
        case .nodeAdded(let node), .nodeChanged(_, let node): node
        default: nil
        }
    }

    /// True when a node is now as `isFit` wants it and was not before.
    func makesNode(fit isFit: (NodeInfo) -> Bool) -> Bool {
        switch self {
        case .nodeAdded(let node): isFit(node)
        case .nodeChanged(let before, let after): !isFit(before) && isFit(after)
        default: false
        }
    }

    /// True when the waiting pod itself differs in what `part` reads.
    func changesItself<Part: Equatable>(_ part: (PodInfo) -> Part) -> Bool {
        guard case .itself(let before, let after) = self else { return false }
        return part(before) != part(after)
    }
}
