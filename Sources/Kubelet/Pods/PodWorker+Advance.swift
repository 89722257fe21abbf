import API
import Client
import Logging
import Machinery
import Sandbox

/// Towards running: what a round does for a pod that is to live.
extension PodWorker {
    func advance(filesMayHaveChanged: Bool) async {
        guard !pod.isFinished else { return await releaseSandbox() }
        if startTime == nil { startTime = pod.status.startTime ?? node.clock.time }
        if let deadline = activeDeadline, node.clock.now >= deadline {
            node.events.record(
                pod, .normal, reason: "DeadlineExceeded", "Pod was active on the node longer than the specified deadline")
            end(
                grace: pod.spec.terminationGracePeriodSeconds,
                failure: .init(reason: "DeadlineExceeded", message: "Pod was active on the node longer than the specified deadline"))
            return poke()
        }
        guard await admit() else { return poke() }
        addEphemeralRecords()
        resize()
        while ending == nil {
            let plan = PodPlan(pod.spec, records, retryAt: retryAt, now: node.clock.now)
            self.plan = plan
            if plan.isFinished { return await releaseSandbox() }
            guard let step = plan.steps.first else { break }
            switch step {
            case .start(let name):
                let isNew: Bool = sandbox == nil
                guard await makeReadyForContainers() else { return }
                // In a new sandbox the pod begins anew, so what comes first is another question.
                if !isNew { await start(name) }
            case .stop(let name, let message):
                stop(
                    name, message: message, grace: pod.spec.terminationGracePeriodSeconds,
                    isForNewDefinition: !PodPlan.isOver(pod.spec, records))
            case .beginAnew(let name):
                if let end = records[name]?.end { records[name]?.restarts.next(after: end.moment, now: node.clock.now) }
                beginAnew()
            }
        }
        if filesMayHaveChanged || volumes.renewAt.map({ $0 <= node.clock.now }) == true { await refreshVolumes() }
        await killOverdue()
        tellBackOff()
    }

    /// Whether the node takes the pod. One that it refuses fails; nothing of it ever ran. Source: `rejectPod` of pkg/kubelet/kubelet.go.
    private func admit() async -> Bool {
        guard allocation.isEmpty else { return true }
        var verdict: PodAdmission.Verdict = verdict(of: admission)
        if verdict == .refused(PodAdmission.otherNode) || verdict == .refused(PodAdmission.untoleratedTaint),
            let now = try? await node.client.find(Node.self, node.key)
        {
            verdict = self.verdict(of: admission(to: now))
        }
        switch verdict {
        case .taken: break
        case .takenInsteadOf(let victims): await node.preempt(victims)
        case .refused(let refusal):
            node.events.record(pod, .warning, reason: refusal.reason, refusal.message)
            end(grace: 0, failure: .init(reason: refusal.reason, message: "Pod was rejected: " + refusal.message, isRefusal: true))
            return false
        }
        allocate()
        return true
    }

    private func verdict(of admission: PodAdmission) -> PodAdmission.Verdict {
        node.admitted.decide(on: uid) { [pod] taken in admission.verdict(on: pod, beside: node.otherPods(than: uid), taken: taken) }
    }

    var admission: PodAdmission { admission(to: node.nodes.get(node.key) ?? node.registered) }

    private func admission(to known: View<Node>) -> PodAdmission {
        PodAdmission(
            node: known, allocatable: node.allocatable.merging(known.extendedCapacity) { own, _ in own },
            hasOwnNetwork: node.network.isOwn, hasAppArmor: Host.hasAppArmor)
    }

    var activeDeadline: ClusterClock.Instant? {
        guard let seconds = pod.spec.activeDeadlineSeconds, let startTime else { return nil }
        return ClusterClock.Instant(startTime).advanced(by: .seconds(seconds))
    }

    /// Sees to address, sandbox and volumes. False when something is missing; then a later round tries again.
    func makeReadyForContainers() async -> Bool {
        if sandbox == nil {
            guard isDue(.sandbox) else { return false }
            do {
                try Files.makeFolder(folders.state)
                async let files: Void = prepareFiles()
                try await makeSandbox()
                setbacks[.sandbox] = nil
                await files
            } catch {
                note(.sandbox, first: .seconds(1), limit: .seconds(30))
                node.events.record(pod, .warning, reason: "FailedCreatePodSandBox", "Failed to create pod sandbox: \(error)")
                return false
            }
        }
        guard let sandbox, isDue(.volumes) else { return false }
        do {
            var volumes: PodVolumes = volumes
            defer { keep(volumes, of: sandbox) }
            try await volumes.prepare(pod, sandbox, fields: fields, now: node.clock.now)
            setbacks[.volumes] = nil
            return true
        } catch  where error.image != nil {
            beginPull(of: error)
            return false
        } catch {
            note(.volumes, first: .milliseconds(500), limit: .seconds(122))
            node.events.record(pod, .warning, reason: "FailedMount", "\(error)")
            return false
        }
    }

    /// The files of volumes need no sandbox: they are made beside it. What fails here is tried again at once and told then.
    private func prepareFiles() async {
        guard isDue(.volumes) else { return }
        var volumes: PodVolumes = volumes
        await volumes.prepareFiles(pod, fields: fields, now: node.clock.now)
        self.volumes = volumes
    }

    func refreshVolumes() async {
        guard let sandbox else { return }
        var volumes: PodVolumes = volumes
        let problems: [VolumeError] = await volumes.refresh(pod, fields: fields, now: node.clock.now)
        keep(volumes, of: sandbox)
        for problem in problems {
            log.warning("a volume keeps its old content", metadata: ["problem": "\(problem)"])
        }
    }

    /// The sandbox may have ended while its volumes were worked on.
    func keep(_ new: PodVolumes, of worked: Sandbox) {
        volumes = new
        if sandbox !== worked { volumes.forgetMemory() }
    }
}
