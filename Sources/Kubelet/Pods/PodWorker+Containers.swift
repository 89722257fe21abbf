import API
import Client
import Machinery
import Sandbox

/// Starting and stopping containers.
extension PodWorker {
    /// The container's specification, of whatever role.
    func container(_ name: String) -> View<Container>? {
        pod.spec.containers.first { $0.name == name } ?? pod.spec.initContainers.first { $0.name == name }
            ?? pod.spec.ephemeralContainers.first { $0.name == name }?.asContainer
    }

    func containerID(_ record: ContainerRecord) -> String {
        ContainerID.text(podUID: uid, container: record.name, attempt: record.attempt)
    }

    /// The host name that the pod sees.
    var hostname: String {
        if let name = pod.spec.hostnameOverride, !name.isEmpty { return name }
        if pod.spec.hostNetwork { return Host.name }
        let name: String = pod.spec.hostname.isEmpty ? pod.name : pod.spec.hostname
        var short = String(name.prefix(63))
        while let last = short.last, last == "-" || last == "." { short.removeLast() }
        guard pod.spec.setHostnameAsFQDN == true, !pod.spec.subdomain.isEmpty else { return short }
        return "\(short).\(pod.spec.subdomain).\(pod.namespace).svc.cluster.local"
    }

    /// The node's address in the network that the pod is in.
    var hostIP: String { pod.spec.hostNetwork ? NodeContext.loopback : node.hostIP }

    var fields: PodFields {
        PodFields(pod: pod, hostIP: hostIP, podIP: podIP, allocatable: node.allocatable)
    }

    /// `spec.containers{web}`, for events.
    func fieldPath(_ name: String) -> String {
        switch records[name]?.role {
        case .initial, .sidecar: "spec.initContainers{\(name)}"
        case .ephemeral: "spec.ephemeralContainers{\(name)}"
        default: "spec.containers{\(name)}"
        }
    }

    func tell(_ name: String, _ level: EventRecorder.Level, _ reason: String, _ message: String) {
        node.events.record(pod, level, reason: reason, message, fieldPath: fieldPath(name))
    }

    // MARK: - Start

    /// Starts a container's next run. Whatever comes of it stands in its record.
    func start(_ name: String) async {
        await node.images.catalogue.caughtUp()
        guard let sandbox, let container = container(name), var record = records[name] else { return }
        let now: ClusterClock.Instant = node.clock.now
        guard let image = image(for: container, now) else { return }
        images[name] = image
        let process: ContainerProcess
        if let end = record.end {
            record.restarts.next(after: end.moment, now: now)
            record.previous = end
        }
        let isFirst: Bool = record.previous == nil
        let attempt: Int = isFirst ? 0 : record.attempt + 1
        do {
            process = try await self.process(container, image, attempt: attempt, sandbox)
        } catch {
            return fail(name, reason: "CreateContainerConfigError", "\(error)", retryAt: now.advanced(by: .seconds(10)))
        }
        records[name]?.problem = nil
        records[name]?.pulls = BackOff()
        record.pulls = BackOff()
        retryAt[name] = nil
        record.attempt = attempt
        record.mustRestart = false
        record.problem = nil
        starting = (process.id, nil)
        defer { starting = nil }
        do {
            let started: StartedContainer = try await sandbox.start(process)
            tell(name, .normal, "Created", "Created container: \(name)")
            tell(name, .normal, "Started", "Started container \(name)")
            record.phase = .running(.init(startedAt: node.moment(hostNanoseconds: started.startedAt), image: container.image))
            record.isStarted = container.startupProbe == nil
            record.isReady = record.isStarted && container.readinessProbe == nil
            record.isHooked = container.lifecycle?.postStart != nil
            records[name] = record
            record.imageID = image.reference
            record.resources = allocation[name]
            record.user = process.user.map { .init(uid: $0.uid, gid: $0.gid, groups: $0.supplementaryGroups) } ?? .init()
            keepBackOffs(name, record)
            records[name] = record
            linkLog(name, attempt: attempt)
            removeOldRuns(name, keeping: attempt)
            settleResize()
            if let exit = starting?.exit { return ended(exit) }
            beginProbes(name, isAdopted: false)
            if let hook = container.lifecycle?.postStart { beginPostStart(hook, container, attempt: attempt) }
        } catch .gone {
            return  // the sandbox's end is told by its events
        } catch {
            let message: String = "failed to start the container: \(error)"
            tell(name, .warning, "Failed", "Error: \(message)")
            record.problem = .init(reason: "RunContainerError", message: message)
            record.phase = .ended(
                .init(
                    exitCode: 128, signal: 0, reason: "StartError", message: message, startedAt: nil, finishedAt: node.clock.time,
                    moment: node.clock.now,
                    containerID: ContainerID.text(podUID: uid, container: name, attempt: attempt)))
            records[name] = record
        }
    }

    private func fail(_ name: String, reason: String, _ message: String, retryAt time: ClusterClock.Instant) {
        records[name]?.problem = .init(reason: reason, message: message)
        tell(name, .warning, "Failed", "Error: \(message)")
        retryAt[name] = time
    }

