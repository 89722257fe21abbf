/// How much history a store keeps on its own; what is over is compacted, oldest first.
///
/// The API server compacts by age; this bounds what a burst of writes may cost in memory and on disk.
package struct Retention: Sendable {
    /// Most events to keep.
    package let events: Int

    /// Most bytes of replaced and deleted versions to keep.
    package let bytes: Int

    package init(events: Int = 100_000, bytes: Int = 64 << 20) {
        self.events = events
        self.bytes = bytes
    }

    /// Whether there is enough over the bounds to make a compaction worth its fsync.
    func isExceeded(by history: History) -> Bool {
        history.count > events + events / 64 || history.bytes > bytes + bytes / 64
    }

    /// Whether what was written is a good part of what is kept, so that readers who stood still are on their way out of it.
    package func isNearlyFilled(events count: Int, bytes size: Int) -> Bool { count > events / 4 || size > bytes / 4 }

    func allows(events count: Int, bytes size: Int) -> Bool { count <= events && size <= bytes }
}
