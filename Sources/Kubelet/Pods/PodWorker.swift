import API
import Client
import Logging
import Machinery
import Network
import Sandbox
import Synchronization

/// Looks after one pod of this node from its first sight to its last file. One task; level-triggered.
///
/// Reads the pod as the API shows it; writes its status, its events and, in the end, its deletion. Each round works from the state:
/// what is wanted (the pod), what is known (``ContainerRecord``), what must happen (``PodPlan``). Whatever happens pokes it.
actor PodWorker {
    /// What others bring; taken at the beginning of a round.
    struct Inbox {
        var pod: View<Pod>
        /// The API knows the pod no more.
        var isGone = false
        /// A ConfigMap or Secret that the pod uses has changed.
        var hasNewSources = false
        /// There are new images, or new programs for images.
        var hasNewImages = false
        /// Somebody did something to the mirror of a static pod.
        var hasNewMirror = false
    }

    /// Why everything of the pod is being stopped.
    struct Ending: Sendable {
        var grace: Int
        /// nil when the pod is being deleted.
        var failure: PodStatusMaker.Failure?
    }

    /// A container on its way to its end.
    struct Stopping: Sendable {
        let attempt: Int
        var killAt: ClusterClock.Instant
        var isKilled = false
    }

    nonisolated let key: ObjectKey
    nonisolated let uid: String
    /// The pod is a file's, not the API's.
    nonisolated let isStatic: Bool
    /// ConfigMaps and Secrets whose changes concern the pod.
    nonisolated let sources: Set<PodSource>
    let node: NodeContext
    let folders: PodFolders
    var log: Logger
    nonisolated let inbox: Mutex<Inbox>
    private nonisolated let pokes: AsyncStream<Void>.Continuation
    private let poked: AsyncStream<Void>
    private let jobs: AsyncStream<@Sendable () async -> Void>.Continuation
    private let queued: AsyncStream<@Sendable () async -> Void>

    var pod: View<Pod>
    var records: [String: ContainerRecord] = [:]
    var sandbox: Sandbox?
    var volumes: PodVolumes
    var podIP = ""
    var startTime: Time?
    var ending: Ending?
    var stopping: [String: Stopping] = [:]
    /// The run that is being started, by its name in the sandbox, and its end when that came first.
    var starting: (id: String, exit: ContainerExit?)?
    /// Images that are on their way, by container.
    var fetches: [String: ImageFetch] = [:]
    /// What the containers' present runs were started from.
    var images: [String: ResolvedImage] = [:]
    /// When a container that could not be started is to be tried again.
    var retryAt: [String: ClusterClock.Instant] = [:]
    var probes: [String: ContainerProbes] = [:]
    /// Shortcomings that were told.
    var told: Set<String> = []
    var isGone = false
    var isAdopted = false
    /// Everything was stopped; what is left is to say so and to delete.
    var isShutDown = false
    var isDone = false
    var plan: PodPlan?
    /// Makes the next attempt at something of the whole pod wait: its sandbox, its volumes, its status.
    var setbacks: [Setback: (failures: Int, until: ClusterClock.Instant)] = [:]
    var reported: View<PodStatus>?
    /// Sandbox names of runs whose end the API is to hear before the sandbox forgets them.
    var unacknowledged: [String] = []
    private var alarm: ClusterClock.Timer?

    enum Setback: Hashable { case sandbox, volumes, status, deletion }

    init(_ pod: View<Pod>, node: NodeContext) {
        key = pod.key
        uid = pod.metadata.uid
        isStatic = pod.isStatic
        sources = PodSource.all(of: pod)
        self.pod = pod
        self.node = node
        folders = PodFolders(node.configuration, key: pod.key, uid: pod.metadata.uid)
        volumes = PodVolumes(client: node.client, images: node.images, folders: folders, network: node.network)
        log = node.log
        log[metadataKey: "pod"] = "\(pod.key)"
        inbox = Mutex(Inbox(pod: pod))
        (poked, pokes) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (queued, jobs) = AsyncStream.makeStream()
    }

    // MARK: - What others tell

    nonisolated func update(_ pod: View<Pod>) {
        inbox.withLock { inbox in
            let new: UInt64 = UInt64(pod.metadata.resourceVersion) ?? .max
            if new >= UInt64(inbox.pod.metadata.resourceVersion) ?? 0 { inbox.pod = pod }
        }
        poke()
    }

    nonisolated func podIsGone() {
        inbox.withLock { $0.isGone = true }
        poke()
    }

    nonisolated func sourcesChanged() {
        inbox.withLock { $0.hasNewSources = true }
        poke()
    }

    nonisolated func imagesChanged() {
        inbox.withLock { $0.hasNewImages = true }
        poke()
    }

    nonisolated func mirrorChanged() {
        inbox.withLock { $0.hasNewMirror = true }
        poke()
    }

    /// Asks for a round.
    nonisolated func poke() { pokes.yield() }

    /// Runs something beside the rounds, as long as the pod lives.
    func begin(_ job: @escaping @Sendable () async -> Void) { jobs.yield(job) }

    /// Whether this run of a container still writes its log.
    func isWriting(_ container: String, attempt: Int) -> Bool {
        guard let record = records[container] else { return !isShutDown && !isDone }
        return !isShutDown && (record.attempt < attempt || (record.attempt == attempt && record.end == nil))
    }

    // MARK: - Rounds

    /// Returns when the pod and all that was made for it is gone, or when the task is cancelled; then the pod runs on.
    func run() async {
        poke()
        await withDiscardingTaskGroup { group in
            group.addTask {
                await self.rounds()
                self.finishJobs()
            }
            for await job in queued { group.addTask(operation: job) }
            group.cancelAll()
        }
        alarm?.cancel()
    }

    private nonisolated func finishJobs() { jobs.finish() }

    private func rounds() async {
        for await _ in poked {
            await round()
            if isDone { return }
        }
    }

    private func round() async {
        let news: Inbox = inbox.withLock { inbox in
            defer {
                inbox.hasNewSources = false
                inbox.hasNewMirror = false
                inbox.hasNewImages = false
            }
            return inbox
        }
        // What the pod's own files can show of it.
        let isChanged: Bool = pod.metadata.labels != news.pod.metadata.labels || pod.metadata.annotations != news.pod.metadata.annotations
        pod = news.pod
        isGone = news.isGone
        if !isAdopted { await adopt() }
        if isGone || pod.isTerminating { end(grace: graceOfDeletion) }
        if news.hasNewMirror { reported = nil }
        if news.hasNewImages { lookForImages() }
        if news.hasNewSources {
            setbacks[.volumes] = nil
            retryAt = [:]
        }
        if let ending {
            await windDown(ending)
        } else {
            await advance(filesMayHaveChanged: news.hasNewSources || isChanged)
        }
        await report()
        if isShutDown, sandbox == nil, isGone || pod.isTerminating { await leave() }
        if !isDone { setAlarm() }
    }

    private var graceOfDeletion: Int { pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds }

    /// Everything is to stop. A later call can only shorten the time that is left.
    func end(grace: Int, failure: PodStatusMaker.Failure? = nil) {
        if let current = ending {
            guard grace < current.grace else { return }
            ending?.grace = grace
            let latest: ClusterClock.Instant = node.clock.now.advanced(by: .seconds(grace))
            for name in stopping.keys { stopping[name]?.killAt = min(stopping[name]?.killAt ?? latest, latest) }
        } else {
            ending = Ending(grace: grace, failure: failure)
            alarm?.cancel()
        }
    }

    // MARK: - Towards running

    private func advance(filesMayHaveChanged: Bool) async {
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
        addEphemeralRecords()
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
            }
        }
        if filesMayHaveChanged || volumes.renewAt.map({ $0 <= node.clock.now }) == true { await refreshVolumes() }
        await killOverdue()
        tellBackOff()
    }

    private var activeDeadline: ClusterClock.Instant? {
        guard let seconds = pod.spec.activeDeadlineSeconds, let startTime else { return nil }
        return ClusterClock.Instant(startTime).advanced(by: .seconds(seconds))
    }

    /// Sees to address, sandbox and volumes. False when something is missing; then a later round tries again.
    private func makeReadyForContainers() async -> Bool {
        if sandbox == nil {
            guard isDue(.sandbox) else { return false }
            do {
                try await makeSandbox()
                setbacks[.sandbox] = nil
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

    private func makeSandbox() async throws {
        podIP = try pod.spec.hostNetwork ? NodeContext.loopback : address()
        if !pod.spec.hostNetwork { await node.configuration.admit?(pod, podIP) }
        try Files.makeFolder(folders.state)
        try Files.write(Array("\(podIP) \(networkGeneration)".utf8), to: folders.address, mode: 0o600)
        var configuration = SandboxConfiguration(
            id: "\(key.namespace)/\(key.name)", folder: folders.sandbox, hostname: hostname,
            maskedPaths: node.configuration.maskedPaths, userNamespace: !Host.isRoot || pod.spec.hostUsers == false)
        configuration.hostIPC = pod.spec.hostIPC
        configuration.parameters = pod.spec.securityContext?.sysctls.map { ($0.name, $0.value) } ?? []
        if node.network.isOwn {
            configuration.cluster = node.network
            if !pod.spec.hostNetwork { configuration.link = PodLink(address: podIP, gateway: node.hostIP) }
        }
        let sandbox: Sandbox = try await node.runtime.create(configuration)
        use(sandbox)
        // In a new sandbox the pod begins anew: init containers run again, and what ended is a run of the past.
        for (name, record) in records {
            guard let end = record.end, record.role != .ephemeral else { continue }
            records[name]?.phase = .waiting
            records[name]?.previous = end
        }
    }

    /// Of the network that the pod's own is bound to; 0 for the host's.
    var networkGeneration: UInt64 { pod.spec.hostNetwork ? 0 : node.network.generation }

    private func address() throws -> String {
        guard let address = node.addresses.address(of: uid) else { throw ConfigError("no address is left in the node's range for pods") }
        return address
    }

    func use(_ sandbox: Sandbox) {
        self.sandbox = sandbox
        begin { [weak self] in
            for await exit in sandbox.events { await self?.ended(exit) }
            if !Task.isCancelled { await self?.lost(sandbox) }
        }
        begin { [weak self] in await self?.watchStorage(sandbox) }
    }

    /// Evicts the pod when it takes more of the disk than it may. Source: the page on node-pressure eviction.
    private func watchStorage(_ watched: Sandbox) async {
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
    private func lost(_ lost: Sandbox) {
        guard sandbox === lost else { return }
        sandbox = nil
        volumes.forgetMemory()
        node.events.record(pod, .normal, reason: "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.")
        for (name, record) in records where record.isRunning {
            finish(name, .unknown(containerID: containerID(record), now: node.clock.now))
        }
        poke()
    }

    private func refreshVolumes() async {
        guard let sandbox else { return }
        var volumes: PodVolumes = volumes
        let problems: [VolumeError] = await volumes.refresh(pod, fields: fields, now: node.clock.now)
        keep(volumes, of: sandbox)
        for problem in problems {
            log.warning("a volume keeps its old content", metadata: ["problem": "\(problem)"])
        }
    }

    /// The sandbox may have ended while its volumes were worked on.
    private func keep(_ new: PodVolumes, of worked: Sandbox) {
        volumes = new
        if sandbox !== worked { volumes.forgetMemory() }
    }

    // MARK: - Towards the end

    /// Stops what runs: all containers at once, then the sidecars, the last one first.
    private func windDown(_ ending: Ending) async {
        var order: [[String]] = [
            pod.spec.containers.map(\.name) + pod.spec.ephemeralContainers.map(\.name)
                + pod.spec.initContainers.filter { !$0.isSidecar }.map(\.name)
        ]
        order += pod.spec.initContainers.filter(\.isSidecar).map { [$0.name] }.reversed()
        for names in order {
            let running: [String] = names.filter { records[$0]?.isRunning == true }
            guard !running.isEmpty else { continue }
            for name in running where stopping[name] == nil {
                stop(name, message: "Stopping container \(name)", grace: ending.grace)
            }
            return await killOverdue()
        }
        isShutDown = true
        await releaseSandbox()
    }

    /// Ends the sandbox; its containers have ended. Logs stay, volumes go.
    private func releaseSandbox() async {
        guard sandbox != nil || Files.kind(folders.state) != nil else { return }
        if let old: Sandbox = sandbox {
            guard await report() else { return }  // the ends, before the sandbox forgets them
            sandbox = nil
            await old.shutdown()
        }
        await removeState()
        node.addresses.release(uid)
    }

    private func removeState() async {
        let folder: String = folders.state
        let network: ClusterNetwork = node.network
        let problem: String? = await BlockingThread.run { [groups = node.configuration.controlGroups, uid] in
            groups.remove(uid)
            do { try network.remove(folder) } catch { return "\(error)" }
            return nil
        }
        if let problem { log.warning("files of a pod stayed", metadata: ["problem": "\(problem)"]) }
    }

    /// The last act: the API forgets the pod, and its logs go.
    private func leave() async {
        if !isGone {
            guard isDue(.deletion) else { return }
            do {
                try await node.client.delete(Pod.self, key, uid: uid, gracePeriodSeconds: 0)
            } catch let status as APIStatus where status.isNotFound || status.isConflict {
                // Somebody was faster.
            } catch {
                log.warning("deleting a pod that has ended failed", metadata: ["error": "\(error)"])
                return note(.deletion, first: .seconds(1), limit: .seconds(30))
            }
        }
        if isStatic { await removeMirror() }
        let logs: String = folders.logs
        let links: [String] = self.links
        _ = await BlockingThread.run {
            for link in links { try? Files.remove(link) }
            try? removeFolder(logs)
        }
        isDone = true
    }

    // MARK: - Waiting

    func isDue(_ what: Setback) -> Bool { setbacks[what].map { $0.until <= node.clock.now } ?? true }

    func note(_ what: Setback, first: Duration, limit: Duration) {
        let failures: Int = setbacks[what]?.failures ?? 0
        let delay: Duration = min(first * (1 << min(failures, 20)), limit)
        setbacks[what] = (failures + 1, node.clock.now.advanced(by: delay))
    }

    private func setAlarm() {
        alarm?.cancel()
        let now: ClusterClock.Instant = node.clock.now
        var times: [ClusterClock.Instant] = setbacks.values.map(\.until) + stopping.values.filter { !$0.isKilled }.map(\.killAt)
        if ending == nil, !pod.isFinished {
            times += [plan?.wakeAt, volumes.renewAt, activeDeadline].compactMap { $0 }
        }
        guard let next = times.filter({ $0 > now }).min() else { return }
        alarm = node.clock.schedule(at: next) { [weak self] in self?.poke() }
    }
}
