import API
import Machinery

/// What must happen to a pod's containers now. A pure function of what is wanted and what is known.
///
/// Order of its choices: init containers one after the other, each sidecar as soon as it has started; then all containers;
/// a container that ended is started again when its restart policy says so, after its back-off; when no container will ever run again
/// the sidecars are stopped, the last one first. An end that a rule answers with `RestartAllContainers` stops all others, and then the pod
/// begins anew with its init containers. Source: the pod lifecycle page of the Kubernetes documentation, KEP-5532.
struct PodPlan: Equatable {
    enum Step: Equatable {
        case start(String)
        case stop(String, String)
        /// Everything runs again, because this container ended so.
        case beginAnew(String)
    }

    private(set) var steps: [Step] = []
    /// When to look again although nothing happens; nil when nothing waits for a time.
    private(set) var wakeAt: ClusterClock.Instant?
    /// Containers that wait for their back-off to end.
    private(set) var backingOff: Set<String> = []
    /// Nothing of the pod will ever run again, and nothing runs.
    private(set) var isFinished = false

    /// - Parameter retryAt: when a container that could not be started is to be tried again.
    init(
        _ spec: View<PodSpec>, _ records: [String: ContainerRecord], retryAt: [String: ClusterClock.Instant] = [:],
        now: ClusterClock.Instant
    ) {
        let mains: [View<Container>] = spec.containers
        let inits: [View<Container>] = spec.initContainers
        if let name = Self.restarting(spec, records) {
            restartAll(name, records, now)
            return
        }
        let isOver: Bool = Self.isOver(spec, records)
        guard !isOver else {
            stopRest(spec, records)
            return
        }
        // In this sandbox; in a new one the init containers come first again.
        let mainsHaveRun: Bool = mains.contains { records[$0.name]?.isWaiting == false }
        var isInitialized = true
        for container in inits {
            guard let record = records[container.name] else { continue }
            if container.isSidecar {
                consider(container, record, spec, retryAt, now)
                if !mainsHaveRun, !(record.isRunning && record.isStarted) { isInitialized = false }
            } else if !mainsHaveRun {
                if record.end?.exitCode != 0 {
                    consider(container, record, spec, retryAt, now)
                    isInitialized = false
                }
            }
            if !isInitialized { break }
        }
        if isInitialized {
            for container in mains {
                if let record = records[container.name] { consider(container, record, spec, retryAt, now) }
            }
        }
        for container in spec.ephemeralContainers {
            if let record = records[container.name], record.isWaiting { consider(container.asContainer, record, spec, retryAt, now) }
        }
    }

    /// No container of the pod will run again: all have ended for good, or an init container failed for good.
    static func isOver(_ spec: View<PodSpec>, _ records: [String: ContainerRecord]) -> Bool {
        for container in spec.initContainers where !container.isSidecar {
            if let end = records[container.name]?.end, end.exitCode != 0,
                !mustRestart(container, end, spec)
            {
                return true
            }
        }
        return !spec.containers.isEmpty
            && spec.containers.allSatisfy { container in
                guard let record = records[container.name], let end = record.end, !record.mustRestart else { return false }
                return !mustRestart(container, end, spec)
            }
    }

    /// Whether a container that ended so is started again. The container's own rules and policy come before the pod's.
    static func mustRestart(_ container: View<Container>, _ end: ContainerRecord.End, _ spec: View<PodSpec>) -> Bool {
        if rule(for: end, of: container) != nil { return true }
        switch container.restartPolicy ?? spec.restartPolicy {
        case "Never": return false
        case "OnFailure": return end.exitCode != 0
        default: return spec.initContainers.allSatisfy { $0.name != container.name } || container.isSidecar || end.exitCode != 0
        }
    }

    /// The first of the container's rules that fits.
    private static func rule(for end: ContainerRecord.End, of container: View<Container>) -> View<ContainerRestartRule>? {
        container.restartPolicyRules.first { rule in
            guard let codes: View<ContainerRestartRuleOnExitCodes> = rule.exitCodes else { return false }
            return codes.values.contains(end.exitCode) == (codes.operator == "In")
        }
    }

    /// The container whose end restarts all.
    private static func restarting(_ spec: View<PodSpec>, _ records: [String: ContainerRecord]) -> String? {
        (spec.initContainers + spec.containers).first { container in
            guard !container.restartPolicyRules.isEmpty, let end = records[container.name]?.end else { return false }
            return rule(for: end, of: container)?.action == "RestartAllContainers"
        }?.name
    }

    private mutating func restartAll(_ name: String, _ records: [String: ContainerRecord], _ now: ClusterClock.Instant) {
        let running: [ContainerRecord] = records.values.filter { $0.isRunning && $0.role != .ephemeral }
        steps = running.filter { !$0.isStopping }.map { .stop($0.name, "Container \($0.name) will be restarted: container \(name) ended") }
        guard running.isEmpty, let record = records[name], let end = record.end else { return }
        if let due = record.restarts.deadline(after: end.moment, now: now) {
            backingOff.insert(name)
            wake(due)
        } else {
            steps = [.beginAnew(name)]
        }
    }

    private mutating func consider(
        _ container: View<Container>, _ record: ContainerRecord, _ spec: View<PodSpec>,
        _ retryAt: [String: ClusterClock.Instant], _ now: ClusterClock.Instant
    ) {
        switch record.phase {
        case .waiting: start(container.name, retryAt[container.name], now)
        case .running(let run):
            if run.image != container.image, !record.isStopping {
                steps.append(.stop(container.name, "Container \(container.name) definition changed, will be restarted"))
            }
        case .ended(let end):
            guard record.mustRestart || Self.mustRestart(container, end, spec) else { return }
            if let due = record.restarts.deadline(after: end.moment, now: now) {
                backingOff.insert(container.name)
                wake(due)
            } else {
                start(container.name, retryAt[container.name], now)
            }
        }
    }

    private mutating func start(_ name: String, _ retry: ClusterClock.Instant?, _ now: ClusterClock.Instant) {
        if let retry, now < retry { wake(retry) } else { steps.append(.start(name)) }
    }

    private mutating func wake(_ time: ClusterClock.Instant) { wakeAt = wakeAt.map { min($0, time) } ?? time }

    /// Sidecars and what else still runs, one at a time, the last one first.
    private mutating func stopRest(_ spec: View<PodSpec>, _ records: [String: ContainerRecord]) {
        let names: [String] = spec.initContainers.map(\.name) + spec.containers.map(\.name) + spec.ephemeralContainers.map(\.name)
        let running: [String] = names.filter { records[$0]?.isRunning == true }
        guard let last = running.last else {
            isFinished = true
            return
        }
        if records[last]?.isStopping == false { steps.append(.stop(last, "Stopping container \(last)")) }
    }
}
