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
    /// The pod's addresses, the main one first; none before it has a sandbox.
    var podIPs: [String] = []
    var podIP: String { podIPs.first ?? "" }
    /// When this kubelet saw the pod first.
    let seen: ContinuousClock.Instant = .now
    var startTime: Time?
    var ending: Ending?
    var stopping: [String: Stopping] = [:]
    /// The run that is being started, by its name in the sandbox, and its end when that came first.
    var starting: (id: String, exit: ContainerExit?)?
    /// Images that are on their way, by container.
    var fetches: [String: ImageFetch] = [:]
    /// What the containers' present runs were started from.
    var images: [String: ResolvedImage] = [:]
    /// The containers' present runs as they were started; of those of an earlier kubelet nothing.
    var started: [String: ContainerProcess] = [:]
    /// Containers that were started in this round. Their events come after the status, which would wait for their way to the disk.
    var begun: [String] = []
    /// When a container that could not be started is to be tried again.
    var retryAt: [String: ClusterClock.Instant] = [:]
    var probes: [String: ContainerProbes] = [:]
    /// Shortcomings that were told.
    var told: Set<String> = []
    var isGone = false
    var isAdopted = false
    /// The API knew the pod's end before this kubelet saw it.
    var isTold = false
    /// Everything was stopped; what is left is to say so and to delete.
    var isShutDown = false
    var isDone = false
    /// The node goes down: everything is stopped, and nothing is told.
    var isPoweredOff = false
    /// The pod is looked after no more.
    var hasReturned = false
    /// Who waits until nothing of the pod runs any more.
    var onShutDown: [CheckedContinuation<Void, Never>] = []
    var plan: PodPlan?
    /// What the node has set aside, by container; empty before the pod was admitted.
    var allocation: [String: View<ResourceRequirements>] = [:]
    var resizing = Resizing()
    /// The pod's generation whose resources were looked at.
    var resizedGeneration = 0
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
        for set in probes.values { set.cancel() }
        hasReturned = true
        tellShutDown()
    }

    private func tellShutDown() {
        for waiter in onShutDown { waiter.resume() }
        onShutDown = []
    }

    private nonisolated func finishJobs() { jobs.finish() }

    private func rounds() async {
        for await _ in poked {
            let began: ContinuousClock.Instant = .now
            let isFirst: Bool = !isAdopted
            await round()
            node.measures.worked(isFirst ? .create : ending == nil ? .sync : .kill, since: began)
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
        tellBegun()
        if isShutDown { tellShutDown() }
        if isPoweredOff, isShutDown { return }
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
            times += [plan?.wakeAt, volumes.renewAt, activeDeadline, resizing.retryAt].compactMap { $0 }
        }
        guard let next = times.filter({ $0 > now }).min() else { return }
        alarm = node.clock.schedule(at: next) { [weak self] in self?.poke() }
    }
}
