import Machinery
package import Sandbox

/// How much the node has left of what it can run out of, and when that is too little.
///
/// The thresholds are those of hard eviction, 100 MiB of memory, a tenth of the disk and a twentieth of its inodes; but of a disk never
/// more than 2 GiB: this node shares it with a person, whose disk is larger and fuller than a server's. Source: the page on node-pressure
/// eviction of the Kubernetes documentation.
package struct NodePressure: Sendable, Equatable {
    package var memoryAvailable: Int64
    package var disk: DiskSpace?

    package init(memoryAvailable: Int64, disk: DiskSpace?) {
        self.memoryAvailable = memoryAvailable
        self.disk = disk
    }

    /// As it is now.
    static func now(folder: String) -> NodePressure {
        // A kernel that does not tell has no pressure that could be seen.
        NodePressure(memoryAvailable: Host.memory > 0 ? Host.availableMemory : .max, disk: try? DiskSpace(at: folder))
    }

    static let memoryThreshold: Int64 = 100 << 20

    var isShortOfMemory: Bool { memoryAvailable < Self.memoryThreshold }

    /// Bytes of the disk that must be free.
    var diskThreshold: Int64 { min((disk?.capacity ?? 0) / 10, 2 << 30) }

    var isShortOfBytes: Bool { disk.map { $0.capacity > 0 && $0.available < diskThreshold } ?? false }
    var isShortOfInodes: Bool { disk.map { $0.inodes > 0 && $0.availableInodes < $0.inodes / 20 } ?? false }
    var isShortOfDisk: Bool { isShortOfBytes || isShortOfInodes }
}
