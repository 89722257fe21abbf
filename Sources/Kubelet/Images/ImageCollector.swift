import Images
import Logging
import Machinery
import Sandbox

/// Keeps room on the disk: above 85 % it removes images that were pulled and that nobody uses, down to 80 %.
///
/// What was loaded from a file stays: nobody could fetch it again. Source: the garbage collection page of the Kubernetes documentation.
struct ImageCollector: Sendable {
    let images: NodeImages
    let inUse: @Sendable () -> Set<Digest>
    let clock: ClusterClock
    let log: Logger

    /// In percent of the disk.
    static let high: Int64 = 85
    static let low: Int64 = 80
    /// An image is left alone that long after its last use, in seconds.
    private static let youth: Int64 = 120

    /// Tidies up once, then looks every five minutes until the task is cancelled.
    func run() async {
        await note("tidying up images failed") { [store = images.store] () throws(ImageError) in try store.tidy() }
        while (try? await clock.sleep(for: .seconds(300))) != nil {
            if used() > Self.high { await remove(olderThan: Self.youth) { used() <= Self.low } }
        }
    }

    /// Removes unused images, however young they are, until there is room.
    func makeRoom(isEnough: @escaping @Sendable () -> Bool) async { await remove(olderThan: 0, isEnough) }

    private func remove(olderThan age: Int64, _ isEnough: @escaping @Sendable () -> Bool) async {
        await note("removing unused images failed") { [self] () throws(ImageError) in
            for image in try images.store.collect(inUse: inUse, olderThan: age, isEnough: isEnough) {
                log.info("removed an unused image", metadata: ["image": "\(image.reference)"])
            }
        }
    }

    /// Of the disk, in percent; 0 where it does not tell.
    private func used() -> Int64 {
        guard let disk = try? DiskSpace(at: images.store.folder), disk.capacity > 0 else { return 0 }
        return (disk.capacity - disk.available) * 100 / disk.capacity
    }

    private func note(_ what: String, _ body: @escaping @Sendable () throws(ImageError) -> Void) async {
        let problem: String? = await BlockingThread.run {
            do throws(ImageError) { try body() } catch { return "\(error)" }
            return nil
        }
        if let problem { log.warning("\(what)", metadata: ["problem": "\(problem)"]) }
    }
}
