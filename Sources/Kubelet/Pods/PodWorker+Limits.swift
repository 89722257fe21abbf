package import API
import Machinery
import Sandbox

/// What holds containers to their limits, and counts what they use.
extension PodWorker {
    /// Processes that all containers of a pod may have at once: more than a program needs, and a bound for one that multiplies without end.
    private static let processLimit: Int64 = 4096

    /// The control group of a container's run, below the cluster's.
    func controlGroup(of sandboxID: String) -> String { "\(uid)/\(sandboxID)" }

    /// Makes the group of a run. Returns the files by which its program joins it; none where the host enforces no limits.
    ///
    /// Source: the page on resource management of the Kubernetes documentation.
    func makeControlGroup(_ container: View<Container>, _ sandboxID: String) throws -> [String] {
        let groups: ControlGroups = node.configuration.controlGroups
        guard groups.isComplete else { return [] }
        _ = try groups.make(uid, podLimits)
        return try groups.make(controlGroup(of: sandboxID), Self.limits(container.resources))
    }

    /// The files of a run that goes on, for a program beside it.
    func controlGroupFiles(_ sandboxID: String) -> [String] {
        node.configuration.controlGroups.files(controlGroup(of: sandboxID))
    }

    private static func limits(_ resources: View<ResourceRequirements>) -> ControlGroups.Limits {
        let limits: [String: Quantity] = resources.limits
        let wanted: Quantity? = resources.requests["cpu"] ?? limits["cpu"]
        return ControlGroups.Limits(
            cpu: limits["cpu"]?.milliValue, cpuShare: wanted?.milliValue ?? 0, memory: limits["memory"]?.value)
    }

    /// All containers together: their limits where each has one, as nothing else bounds the others.
    private var podLimits: ControlGroups.Limits {
        let all: [View<Container>] = pod.spec.containers + pod.spec.initContainers.filter(\.isSidecar)
        func total(_ name: String) -> Quantity? {
            let limits: [Quantity] = all.compactMap { $0.resources.limits[name] }
            guard limits.count == all.count, pod.spec.initContainers.allSatisfy({ $0.isSidecar }) else { return nil }
            return limits.reduce(Quantity(0)) { $0 + $1 }
        }
        let share: Int64 = all.reduce(0) { $0 + (($1.resources.requests["cpu"] ?? $1.resources.limits["cpu"])?.milliValue ?? 0) }
        return ControlGroups.Limits(
            cpu: total("cpu")?.milliValue, cpuShare: share, memory: total("memory")?.value, processes: Self.processLimit)
    }

    /// Whether the kernel ended a container because its memory was full.
    func wasOutOfMemory(_ exit: ContainerExit) -> Bool {
        exit.signal == 9 && node.configuration.controlGroups.memoryKills(controlGroup(of: exit.id)) > 0
    }

    /// What the containers that run have used.
    func usage() -> [ContainerUsage] {
        let groups: ControlGroups = node.configuration.controlGroups
        return records.values.filter(\.isRunning).sorted { $0.name < $1.name }.compactMap { record in
            groups.usage(controlGroup(of: record.sandboxID)).map {
                ContainerUsage(
                    pod: key, uid: uid, container: record.name, cpuNanoseconds: $0.cpu, workingSetBytes: $0.workingSet)
            }
        }
    }
}

/// What a running container has used.
package struct ContainerUsage: Sendable, Equatable {
    package let pod: ObjectKey
    package let uid: String
    package let container: String
    /// Processor time since the container's present run began.
    package let cpuNanoseconds: Int64
    /// Memory that could not be taken back without harm.
    package let workingSetBytes: Int64
}

extension Kubelet {
    /// What all running containers of the node have used, by the kernel's books. Empty where the host counts nothing.
    package func usage() async -> [ContainerUsage] {
        var all: [ContainerUsage] = []
        for worker in workers { all += await worker.usage() }
        return all
    }
}
