import Sandbox

/// Room in the storage of a claim that a pod has mounted: in the file system that it lies on.
struct VolumeUsage: Sendable {
    /// The pod's name for it.
    let name: String
    let claim: String
    let disk: DiskSpace

    /// Nil for storage that is gone. Blocks.
    init?(_ volume: PodVolumes.Claimed) {
        guard let disk = try? DiskSpace(at: volume.path) else { return nil }
        self.init(name: volume.volume, claim: volume.claim, disk: disk)
    }

    init(name: String, claim: String, disk: DiskSpace) {
        self.name = name
        self.claim = claim
        self.disk = disk
    }
}
