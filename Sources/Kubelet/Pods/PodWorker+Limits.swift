import API
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
        return try groups.make(controlGroup(of: sandboxID), Self.limits(resources(of: container)))
    }

    /// Where the host lends no control groups, holds each process to the container's memory, and an ordinary user's pod to its processes.
    func limit(_ process: inout ContainerProcess, _ container: View<Container>) {
        guard !node.configuration.controlGroups.isComplete else { return }
        process.dataLimit = resources(of: container).limits["memory"]?.value
        // As root, users are those of the host, and all pods' processes would count as one's.
        if !Host.isRoot || pod.spec.hostUsers == false { process.processLimit = Self.processLimit }
    }

    /// The files of a run that goes on, for a program beside it.
    func controlGroupFiles(_ sandboxID: String) -> [String] {
        node.configuration.controlGroups.files(controlGroup(of: sandboxID))
    }

    static func limits(_ resources: View<ResourceRequirements>) -> ControlGroups.Limits {
        let limits: [String: Quantity] = resources.limits
        let wanted: Quantity? = resources.requests["cpu"] ?? limits["cpu"]
        return ControlGroups.Limits(
            cpu: limits["cpu"]?.milliValue, cpuShare: wanted?.milliValue ?? 0, memory: limits["memory"]?.value)
    }

    /// All containers together: their limits where each has one, as nothing else bounds the others.
    var podLimits: ControlGroups.Limits {
        let all: [View<Container>] = pod.spec.containers + pod.spec.initContainers.filter(\.isSidecar)
        func total(_ name: String) -> Quantity? {
            if let whole: Quantity = pod.spec.resources?.limits[name] { return whole }
            let limits: [Quantity] = all.compactMap { resources(of: $0).limits[name] }
            guard limits.count == all.count, pod.spec.initContainers.allSatisfy({ $0.isSidecar }) else { return nil }
            return limits.reduce(Quantity(0)) { $0 + $1 }
        }
        let whole: Quantity? = pod.spec.resources.flatMap { $0.requests["cpu"] ?? $0.limits["cpu"] }
        let share: Int64 =
            whole?.milliValue
            ?? all.reduce(0) { sum, container in
                let own: View<ResourceRequirements> = resources(of: container)
                return sum + ((own.requests["cpu"] ?? own.limits["cpu"])?.milliValue ?? 0)
            }
        return ControlGroups.Limits(
            cpu: total("cpu")?.milliValue, cpuShare: share, memory: total("memory")?.value, processes: Self.processLimit)
    }

    /// Whether the kernel ended a container because its memory was full.
    func wasOutOfMemory(_ exit: ContainerExit) -> Bool {
        exit.signal == 9 && node.configuration.controlGroups.memoryKills(controlGroup(of: exit.id)) > 0
    }
}
