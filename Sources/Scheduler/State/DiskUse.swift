import API
import Machinery

/// A disk that a pod names without a claim, of a kind that pods can't share as they like.
///
/// Source: `isVolumeConflict` of pkg/scheduler/framework/plugins/volumerestrictions.
enum DiskUse: Sendable {
    case google(name: String, isReadOnly: Bool)
    case amazon(id: String)
    case iscsi(name: String, isReadOnly: Bool)
    case ceph(CephImage, isReadOnly: Bool)

    struct CephImage: Sendable {
        let monitors: Set<String>
        let pool: String
        let image: String
    }

    static func of(_ spec: View<PodSpec>) -> [DiskUse] {
        spec.volumes.compactMap { volume in
            if let disk = volume.gcePersistentDisk { return .google(name: disk.pdName, isReadOnly: disk.readOnly) }
            if let disk = volume.awsElasticBlockStore { return .amazon(id: disk.volumeID) }
            if let disk = volume.iscsi { return .iscsi(name: disk.iqn, isReadOnly: disk.readOnly) }
            if let disk = volume.rbd {
                return .ceph(CephImage(monitors: Set(disk.monitors), pool: disk.pool, image: disk.image), isReadOnly: disk.readOnly)
            }
            return nil
        }
    }

    /// The same disk, and at least one of both writes; of Amazon's not even reading is shared.
    func conflicts(with other: DiskUse) -> Bool {
        switch (self, other) {
        case (.google(let one, let isReadOnly), .google(let other, let isOtherReadOnly)),
            (.iscsi(let one, let isReadOnly), .iscsi(let other, let isOtherReadOnly)):
            one == other && !(isReadOnly && isOtherReadOnly)
        case (.amazon(let one), .amazon(let other)): one == other
        case (.ceph(let one, let isReadOnly), .ceph(let other, let isOtherReadOnly)):
            one.pool == other.pool && one.image == other.image && !one.monitors.isDisjoint(with: other.monitors)
                && !(isReadOnly && isOtherReadOnly)
        default: false
        }
    }
}

extension PodInfo {
    func conflictsOverDisks(with other: PodInfo) -> Bool {
        !disks.isEmpty && other.disks.contains { one in disks.contains { $0.conflicts(with: one) } }
    }
}
