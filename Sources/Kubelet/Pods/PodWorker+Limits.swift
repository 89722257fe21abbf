import API
import Machinery
import Sandbox

/// What holds containers to their limits, and counts what they use.
extension PodWorker {
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

    /// Where the host lends no control groups, holds each process to the container's memory, and a pod with users of its own to its
    /// number of processes; and shares the processors by priority.
    func limit(_ process: inout ContainerProcess, _ container: View<Container>) {
        guard !node.configuration.controlGroups.isComplete else { return }
        let resources: View<ResourceRequirements> = resources(of: container)
        process.dataLimit = resources.limits["memory"]?.value
        process.niceness = Self.niceness(Self.limits(resources).cpuShare ?? 0)
        // The kernel counts by user namespace. As root, users are those of the host, and all pods' processes would count as one's.
        if !Host.isRoot || pod.spec.hostUsers == false { process.processLimit = node.configuration.podPidsLimit }
    }

    /// What of the container's limits nothing holds it to, as a sentence; nil when there is nothing.
    func unenforcedLimit(of container: View<Container>) -> String? {
        guard let problem = node.configuration.controlGroups.problem, let cpu = resources(of: container).limits["cpu"] else { return nil }
        return
            "container \"\(container.name)\": resources.limits: the processors are shared by priority, and not held to \(cpu): \(problem)"
    }

    /// The niceness by which a process gets about so many thousandths of what one of niceness 0 gets; 10 at most, lest the host's own
    /// programs starve it. Source: sched_prio_to_weight of the kernel, where a step is a quarter.
    static func niceness(_ share: Int64) -> Int {
        var niceness = 0
        var weight: Int64 = 1000
        while niceness < 10, weight * 9 / 10 > share {
            niceness += 1
            weight = weight * 4 / 5
        }
        return niceness
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
            cpu: total("cpu")?.milliValue, cpuShare: share, memory: total("memory")?.value, processes: node.configuration.podPidsLimit)
    }

    /// Whether the kernel ended something in a run because its memory was full, of which the first process may have told by its own code.
    /// Source: containerd, for whom the first such event is the reason of the end.
    func wasOutOfMemory(_ exit: ContainerExit) -> Bool {
        node.configuration.controlGroups.memoryKills(controlGroup(of: exit.id)) > 0
    }
}
