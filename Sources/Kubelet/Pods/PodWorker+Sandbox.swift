import API
import Client
import Machinery
import Network
import Sandbox

/// The pod's sandbox: made, watched, lost.
extension PodWorker {
    func makeSandbox() async throws {
        try await checkRuntime()
        podIPs = try pod.spec.hostNetwork ? node.hostIPs : addresses()
        if !pod.spec.hostNetwork { await node.configuration.admit?(pod, podIPs) }
        try Files.write(
            Array("\(podIPs.joined(separator: ",")) \(node.network.generation)".utf8), to: folders.address, mode: 0o600)
        var configuration = SandboxConfiguration(
            id: "\(key.namespace)/\(key.name)", folder: folders.sandbox, hostname: hostname,
            maskedPaths: node.configuration.maskedPaths, userNamespace: !Host.isPrivileged || pod.spec.hostUsers == false)
        configuration.hostIPC = pod.spec.hostIPC
        configuration.hostProcesses = pod.spec.hostPID
        configuration.parameters = pod.spec.securityContext?.sysctls.map { ($0.name, $0.value) } ?? []
        if node.network.isOwn {
            configuration.cluster = node.network
            if !pod.spec.hostNetwork { configuration.link = PodLink(addresses: podIPs, gateways: node.hostIPs) }
        }
        await endLeftovers()
        let asked: ContinuousClock.Instant = .now
        let sandbox: Sandbox
        do throws(SandboxError) { sandbox = try await node.runtime.create(configuration) } catch {
            node.measures.ran(.runSandbox, since: asked, hasFailed: true)
            throw error
        }
        node.measures.ran(.runSandbox, since: asked)
        node.measures.startedPod()
        use(sandbox)
        beginAnew()
    }

    /// Init containers are to run again, and what ended is a run of the past: as in a new sandbox.
    func beginAnew() {
        for (name, record) in records {
            guard let end = record.end, record.role != .ephemeral else { continue }
            records[name]?.phase = .waiting
            records[name]?.previous = end
        }
    }

    /// There is one way of running pods here; classes of other runtimes are refused in the words of those who look for them.
    private func checkRuntime() async throws {
        guard let name = pod.spec.runtimeClassName else { return }
        guard let found = try await node.client.find(RuntimeClass.self, ObjectKey(namespace: "", name: name)) else {
            throw ConfigError("RuntimeClass \(JSON.quoted(name)) not found")
        }
        guard NodeReporter.runtimeHandlers.contains(found.handler) else {
            let known: String = NodeReporter.runtimeHandlers.dropFirst().joined(separator: " and ")
            throw ConfigError("no runtime for \(JSON.quoted(found.handler)) is configured; this node knows \(known)")
        }
    }

    /// Elsewhere the kernel sees to it that nothing outlives the parent.
    private func endLeftovers() async {
        guard pod.spec.hostPID else { return }
        await BlockingThread.run { [folder = folders.sandbox] in SandboxRuntime.endLeftovers(folder: folder) }
    }

    func addresses() throws -> [String] {
        guard let addresses = node.addresses.addresses(of: uid) else {
            throw ConfigError("no address is left in the node's range for pods")
        }
        return addresses
    }

    func use(_ sandbox: Sandbox) {
        self.sandbox = sandbox
        for remark in node.hostPorts.open(HostPorts.Wish.all(of: pod.spec), for: uid, at: podIPs) {
            node.events.record(
                pod, remark.isProblem ? .warning : .normal, reason: remark.isProblem ? "HostPortUnavailable" : "HostPort", remark.text)
        }
        begin { [weak self] in
            for await exit in sandbox.events { await self?.ended(exit) }
            if !Task.isCancelled { await self?.lost(sandbox) }
        }
        begin { [weak self] in await self?.watchStorage(sandbox) }
    }

    /// Evicts the pod when it takes more of the disk than it may. Source: the page on node-pressure eviction.
    func watchStorage(_ watched: Sandbox) async {
        let clock: ClusterClock = node.clock
        while sandbox === watched, StorageLimits(pod, folders) != nil, (try? await clock.sleep(for: .seconds(10))) != nil {
            guard let limits = StorageLimits(pod, folders), let message = await BlockingThread.run({ limits.excess() }),
                sandbox === watched
            else { continue }
            node.events.record(pod, .warning, reason: "Evicted", message)
            end(grace: 0, failure: .init(reason: "Evicted", message: message))
            return poke()
        }
    }

    /// The parent ended without being asked to, and all processes of the pod with it.
    func lost(_ lost: Sandbox) async {
        if sandbox === lost { await endLeftovers() }
        guard sandbox === lost else { return }
        sandbox = nil
        volumes.forgetMemory()
        node.events.record(pod, .normal, reason: "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.")
        for (name, record) in records where record.isRunning {
            finish(name, .unknown(containerID: containerID(record), now: node.clock.now))
        }
        takeBegunRuns()
        poke()
    }
}
