import API
package import Client
import Images
package import Logging
package import Machinery
import Network
import Sandbox
import Synchronization

/// The node: registers itself, runs the pods that were given to it as processes, and tells the API what becomes of them.
///
/// Pods outlive it: the next kubelet on the same folders finds their sandboxes again and restarts nothing.
package final class Kubelet: Sendable {
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
    let meter: UsageMeter
    let probeResults = ProbeResults()
    let measures = KubeletMeasures()
    let began: Time
    let state = Mutex(State())
    let controlPlane: ControlPlanePod?

    package init(configuration: Configuration, client: Client, informers: Informers, clock: ClusterClock, log: Logger) {
        self.configuration = configuration
        self.client = client
        self.informers = informers
        self.clock = clock
        self.log = log
        controlPlane = configuration.controlPlane.flatMap { try? ControlPlanePod($0, configuration) }
        meter = UsageMeter(
            nodeName: configuration.nodeName, groups: configuration.controlGroups, clock: clock,
            own: { [controlPlane] in controlPlane?.usage() })
        began = clock.time
    }

    /// Keeps the node and its pods until the task is cancelled; then the pods run on.
    ///
    /// - Parameter begun: called when the API knows this run of the node.
    package func run(begun: @Sendable () -> Void = {}) async {
        let reporter = NodeReporter(configuration: configuration, client: client, clock: clock, log: log)
        let pods: Informer<Pod> = informers.informer()
        let services: Informer<Service> = informers.informer()
        let nodes: Informer<Node> = informers.informer()
        guard let node = await reporter.register() else { return }
        if let memory = node.wantedCapacity["memory"] { meter.isShare(ofMemory: memory.value) }
        // One that can't be made is what the first pod says.
        for folder in [PodFolders.all(configuration), configuration.podLogsFolder] where (try? Files.makeFolder(folder)) != nil {
            FileSystem.spreadFolders(in: folder)
        }
        let runtime: SandboxRuntime
        let images: NodeImages
        do {
            runtime = try SandboxRuntime(executable: configuration.executable)
            images = try NodeImages(
                folder: configuration.imagesFolder, registries: configuration.registries, client: client, catalogue: informers.informer())
        } catch {
            log.critical("the node can run no pods", metadata: ["error": "\(error)"])
            return begun()
        }
        let hostPorts = HostPorts(configuration)
        defer { hostPorts.closeAll() }
        let context = NodeContext(
            configuration: configuration, client: client, clock: clock, log: log,
            events: EventRecorder(client: client, clock: clock, component: "kubelet", host: configuration.nodeName), runtime: runtime,
            addresses: PodAddresses(addressRanges(node), reserved: configuration.network.isOwn ? 1 : 0), pods: pods,
            nodes: nodes, registered: node, services: services, watch: watch, images: images, allocatable: reporter.allocatable(of: node),
            hostPorts: hostPorts, probeResults: probeResults, measures: measures,
            preempt: { [weak self] uids in for uid in uids { await self?.worker(uid)?.preempt() } })
        let (started, newWorkers) = AsyncStream<PodWorker>.makeStream()
        state.withLock { $0.begin = { newWorkers.yield($0) } }
        if let controlPlane, !(await controlPlane.report(context)) { controlPlane.reportLater() }
        begun()
        await withDiscardingTaskGroup { group in
            if let controlPlane { group.addTask { await controlPlane.run(context) } }
            group.addTask { await reporter.run(images) }
            group.addTask { [self] in await rotateLogs() }
            group.addTask { [self] in await meter.run { [self] in state.withLock { Array($0.workers.values) } } }
            let inUse: @Sendable () -> Set<Digest> =
                configuration.imagesInUse ?? { [state = configuration.stateFolder] in Self.imagesInUse(stateFolder: state) }
            let collector = ImageCollector(images: images, inUse: inUse, clock: clock, log: log)
            group.addTask { await collector.run() }
            group.addTask { [self] in
                await Evictor(
                    pressure: { [configuration] in configuration.currentPressure }, workers: { [self] in workers },
                    usage: { [self] in await usage() }, images: collector, clock: clock, log: log, measures: measures
                ).run()
            }
            group.addTask { [client, clock, log] in
                await HostImageReporter(client: client, catalogue: images.catalogue, clock: clock, log: log).run()
            }
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
    private func addressRanges(_ node: View<Node>) -> [CIDR] {
        let given: [CIDR] = node.spec.podCIDRs.compactMap { CIDR($0) }
        return configuration.addressRanges.map { own in given.first { $0.contains(own.first) } ?? own }
    }

    // MARK: - Pods

    /// Takes the pods that are there, then each change. Addresses of old pods are known before new pods get theirs.
    private func follow(_ pods: Informer<Pod>, _ context: NodeContext) async {
        await pods.caughtUp()
        await context.nodes.caughtUp()
        let mine: [View<Pod>] = pods.list().filter { $0.spec.nodeName == configuration.nodeName }
        for pod in mine where !pod.isFinished {
            let folders = PodFolders(configuration, key: pod.key, uid: pod.metadata.uid)
            let known: String = pod.status.podIP.isEmpty ? folders.knownAddresses.first ?? "" : pod.status.podIP
            context.addresses.reserve(known, for: pod.metadata.uid)
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
}
