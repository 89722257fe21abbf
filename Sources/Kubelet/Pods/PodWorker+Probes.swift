import API
import Client
import Machinery
import Sandbox

/// Probes of the pod's containers. Source: the probes page of the Kubernetes documentation.
extension PodWorker {
    /// Begins to probe a run; the startup probe holds the others back.
    func beginProbes(_ name: String, isAdopted: Bool) {
        guard let container = container(name), let record = records[name] else { return }
        var set = ContainerProbes()
        if let probe: View<Probe> = container.startupProbe, !(isAdopted && record.isStarted) {
            add(.startup, probe, record, to: &set)
        } else {
            addSteady(container, record, to: &set)
        }
        probes[name] = set
    }

    private func addSteady(_ container: View<Container>, _ record: ContainerRecord, to set: inout ContainerProbes) {
        if let probe: View<Probe> = container.readinessProbe { add(.readiness, probe, record, to: &set) }
        if let probe: View<Probe> = container.livenessProbe { add(.liveness, probe, record, to: &set) }
    }

    private func add(_ kind: ProbeKind, _ probe: View<Probe>, _ record: ContainerRecord, to set: inout ContainerProbes) {
        set.add { [weak self] in await self?.repeatProbe(kind, probe, record) }
    }

    /// Probes until the run ends. Before a container is ready or started for the first time it is asked more often than the period
    /// says, as the documentation allows; such early failures count for nothing.
    private func repeatProbe(_ kind: ProbeKind, _ probe: View<Probe>, _ record: ContainerRecord) async {
        guard let run = record.run else { return }
        let clock: ClusterClock = node.clock
        let counted = ProbeResults.Probe(pod: key, uid: uid, container: record.name, kind: kind)
        defer { node.probeResults.forget(counted) }
        var count = ProbeCount(probe)
        let period: Duration = .seconds(max(1, probe.periodSeconds))
        var isEager: Bool = kind != .liveness
        var pause: Duration = .milliseconds(20)
        var due: ClusterClock.Instant = max(clock.now, run.startedAt.advanced(by: .seconds(probe.initialDelaySeconds)))
        do {
            try await clock.sleep(until: due)
            while !Task.isCancelled {
                let isEarly: Bool = isEager && clock.now < due
                let problem: String?
                var error: (any Error)?
                do { problem = try await check(probe, record, kind) } catch let failure {
                    problem = "\(failure)"
                    error = failure
                }
                guard !Task.isCancelled, records[record.name]?.attempt == record.attempt else { return }
                if let error, !isEarly {
                    // Nothing was asked, so nothing was answered.
                    node.probeResults.add(.unknown, of: counted)
                    tell(
                        record.name, .warning, "Unhealthy",
                        "\(kind.rawValue) probe errored and resulted in unknown state: \(error)")
                    due = clock.now.advanced(by: period)
                    try await clock.sleep(until: due)
                    continue
                }
                if problem == nil { isEager = false }
                if problem == nil || !isEarly {
                    node.probeResults.add(problem == nil ? .successful : .failed, of: counted)
                    if let problem {
                        tell(record.name, .warning, "Unhealthy", "\(kind.rawValue) probe failed: \(problem)")
                    }
                    let verdict: Bool? = count.add(problem == nil)
                    if let verdict, settle(kind, verdict, record, probe) { return }
                    due = clock.now.advanced(by: period)
                }
                guard isEager else {
                    try await clock.sleep(until: due)
                    continue
                }
                try await clock.sleep(for: max(.zero, min(pause, clock.now.duration(to: due))))
                pause = min(pause * 2, period)
            }
        } catch {
            return  // cancelled: the run has ended
        }
    }

    /// Puts a verdict into effect. True when the probe has done its work.
    private func settle(_ kind: ProbeKind, _ isSuccess: Bool, _ record: ContainerRecord, _ probe: View<Probe>) -> Bool {
        let name: String = record.name
        guard let now = records[name], now.isRunning else { return true }
        switch (kind, isSuccess) {
        case (.readiness, _):
            if now.isReady != isSuccess {
                records[name]?.isReady = isSuccess
                poke()
            }
            return false
        case (.startup, true):
            records[name]?.isStarted = true
            guard let container = container(name) else { return true }
            records[name]?.isReady = container.readinessProbe == nil
            var set: ContainerProbes = probes[name] ?? ContainerProbes()
            addSteady(container, record, to: &set)
            probes[name] = set
            poke()
            return true
        case (.liveness, true): return false
        case (.startup, false), (.liveness, false):
            let grace: Int = probe.terminationGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds
            stop(name, message: "Container \(name) failed \(kind.rawValue.lowercased()) probe, will be restarted", grace: grace)
            poke()
            return true
        }
    }

