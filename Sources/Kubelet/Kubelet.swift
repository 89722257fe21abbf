package import API
package import Client
package import Images
package import Logging
package import Machinery
import Network
package import Sandbox
import Synchronization

/// The node: registers itself, runs the pods that were given to it as processes, and tells the API what becomes of them.
///
/// Pods outlive it: the next kubelet on the same folders finds their sandboxes again and restarts nothing.
package final class Kubelet: Sendable {
    /// An address and a port.
    package struct Endpoint: Sendable, Equatable {
        package var address: String
        package var port: Int

        package init(address: String, port: Int) {
            self.address = address
            self.port = port
        }
    }

    package struct Configuration: Sendable {
        package var nodeName: String
        /// Folder of container logs, `<namespace>_<pod>_<uid>/<container>/<n>.log`.
        package var podLogsFolder: String
        /// Bytes after which a container's log is moved aside, and how many files of it are kept.
        ///
        /// Source: containerLogMaxSize and containerLogMaxFiles of the kubelet's configuration.
        package var logMaxSize = 10 << 20
        package var logMaxFiles = 5
        /// How often logs are looked at. Source: containerLogMonitorInterval.
        package var logInterval: Duration = .seconds(10)
        /// Folder of sandboxes and volumes of the pods that run.
        package var stateFolder: String
        /// Folder of the images that this node holds.
        package var imagesFolder: String
        /// Manifests of images that are in use; of several nodes with one folder those of all. nil: this node's alone.
        package var imagesInUse: (@Sendable () -> Set<Digest>)?
        /// Gets a pod with the address that it will have; what guards the network is in force when it returns.
        package var admit: (@Sendable (View<Pod>, String) async -> Void)?
        /// From which registries the node fetches images by itself.
        package var registries = Registries.any
        /// The program that becomes the parent of a pod.
        package var executable: String
        /// Paths of the host that no container sees.
        package var maskedPaths: [String]
        /// Folder of manifests of static pods; nil for none.
        package var manifestsFolder: String?
        /// Address on this machine that gives static pods; nil for none. See ``StaticPodAddress``.
        package var manifestAddress: String?
        /// Where the host's programs find the API server.
        package var api: Endpoint
        /// Where containers find it that are not in the host's network.
        package var apiForPods: Endpoint
        /// What holds containers to their limits.
        package var controlGroups: ControlGroups
        /// What pods are bound to.
        package var network: ClusterNetwork
        /// What the node has left; nil looks at the host.
        package var pressure: (@Sendable () -> NodePressure)?
        /// The node's addresses for pods, when they have a network of their own.
        package var podCIDR: String
        /// The cluster's name server, for pods that are in its network; nil where there is none.
        package var nameServer: String?

        package init(
            nodeName: String, podLogsFolder: String, stateFolder: String, imagesFolder: String, executable: String, maskedPaths: [String],
            api: Endpoint, apiForPods: Endpoint, network: ClusterNetwork, controlGroups: ControlGroups,
            podCIDR: String = "10.244.0.0/24",
            nameServer: String? = nil
        ) {
            self.nodeName = nodeName
            self.podLogsFolder = podLogsFolder
            self.stateFolder = stateFolder
            self.imagesFolder = imagesFolder
            self.executable = executable
            self.maskedPaths = maskedPaths
            self.api = api
            self.apiForPods = apiForPods
            self.network = network
            self.controlGroups = controlGroups
            self.podCIDR = podCIDR
            self.nameServer = nameServer
        }

        /// The node's address as pods reach it: the first of its range, or the host's loopback where pods share that.
        var hostIP: String { network.isOwn ? addressRange.first.advanced(by: 1).description : NodeContext.loopback }

        var currentPressure: NodePressure { pressure?() ?? NodePressure.now(folder: stateFolder) }

        /// Where the addresses of pods come from.
        var addressRange: CIDR {
            guard network.isOwn, let range = CIDR(podCIDR) else { return PodAddresses.range(for: stateFolder) }
            return range
        }
    }

    struct State {
        /// By uid.
        var workers: [String: PodWorker] = [:]
        var workersBySource: [PodSource: Set<String>] = [:]
        var begin: (@Sendable (PodWorker) -> Void)?
        /// What the files and addresses say now; nil before they were read.
        var staticPods: StaticPodSource.Findings?
    }

    let configuration: Configuration
    let client: Client
    private let informers: Informers
    let clock: ClusterClock
    let log: Logger
    let watch = FileWatch()
    private let meter: UsageMeter
    private let began: Time
    let state = Mutex(State())

    package init(configuration: Configuration, client: Client, informers: Informers, clock: ClusterClock, log: Logger) {
        self.configuration = configuration
        self.client = client
        self.informers = informers
        self.clock = clock
        self.log = log
        meter = UsageMeter(nodeName: configuration.nodeName, groups: configuration.controlGroups, clock: clock)
        began = clock.time
    }

    /// Keeps the node and its pods until the task is cancelled; then the pods run on.
    package func run() async {
        let reporter = NodeReporter(configuration: configuration, client: client, clock: clock, log: log)
        let pods: Informer<Pod> = informers.informer()
        let services: Informer<Service> = informers.informer()
        guard let node = await reporter.register(podCIDR: configuration.addressRange) else { return }
        let runtime: SandboxRuntime
        let images: NodeImages
        do {
            runtime = try SandboxRuntime(executable: configuration.executable)
            images = try NodeImages(
                folder: configuration.imagesFolder, registries: configuration.registries, client: client, catalogue: informers.informer())
        } catch {
            log.critical("the node can run no pods", metadata: ["error": "\(error)"])
            return
        }
        let hostPorts = HostPorts(configuration)
        defer { hostPorts.closeAll() }
        let context = NodeContext(
            configuration: configuration, client: client, clock: clock, log: log,
            events: EventRecorder(client: client, clock: clock, component: "kubelet", host: configuration.nodeName), runtime: runtime,
            addresses: PodAddresses(addressRange(node), reserved: configuration.network.isOwn ? 1 : 0), pods: pods,
            services: services, watch: watch, images: images, allocatable: reporter.allocatable(of: node),
            hostPorts: hostPorts)
        let (started, newWorkers) = AsyncStream<PodWorker>.makeStream()
        state.withLock { $0.begin = { newWorkers.yield($0) } }
        await withDiscardingTaskGroup { group in
            group.addTask { await reporter.run(images) }
            group.addTask { [self] in await rotateLogs() }
            group.addTask { [self] in await meter.run { [self] in state.withLock { Array($0.workers.values) } } }
            group.addTask { [self] in
                await Evictor(
                    pressure: { [configuration] in configuration.currentPressure }, workers: { [self] in workers },
                    usage: { [self] in await usage() }, clock: clock, log: log
                ).run()
            }
            group.addTask { [client, clock, log] in
                await HostImageReporter(client: client, catalogue: images.catalogue, clock: clock, log: log).run()
            }
            let inUse: @Sendable () -> Set<Digest> =
                configuration.imagesInUse ?? { [state = configuration.stateFolder] in Self.imagesInUse(stateFolder: state) }
            group.addTask { [clock, log] in await ImageCollector(images: images, inUse: inUse, clock: clock, log: log).run() }
            group.addTask { [self] in await follow(pods, context) }
            group.addTask { [self] in await followStatic(pods, context) }
            group.addTask { [self] in await followImages(images) }
            for await worker in started {
                group.addTask { [self] in
                    await worker.run()
                    guard !Task.isCancelled else { return }
                    forget(worker)
                    if worker.isStatic { startStaticPods(pods, context) }
                }
            }
        }
    }

    /// What the node was given, unless that is of another kind than what its pods are bound to now.
    private func addressRange(_ node: View<Node>) -> CIDR {
        guard let given = CIDR(node.spec.podCIDR), given.contains(configuration.addressRange.first) else {
            return configuration.addressRange
        }
        return given
    }

    // MARK: - Pods

    /// Takes the pods that are there, then each change. Addresses of old pods are known before new pods get theirs.
    private func follow(_ pods: Informer<Pod>, _ context: NodeContext) async {
        await pods.caughtUp()
        let mine: [View<Pod>] = pods.list().filter { $0.spec.nodeName == configuration.nodeName }
        for pod in mine where !pod.isFinished {
            let folders = PodFolders(configuration, key: pod.key, uid: pod.metadata.uid)
            context.addresses.reserve(pod.status.podIP.isEmpty ? folders.knownAddress ?? "" : pod.status.podIP, for: pod.metadata.uid)
        }
        pods.onChange { [weak self] before, after in self?.podChanged(before, after, context) }
        informers.feed(ConfigMap.names.resource) { [weak self] in self?.sourcesChanged(.configMap, $0) }
        informers.feed(Secret.names.resource) { [weak self] in self?.sourcesChanged(.secret, $0) }
        let files: StaticPodSource.Findings = await staticPodSource.current()
        // What a place has that can't be read now only its mirrors tell.
        let mirrored: [String] = files.isComplete ? [] : mine.compactMap(\.mirrored)
        await removeOrphans(Set(mine.map(\.metadata.uid) + files.pods.map(\.metadata.uid) + mirrored), context)
    }

    private func podChanged(_ before: View<Pod>?, _ after: View<Pod>?, _ context: NodeContext) {
        if let before, before.metadata.uid != after?.metadata.uid {
            state.withLock { $0.workers[before.metadata.uid] }?.podIsGone()
        }
        guard let after, after.spec.nodeName == configuration.nodeName else {
            if let before, before.mirrored != nil { mirrorChanged(before, isThere: false, context) }
            return
        }
        if after.mirrored != nil { return mirrorChanged(after, isThere: true, context) }
        let uid: String = after.metadata.uid
        let (worker, begin) = state.withLock { state -> (PodWorker, (@Sendable (PodWorker) -> Void)?) in
            if let known = state.workers[uid] { return (known, nil) }
            let worker = PodWorker(after, node: context)
            state.workers[uid] = worker
            for source in worker.sources { state.workersBySource[source, default: []].insert(uid) }
            return (worker, state.begin)
        }
        if let begin { begin(worker) } else { worker.update(after) }
    }

    private func sourcesChanged(_ kind: PodSource.Kind, _ change: MetadataFeed.Change) {
        let changed: [View<ObjectMeta>] =
            switch change {
            case .put(let one), .deleted(let one): [one]
            case .listed(let all): all
            }
        let uids: Set<String> = state.withLock { state in
            changed.reduce(into: []) { uids, source in
                let key = ObjectKey(namespace: source.namespace, name: source.name)
                uids.formUnion(state.workersBySource[PodSource(kind: kind, key: key)] ?? [])
            }
        }
        for worker in state.withLock({ state in uids.compactMap { state.workers[$0] } }) { worker.sourcesChanged() }
    }

    /// Tells pods that wait for images when the store or the catalogue has new ones, until the task is cancelled.
    private func followImages(_ images: NodeImages) async {
        let (news, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let subscription: FileWatch.Subscription = watch.onChange(of: images.store.folder) { continuation.yield() }
        defer { subscription.cancel() }
        images.catalogue.onChange { before, after in
            if before?.json["spec"] != after?.json["spec"] { continuation.yield() }
        }
        for await _ in news {
            for worker in state.withLock({ Array($0.workers.values) }) { worker.imagesChanged() }
        }
    }

    private func forget(_ worker: PodWorker) {
        state.withLock { state in
            state.workers[worker.uid] = nil
            for source in worker.sources {
                state.workersBySource[source]?.remove(worker.uid)
                if state.workersBySource[source]?.isEmpty == true { state.workersBySource[source] = nil }
            }
        }
    }

    /// Ends sandboxes whose pods went while no kubelet ran, and removes what is left of them.
    private func removeOrphans(_ living: Set<String>, _ context: NodeContext) async {
        for uid in Files.names(in: PodFolders.all(configuration)) where !living.contains(uid) && worker(uid) == nil {
            let folder: String = PodFolders.all(configuration) + "/" + uid
            if let sandbox = try? await context.runtime.adopt(folder: folder + "/sandbox") {
                await sandbox.shutdown(gracePeriod: .seconds(2))
            } else {
                await BlockingThread.run { SandboxRuntime.endLeftovers(folder: folder + "/sandbox") }
            }
            _ = await BlockingThread.run { [network = configuration.network, controlGroups = configuration.controlGroups] in
                controlGroups.remove(uid)
                try? network.remove(folder)
            }
            log.info("removed a pod that had gone", metadata: ["uid": "\(uid)"])
        }
        for name in Files.names(in: configuration.podLogsFolder) {
            guard let uid = name.split(separator: "_").last.map(String.init), !living.contains(uid), worker(uid) == nil else { continue }
            let folder: String = configuration.podLogsFolder + "/" + name
            _ = await BlockingThread.run { try? removeFolder(folder) }
        }
        let logs: String = configuration.podLogsFolder
        await BlockingThread.run { PodFolders.removeDanglingLinks(beside: logs) }
    }

    var workers: [PodWorker] { state.withLock { Array($0.workers.values) } }

    /// What pods find in /var/log.
    var nodeLogs: String { PodFolders.nodeLogs(configuration.podLogsFolder) }

    func worker(_ uid: String) -> PodWorker? { state.withLock { $0.workers[uid] } }

    // MARK: - Logs

    /// Keeps logs from growing without end.
    private func rotateLogs() async {
        while (try? await clock.sleep(for: configuration.logInterval)) != nil {
            for worker in workers { await worker.rotateLogs() }
        }
    }

    /// Opens a container's log. Throws ``APIStatus`` for a run that is not there.
    package func log(_ request: LogRequest) async throws -> AsyncThrowingStream<[UInt8], any Error> {
        let folders = PodFolders(configuration, key: request.pod, uid: request.uid)
        let attempts: [Int] = folders.attempts(of: request.container)
        let worker: PodWorker? = worker(request.uid)
        let record: ContainerRecord? = await worker?.records[request.container]
        let current: Int? = record.map { $0.hasRun ? $0.attempt : -1 } ?? attempts.last
        let wanted: Int? = request.isPrevious ? current.map { $0 - 1 } : current
        guard let wanted, wanted >= 0, attempts.contains(wanted) else {
            throw APIStatus.badRequest(Self.absence(request, record))
        }
        let path: String = folders.log(of: request.container, attempt: wanted)
        return LogReader(
            request: request, path: path, watch: watch, since: LogReader.since(request, clock: clock),
            isWriting: { await worker?.isWriting(request.container, attempt: wanted) ?? false }
        ).stream()
    }

    /// Source: `validateContainerLogStatus` of pkg/kubelet/kubelet_pods.go.
    private static func absence(_ request: LogRequest, _ record: ContainerRecord?) -> String {
        let container: String = request.container
        let pod: String = request.pod.name
        if request.isPrevious { return "previous terminated container \"\(container)\" in pod \"\(pod)\" not found" }
        if let problem = record?.problem {
            switch problem.reason {
            case "ErrImagePull": return "container \"\(container)\" in pod \"\(pod)\" is waiting to start: image can't be pulled"
            case "ImagePullBackOff":
                return "container \"\(container)\" in pod \"\(pod)\" is waiting to start: trying and failing to pull image"
            default: return "container \"\(container)\" in pod \"\(pod)\" is waiting to start: \(problem.reason)"
            }
        }
        if let record, record.isWaiting {
            let reason: String = record.role == .main ? "ContainerCreating" : "PodInitializing"
            return "container \"\(container)\" in pod \"\(pod)\" is waiting to start: \(reason)"
        }
        return "container \"\(container)\" in pod \"\(pod)\" is not available"
    }
}

extension Kubelet: UsageSource {
    /// What all pods' running containers have used, as of now.
    package func usage() async -> [PodUsage] { await meter.read(workers) }

    /// The same and what the node has, for those who collect metrics.
    func pages() async -> NodePages {
        let pods: [PodUsage] = await usage()
        var rates: [String: Quantity] = [:]
        for pod in pods {
            for container in pod.containers { rates["\(pod.uid)/\(container.name)"] = meter.rate(of: container, in: pod) }
        }
        let (host, disk): (HostUsage?, DiskSpace?) = await BlockingThread.run { [folder = configuration.stateFolder] in
            (HostUsage(), try? DiskSpace(at: folder))
        }
        return NodePages(
            nodeName: configuration.nodeName, pods: pods, rates: rates, host: host,
            hostRate: meter.nodeMetrics().first?.usage["cpu"], disk: disk, began: began, now: clock.time)
    }

    package func podMetrics() -> [View<PodMetrics>] { meter.podMetrics() }
    package func nodeMetrics() -> [View<NodeMetrics>] { meter.nodeMetrics() }
}
