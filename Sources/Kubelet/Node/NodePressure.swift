import Machinery
package import Sandbox

/// How much the node has left of what it can run out of, and when that is too little.
///
/// The thresholds are those of hard eviction, 100 MiB of memory, a tenth of the disk and a twentieth of its inodes; but of a disk never
/// more than 2 GiB: this node shares it with a person, whose disk is larger and fuller than a server's. Of process numbers, for which
/// there is no default, a twentieth. Source: the page on node-pressure eviction of the Kubernetes documentation.
package struct NodePressure: Sendable, Equatable {
    package var memoryAvailable: Int64
    package var disk: DiskSpace?
    /// Processes that could still be started, and how many there can be; 0 for a kernel that does not tell.
    package var processesAvailable: Int64
    package var processes: Int64

    package init(memoryAvailable: Int64, disk: DiskSpace?, processesAvailable: Int64 = 0, processes: Int64 = 0) {
        self.memoryAvailable = memoryAvailable
        self.disk = disk
        self.processesAvailable = processesAvailable
        self.processes = processes
    }

    /// As it is now.
    static func now(folder: String) -> NodePressure {
        // A kernel that does not tell has no pressure that could be seen.
        let tasks: (now: Int64, most: Int64)? = Host.tasks
        return NodePressure(
            memoryAvailable: Host.memory > 0 ? Host.availableMemory : .max, disk: try? DiskSpace(at: folder),
            processesAvailable: tasks.map { $0.most - $0.now } ?? 0, processes: tasks?.most ?? 0)
    }

    static let memoryThreshold: Int64 = 100 << 20

    var isShortOfMemory: Bool { memoryAvailable < Self.memoryThreshold }

    var processThreshold: Int64 { processes / 20 }
    var isShortOfProcesses: Bool { processes > 0 && processesAvailable < processThreshold }

    /// Bytes of the disk that must be free.
    var diskThreshold: Int64 { min((disk?.capacity ?? 0) / 10, 2 << 30) }

    var isShortOfBytes: Bool { disk.map { $0.capacity > 0 && $0.available < diskThreshold } ?? false }
    var isShortOfInodes: Bool { disk.map { $0.inodes > 0 && $0.availableInodes < $0.inodes / 20 } ?? false }
    var isShortOfDisk: Bool { isShortOfBytes || isShortOfInodes }
}