    /// What the sandbox is to run. Throws ``ConfigError`` for what the manifest asks and the node can't give.
    private func process(
        _ container: View<Container>, _ image: ResolvedImage, attempt: Int, _ sandbox: Sandbox
    ) async throws -> ContainerProcess {
        let name: String = container.name
        if let refusal = PodRights.refusal(pod.spec) { throw ConfigError(refusal) }
        try await checkDevices()
        let rights: ContainerRights = try rights(of: container, in: sandbox)
        for text in rights.shortcomings where told.insert(text).inserted {
            tell(name, .warning, "NotSupported", text)
        }
        let (variables, known) = try await environment(container, home: rights.home)
        let expand: (String) -> String = { text in VariableExpansion.expand(text) { known[$0] } }
        let arguments: [String] = image.arguments(command: container.command.map(expand), args: container.args.map(expand))
        if arguments.isEmpty { throw ConfigError("no command specified: the image \(container.image) has none, so give the container one") }
        let mounts: [Mount] = try volumes.mounts(container, variables: variables)
        let layer: String = folders.layer(of: name, attempt: attempt)
        // One that is there is of a start that somebody was killed at.
        if Files.kind(layer) != nil { _ = await BlockingThread.run { [network = node.network] in try? network.remove(layer) } }
        var process = ContainerProcess(
            id: "\(name).\(attempt)", folder: layer, arguments: arguments,
            environment: variables.list, workingDirectory: workingDirectory(of: container), user: rights.user,
            logPath: folders.log(of: name, attempt: attempt))
        process.capabilities = rights.capabilities
        process.filtersSystemCalls = rights.filtersSystemCalls
        process.isPrivileged = rights.isPrivileged
        process.isUnmasked = rights.isUnmasked
        process.controlGroups = try makeControlGroup(container, process.id)
        limit(&process, container)
        process.noNewPrivileges = rights.noNewPrivileges
        process.readOnlyRoot = rights.readOnlyRoot
        process.layers = image.layers
        process.processes = hasOneProcessNamespace ? .pod : .container
        process.sharesProcessesOf = try targetOfProcesses(name)
        process.input = !container.stdin ? .none : container.stdinOnce ? .once : .open
        if container.tty {
            // Its window gets a size from whoever attaches.
            process.terminal = WindowSize(rows: 0, columns: 0)
            process.nameTerminal()
        }
        let own: [Mount] =
            try own(container, attempt: attempt)
            + ImageFiles(image, folders.seeds(of: name, attempt: attempt), node).make(
                for: rights.user, below: mounts.map(\.target))
        process.mounts = own.filter { mine in !mounts.contains { $0.target == mine.target } } + mounts
        try Files.makeFolder(folders.logs(of: name), mode: 0o755)
        try Files.makeFolder(folders.state + "/layers")
        return process
    }

    /// The image that the container's present run was started from; an earlier kubelet may have started it.
    func image(of name: String) -> ResolvedImage {
        if let known = images[name] { return known }
        let kept: ResolvedImage = keptImage(of: name)
        images[name] = kept
        return kept
    }

    func rights(of container: View<Container>, in sandbox: Sandbox) throws -> ContainerRights {
        try ContainerRights(container, of: pod, hasOneIdentity: sandbox.hasOneIdentity, image: image(of: container.name))
    }

    /// Where the container's programs start; nil for the root.
    func workingDirectory(of container: View<Container>) -> String? {
        let own: String = container.workingDir
        let whole: String = own.isEmpty ? image(of: container.name).workingDirectory : own
        return whole.isEmpty ? nil : whole
    }

    /// Whether all containers of the pod see each other's processes. One that is alone has nobody to hide from.
    private var hasOneProcessNamespace: Bool {
        pod.spec.shareProcessNamespace == true || pod.spec.hostPID || pod.spec.containers.count + pod.spec.initContainers.count == 1
    }

    /// The run of the container whose processes an ephemeral container is to see. Throws ``ConfigError`` when it does not run.
    private func targetOfProcesses(_ name: String) throws(ConfigError) -> String? {
        guard let target = pod.spec.ephemeralContainers.first(where: { $0.name == name })?.targetContainerName, !target.isEmpty,
            !hasOneProcessNamespace
        else { return nil }
        guard let id = running(target) else { throw ConfigError("unable to find target container \(JSON.quoted(target))") }
        return id
    }

    func environment(
        _ container: View<Container>, home: String
    ) async throws -> (variables: Variables, known: [String: String]) {
        await node.services.caughtUp()
        let services: [String: String] = ServiceVariables.make(
            node.services.list(namespace: key.namespace), namespace: key.namespace, enableServiceLinks: pod.spec.enableServiceLinks ?? true,
            api: pod.spec.hostNetwork ? node.configuration.api : node.configuration.apiForPods)
        return try await EnvironmentMaker(
            client: node.client, fields: fields, hostname: hostname, home: home, services: services,
            image: image(of: container.name)
        ).make(container)
    }

