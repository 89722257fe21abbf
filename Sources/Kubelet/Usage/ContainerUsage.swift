package import API
import Machinery

/// What a running container has used.
package struct ContainerUsage: Sendable, Equatable {
    package let name: String
    /// The sandbox's name of its present run.
    let run: String
    let startedAt: Time
    /// Processor time since the run began.
    package var cpuNanoseconds: Int64 = 0
    /// Memory that could not be taken back without harm.
    package var workingSetBytes: Int64 = 0
    var processes: Int64 = 0
}

/// What a pod's running containers have used.
package struct PodUsage: Sendable, Equatable {
    package let key: ObjectKey
    package let uid: String
    let startedAt: Time?
    package var containers: [ContainerUsage]
    /// False when there is a container that could not be read.
    var isWhole = true

    package var cpuNanoseconds: Int64 { containers.reduce(0) { $0 + $1.cpuNanoseconds } }
    package var workingSetBytes: Int64 { containers.reduce(0) { $0 + $1.workingSetBytes } }

    /// Fills in what `read` tells of each container: processor time in nanoseconds, memory in bytes, processes. Others are left out.
    func measured(_ read: (ContainerUsage) -> (Int64, Int64, Int64)?) -> PodUsage {
        var pod: PodUsage = self
        pod.containers = containers.compactMap { container in
            guard let (cpu, memory, processes) = read(container) else { return nil }
            var container: ContainerUsage = container
            container.cpuNanoseconds = cpu
            container.workingSetBytes = memory
            container.processes = processes
            return container
        }
        pod.isWhole = pod.containers.count == containers.count
        return pod
    }
}