    /// One attempt: nil is success, else why not. Throws when a command could not be run.
    private func check(_ probe: View<Probe>, _ record: ContainerRecord, _ kind: ProbeKind) async throws -> String? {
        let seconds: Int = max(1, probe.timeoutSeconds)
        guard let container = container(record.name) else { return "the container is gone" }
        if let action: View<ExecAction> = probe.exec {
            return try await attempt(action.command, in: container, id: record.sandboxID, limit: .seconds(seconds))
        }
        if let action: View<HTTPGetAction> = probe.httpGet {
            return await get(action, container, seconds: seconds) { [weak self] in
                await self?.tell(record.name, .warning, "ProbeWarning", "\(kind.rawValue) probe warning: \($0)")
            }
        }
        if let action: View<TCPSocketAction> = probe.tcpSocket {
            guard let port = number(of: action.port, container) else { return "invalid port: \(action.port)" }
            let host: String = action.host.isEmpty ? podIP : action.host
            return await Self.problem(NetworkCheck.connect(node.configuration.network, host: host, port: port, seconds: seconds))
        }
        if let action: View<GRPCAction> = probe.grpc {
            return await Self.problem(
                HealthCheck.ask(node.network, host: podIP, port: action.port, service: action.service ?? "", seconds: seconds))
        }
        return "missing probe handler"
    }

    /// Follows the way to other pages of the same host, 10 at most; a way to another host is a success that is told.
    func get(
        _ action: View<HTTPGetAction>, _ container: View<Container>, seconds: Int, warn: (String) async -> Void = { _ in }
    ) async -> String? {
        guard let port = number(of: action.port, container) else { return "invalid port: \(action.port)" }
        var page = NetworkCheck.Page(
            host: action.host.isEmpty ? podIP : action.host, port: port, path: action.path.isEmpty ? "/" : action.path,
            headers: action.httpHeaders.map { ($0.name, $0.value) }, isSecure: action.scheme == "HTTPS")
        let network: ClusterNetwork = node.network
        for _ in 0..<10 {
            let outcome: NetworkCheck.Outcome =
                await page.isSecure ? SecureCheck.get(network, page, seconds: seconds) : NetworkCheck.get(network, page, seconds: seconds)
            guard case .redirect(let location, let body) = outcome else { return Self.problem(outcome) }
            guard let next = page.following(location) else {
                await warn("Probe terminated redirects, Response body: \(body)")
                return nil
            }
            page = next
        }
        return "Get \"\(page.url)\": stopped after 10 redirects"
    }

    private static func problem(_ outcome: NetworkCheck.Outcome) -> String? {
        if case .failure(let text) = outcome { text } else { nil }
    }

    private func number(of port: IntOrString, _ container: View<Container>) -> Int? {
        switch port {
        case .int(let number): number
        case .string(let name): container.ports.first { $0.name == name }?.containerPort
        }
    }

    /// nil for exit code 0, else what it wrote or why it could not run.
    func execute(_ command: [String], in container: View<Container>, id: String, limit: Duration) async -> String? {
        do { return try await attempt(command, in: container, id: id, limit: limit) } catch { return "\(error)" }
    }

    private func attempt(_ command: [String], in container: View<Container>, id: String, limit: Duration) async throws -> String? {
        guard let sandbox else { return "the pod's sandbox is gone" }
        let process: ContainerProcess = try await program(command, in: container, id: id, sandbox)
        let run = ContainerCommand(sandbox: sandbox, process: process, folder: folders.state, clock: node.clock)
        let outcome: ContainerCommand.Outcome = try await run.run(limit: limit)
        switch outcome.exitCode {
        case 0: return nil
        case nil:
            let text: String = command.joined(separator: " ")
            return "command timed out: \"\(text)\" timed out after \(GoDuration.text(limit))"
        default: return outcome.output.isEmpty ? "exit code \(outcome.exitCode ?? -1)" : outcome.output
        }
    }
}