    /// Files that every container gets: names in /etc, and the one for its last words.
    private func own(_ container: View<Container>, attempt: Int) throws -> [Mount] {
        var mounts: [Mount] = try EtcFiles(
            pod: pod, hostname: hostname, podIP: podIP, folder: folders.etc,
            nameServer: pod.spec.hostNetwork ? nil : node.configuration.nameServer
        ).make()
        let message: String = folders.message(of: container.name, attempt: attempt)
        try Files.makeFolder(folders.state + "/messages")
        try Files.write([], to: message, mode: 0o666)
        mounts.append(Mount(.host(path: message), at: container.terminationMessagePath))
        return mounts
    }

    /// Logs and layers of runs before the last but one. Source: the garbage collection page of the Kubernetes documentation.
    private func removeOldRuns(_ name: String, keeping attempt: Int) {
        guard attempt > 0 else { return }
        let folders: PodFolders = folders
        let network: ClusterNetwork = node.network
        let groups: ControlGroups = node.configuration.controlGroups
        let old: String = controlGroup(of: "\(name).\(attempt - 1)")
        begin {
            _ = await BlockingThread.run {
                groups.remove(old)
                for old in folders.attempts(of: name) where old < attempt - 1 { LogRotation.remove(folders.log(of: name, attempt: old)) }
                // What stays for its reason goes with the pod's folder in the end.
                try? network.remove(folders.layer(of: name, attempt: attempt - 1))
                try? network.remove(folders.seeds(of: name, attempt: attempt - 1))
            }
        }
    }

    // MARK: - End

    /// A container's first process has ended.
    func ended(_ exit: ContainerExit) {
        // A short run may be over before the answer to its start was read.
        if starting?.id == exit.id, records.values.allSatisfy({ !$0.isRunning || $0.sandboxID != exit.id }) {
            starting?.exit = exit
            return
        }
        guard let (name, attempt) = ContainerRecord.parse(sandboxID: exit.id), let record = records[name], record.attempt == attempt,
            record.isRunning
        else { return acknowledgeLater(exit.id) }
        finish(name, end(of: exit, name))
        acknowledgeLater(exit.id)
        poke()
    }

    func finish(_ name: String, _ end: ContainerRecord.End) {
        records[name]?.phase = .ended(end)
        records[name]?.problem = nil
        records[name]?.isReady = false
        records[name]?.isStarted = false
        records[name]?.isHooked = false
        records[name]?.isStopping = false
        stopping[name] = nil
        probes.removeValue(forKey: name)?.cancel()
        node.watch.changed(folders.log(of: name, attempt: records[name]?.attempt ?? 0))
    }

    func end(of exit: ContainerExit, _ name: String) -> ContainerRecord.End {
        let attempt: Int = records[name]?.attempt ?? 0
        let finished: ClusterClock.Instant = node.moment(hostNanoseconds: exit.finishedAt)
        let started: Time? = exit.startedAt == 0 ? nil : node.moment(hostNanoseconds: exit.startedAt).time
        return ContainerRecord.End(
            exitCode: Int(exit.exitCode), signal: Int(exit.signal ?? 0),
            reason: exit.exitCode == 0 ? "Completed" : wasOutOfMemory(exit) ? "OOMKilled" : "Error",
            message: lastWords(name, attempt: attempt, failed: exit.exitCode != 0), startedAt: started, finishedAt: finished.time,
            moment: finished, containerID: ContainerID.text(podUID: uid, container: name, attempt: attempt))
    }

    /// What the container wrote for us to say, 4096 bytes at most; or the end of its log, 2048 bytes and 80 lines at most.
    private func lastWords(_ name: String, attempt: Int, failed: Bool) -> String {
        let written: [UInt8] = Files.read(folders.message(of: name, attempt: attempt), last: 4096) ?? []
        guard written.isEmpty, failed, container(name)?.terminationMessagePolicy == "FallbackToLogsOnError" else {
            return String(decoding: written, as: UTF8.self)
        }
        let tail: [UInt8] = Files.read(folders.log(of: name, attempt: attempt), last: 16 << 10) ?? []
        let lines: [CRILine] = tail.split(separator: UInt8(ascii: "\n")).compactMap { CRILine($0) }.suffix(80)
        let text: [UInt8] = lines.flatMap { Array($0.text) + ($0.isPartial ? [] : [UInt8(ascii: "\n")]) }
        return String(decoding: text.suffix(2048), as: UTF8.self)
    }

    /// Says once a run that a container has to wait for its next one.
    func tellBackOff() {
        for name in records.keys {
            guard let record = records[name], let end = record.end,
                record.restarts.deadline(after: end.moment, now: node.clock.now) != nil,
                told.insert("back-off \(name) \(record.attempt)").inserted
            else { continue }
            let place = "\(pod.name)_\(pod.namespace)(\(uid))"
            tell(name, .warning, "BackOff", "Back-off restarting failed container \(name) in pod \(place)")
        }
    }
}
