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
        let asked: ContinuousClock.Instant = .now
        do {
            let started: StartedContainer = try await sandbox.start(process)
            node.measures.ran(.startContainer, since: asked)
            node.measures.startedContainer(record.role)
            guard sandbox === self.sandbox else { return }  // its end was faster than this answer, and has counted the run
            begun.append(name)
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
            self.started[name] = process
            settleResize()
            if let exit = starting?.exit { return ended(exit) }
            beginProbes(name, isAdopted: false)
            if let hook = container.lifecycle?.postStart { beginPostStart(hook, container, attempt: attempt) }
        } catch .gone {
            return  // the sandbox's end is told by its events
        } catch {
            node.measures.ran(.startContainer, since: asked, hasFailed: true)
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

    func tellBegun() {
        for name in begun {
            tell(name, .normal, "Created", "Created container: \(name)")
            tell(name, .normal, "Started", "Started container \(name)")
        }
        begun = []
    }

    private func fail(_ name: String, reason: String, _ message: String, retryAt time: ClusterClock.Instant) {
        records[name]?.problem = .init(reason: reason, message: message)
        tell(name, .warning, "Failed", "Error: \(message)")
        retryAt[name] = time
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
