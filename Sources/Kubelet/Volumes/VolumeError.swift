/// Why a volume can't be mounted; the text follows `MountVolume.SetUp failed for volume "x" : ` in the event.
struct VolumeError: Error, Sendable, CustomStringConvertible {
    let volume: String
    let reason: String
    /// The image that must be fetched first, as the volume names it.
    var image: String?

    var description: String { "MountVolume.SetUp failed for volume \"\(volume)\" : \(reason)" }
}
