import API
import Client
import Logging
import Machinery
import Sandbox
import struct Sandbox.ContainerState

/// What a kubelet finds when it sees a pod for the first time.
extension PodWorker {
    /// Takes over what an earlier kubelet left: what the API's status says, and what the sandbox knows better.
    func adopt() async {
        isAdopted = true
        startTime = pod.status.startTime
        reported = pod.status.startTime == nil ? nil : pod.status
        let status: View<PodStatus> = pod.status
        func record(_ container: View<Container>, _ role: ContainerRecord.Role, _ statuses: [View<ContainerStatus>]) {
            let known: View<ContainerStatus>? = statuses.first { $0.name == container.name }
            records[container.name] = ContainerRecord(container.name, role, known, image: container.image)
        }
        for container in pod.spec.initContainers {
            record(container, container.isSidecar ? .sidecar : .initial, status.initContainerStatuses)
        }
        for container in pod.spec.containers { record(container, .main, status.containerStatuses) }
        for container in pod.spec.ephemeralContainers { record(container.asContainer, .ephemeral, status.ephemeralContainerStatuses) }
        // All is said of a pod that is over: what is not known any more of one that was refused or evicted must not replace it.
        isTold = !isStatic && pod.isFinished && records.values.allSatisfy { !$0.isRunning }
        takeBackOffs()
        if startTime != nil { takeAllocation() }
        podIPs = status.podIPs.isEmpty ? folders.knownAddresses : status.podIPs.map(\.ip)
        if Files.kind(folders.sandbox) != nil { await adoptSandbox() }
        takeBegunRuns()
        for (name, record) in records where record.isRunning && sandbox == nil { lose(name, record) }
    }

    /// Counts runs that were begun and that neither the API nor a sandbox knows: their logs are there. Their numbers must not come again.
    ///
    /// The log is made before the program starts, so who is killed at any moment leaves either a log or nothing that ran. Source:
    /// `calcRestartCountByLogDir` of pkg/kubelet/kuberuntime.
    func takeBegunRuns() {
        for (name, record) in records {
            guard let last = folders.attempts(of: name).last, last > record.attempt || !record.hasRun else { continue }
            reach(attempt: last, of: name)
            if let record = records[name] { lose(name, record) }
        }
    }

    /// Nobody can say how the container's run ended.
    private func lose(_ name: String, _ record: ContainerRecord) {
        finish(name, .unknown(containerID: containerID(record), now: node.clock.now))
    }

    /// A run is known that the API may not have heard of; then what it knows is the run before.
    private func reach(attempt: Int, of name: String) {
        guard let record = records[name] else { return }
        if attempt > record.attempt {
            if record.isRunning { lose(name, record) }
            if let end = records[name]?.end { records[name]?.previous = end }
        }
        records[name]?.attempt = attempt
        records[name]?.problem = nil
    }

    /// What the status says is what an earlier kubelet had given.
    private func takeAllocation() {
        allocate()
        for (name, record) in records where allocation[name] != nil {
            if let known = record.resources { allocation[name] = known } else { records[name]?.resources = allocation[name] }
        }
        for status in pod.status.conditions where status.type == "PodResizeInProgress" && status.status == "True" {
            resizing.generation = status.observedGeneration
        }
    }

    /// Writes down how long a container that was started again had to wait, so that the next kubelet counts on from there.
    func keepBackOffs(_ name: String, _ record: ContainerRecord) {
        guard record.restarts.delay > .zero else { return }
        var all: JSON = [:]
        for record in records.values where record.name != name && record.restarts.delay > .zero { all[record.name] = record.restarts.json }
        all[name] = record.restarts.json
        // Without the file the next kubelet starts them a little sooner.
        try? Files.write(all.serialized(), to: folders.backOffs, mode: 0o600)
    }

    private func takeBackOffs() {
        guard let bytes = Files.read(folders.backOffs), let all = (try? JSON(parsing: bytes))?.object else { return }
        for member in all.members { records[member.key]?.restarts = BackOff(member.value) }
    }

    /// Takes the sandbox over when it lives; of one that has ended, what it noted.
    private func adoptSandbox() async {
        do {
            var found: Sandbox? = try await node.runtime.adopt(folder: folders.sandbox, maskedPaths: node.configuration.maskedPaths)
            if let lost = found, folders.knownGeneration != node.network.generation {
                // The network that the pod is bound to has gone with its holder: nothing would reach it any more.
                log.warning("the pod's network is gone; it is made anew")
                await lost.shutdown(gracePeriod: .seconds(2))
                found = nil
            }
            guard let found else { return take(SandboxRuntime.record(folder: folders.sandbox)) }
            let told: [String: ContainerRecord] = records
            take(try await found.state())
            use(found)
            volumes.adopt(pod)
            for (name, record) in records {
                if record.isRunning {
                    beginProbes(name, isAdopted: true)
                } else if let told = told[name], told.isRunning, told.attempt == record.attempt {
                    begin(anew: name, told, in: found)
                }
            }
            setbacks[.volumes] = nil
        } catch {
            log.warning("a pod of an earlier run could not be taken over", metadata: ["error": "\(error)"])
        }
    }

    /// Takes what a sandbox knows of its containers, the youngest first. What it does not know to run does not.
    private func take(_ states: [ContainerState]) {
        var running: Set<String> = []
        for state in states.reversed() {
            guard let (name, attempt) = ContainerRecord.parse(sandboxID: state.id), let record = records[name], attempt >= record.attempt
            else { continue }
            reach(attempt: attempt, of: name)
            switch state.phase {
            case .running, .starting:
                running.insert(name)
                let startedAt: ClusterClock.Instant = node.moment(hostNanoseconds: state.startedAt)
                if attempt > record.attempt || !record.isRunning, let container = container(name) {
                    // The API never heard of this run, so neither of its probes.
                    records[name]?.isStarted = container.startupProbe == nil
                    records[name]?.isReady = container.startupProbe == nil && container.readinessProbe == nil
                }
                records[name]?.phase = .running(.init(startedAt: startedAt, image: container(name)?.image ?? ""))
            case .ended(let exit):
                running.remove(name)
                finish(name, end(of: exit, name))
                unacknowledged.append(state.id)
            }
        }
        for (name, record) in records where record.isRunning && !running.contains(name) { lose(name, record) }
    }

    /// The run was one of a sandbox before this one: the pod begins anew in this one, and nothing is to wait for it.
    private func begin(anew name: String, _ record: ContainerRecord, in found: Sandbox) {
        guard let run = record.run, run.startedAt < node.moment(hostNanoseconds: found.startedAt), let end = records[name]?.end,
            let container = container(name), PodPlan.mustRestart(container, end, pod.spec)
        else { return }
        records[name]?.phase = .waiting
        records[name]?.previous = end
    }

    func addEphemeralRecords() {
        for container in pod.spec.ephemeralContainers where records[container.name] == nil {
            records[container.name] = ContainerRecord(container.name, .ephemeral)
        }
    }
}
