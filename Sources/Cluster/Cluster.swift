import API
import APIServer
package import Client
import Controllers
import Glibc
import Kubelet
import Network
package import Logging
package import Machinery
package import Sandbox
import Scheduler

/// A whole cluster in this process: its control plane, and the controllers, scheduler and kubelets that act on it.
///
/// ``start(_:configuration:clock:log:)`` returns when the API answers; ``run()`` keeps everything going until its task is cancelled;
/// ``shutdown()`` ends it in order. Pods outlive it: the next start finds them again.
package final class Cluster: Sendable {
    package struct Configuration: Sendable {
        /// 0 takes the port of the last start, or a free one.
        package var port = 0
        /// The node's name; nil is the cluster without a node of its own.
        package var nodeName: String? = "local"
        /// How many nodes of processes there are at least; with more than one they share the machine in equal parts.
        package var nodeCount = 1
        /// A file of users' tokens beside the one in the cluster's folder; nil for none.
        package var tokenFile: String?
        /// Address on this machine that gives static pods; nil for none.
        package var manifestAddress: String?
        /// What is recorded of requests.
        package var audit = AuditSettings()
        /// File with an EncryptionConfiguration; nil writes everything to the disk as it is.
        package var encryptionFile: String?
        /// Whether another content of that file takes effect while the cluster runs.
        package var reloadsEncryption = false
        /// File with a TracingConfiguration; nil tells nobody of requests.
        package var tracingFile: String?
        /// Show the cluster's process as a pod of its first node.
        package var isPod = false
        /// File into which the process writes about itself; nil for none.
        package var logPath: String?
        /// A file that says how the scheduler works; nil for the default.
        package var schedulerFile: String?
        /// The program that becomes the parent of a pod.
        package var executable: String

        package init(executable: String = Host.executable) { self.executable = executable }
    }

    package let profile: ClusterProfile
    package let clock: ClusterClock
    /// With all rights, inside the process.
    package let client: Client
    private let lock: LockBox
    private let controlPlane: ControlPlane
    private let nodes: NodePool
    private let controllers: ControllerManager
    private let scheduler: Scheduler
    private let simulated: SimulatedNodes
    /// nil in a cluster without a node of its own, whose pods have no network.
    private let services: ServiceNetwork?
    private let informers: Informers
    /// Name of the node that is always there.
    private let first: String?

    package var port: Int { controlPlane.port }
    package var credentials: ClusterCredentials { controlPlane.credentials }
    /// Of the pods and Services.
    package var network: ClusterNetwork { controlPlane.network }

    /// Opens the data folder and answers requests. Throws ``ClusterError`` with what to do.
    package static func start(
        _ profile: ClusterProfile, configuration: Configuration, clock: ClusterClock, log: Logger
    ) async throws(ClusterError) -> Cluster {
        try profile.makeFolders()
        let lock: LockBox = try LockBox(profile)
        profile.endPause()
        var settings: ClusterSettings = try ClusterSettings(profile) ?? ClusterSettings(created: clock.time)
        do {
            let controlPlane = try await ControlPlane(profile, &settings, configuration, clock: clock, log: log)
            do {
                return try await Cluster(profile, lock, settings, controlPlane, configuration, clock, log)
            } catch {
                await controlPlane.shutdown()
                throw error
            }
        } catch {
            throw error as? ClusterError ?? ClusterError("\(error)")
        }
    }

    /// Makes what every cluster has, and all that acts on it.
    private init(
        _ profile: ClusterProfile, _ lock: LockBox, _ settings: ClusterSettings, _ controlPlane: ControlPlane,
        _ configuration: Configuration, _ clock: ClusterClock, _ log: Logger
    ) async throws {
        self.profile = profile
        self.lock = lock
        self.controlPlane = controlPlane
        self.clock = clock
        first = configuration.nodeName
        let began: Time = clock.time
        let network: ClusterNetwork = controlPlane.network
        let metrics: Metrics = controlPlane.metrics
        let credentials: ClusterCredentials = controlPlane.credentials
        let server: APIServer = controlPlane.server
        client = controlPlane.client(as: .component("system:apiserver"), for: "swkube")
        try await Self.makeFirstObjects(controlPlane, configuration, client, now: began)
        let scheduling: SchedulerConfiguration = try await SchedulerFile(path: configuration.schedulerFile, client: client).read()

        let informers = Informers(
            controlPlane.client(as: .system("system:kube-controller-manager"), for: "kube-controller-manager"), log: log)
        self.informers = informers
        controllers = ControllerManager(
            clients: { controlPlane.client(as: .part($0), for: "kube-controller-manager") }, informers: informers, clock: clock, log: log,
            rootCA: credentials.caPEM, signer: ClusterSigner(credentials.authority), volumesFolder: profile.volumesFolder,
            makeToken: { [tokens = server.tokens] in try tokens.legacyToken(namespace: $0, account: $1, uid: $2, secret: $3) },
            metrics: metrics)
        scheduler = Scheduler(
            client: controlPlane.client(as: .system("system:kube-scheduler"), for: "kube-scheduler"), informers: informers, clock: clock,
            log: log, configuration: scheduling, metrics: metrics, resourceMetrics: server.resourceMetrics)
        let services: ServiceNetwork? = configuration.nodeName.map { [client] _ in
            ServiceNetwork(
                network, profile: profile, authority: credentials.authority, client: client, clock: clock, informers: informers, log: log)
        }
        self.services = services
        let ranges = NodeRanges(profile, network)
        let groups = ControlGroups(name: settings.controlGroup)
        try PrivateFile.write(Array(groups.roots.joined(separator: "\n").utf8), to: profile.controlGroupsPath)
        let kubeletClient: @Sendable (String, Departure?) -> Client = {
            controlPlane.client(as: .system("system:node:" + $0, groups: ["system:nodes"]), for: "kubelet", departure: $1)
        }
        nodes = NodePool(first: first, informers: informers, profile: profile, log: log) { name, folders in
            var node = Kubelet.Configuration(
                nodeName: name, podLogsFolder: folders.logs, stateFolder: folders.state, imagesFolder: profile.imagesFolder,
                executable: configuration.executable, maskedPaths: [profile.folder],
                api: network.isOwn
                    ? .init(address: ClusterAddresses.api, port: ClusterAddresses.apiPort)
                    : .init(address: controlPlane.advertised.address, port: controlPlane.advertised.port),
                network: network, controlGroups: groups, podCIDRs: ranges.ranges(of: folders),
                nameServer: network.isOwn ? ClusterAddresses.dns : nil)
            node.seccompFolder = profile.seccompFolder
            node.imagesInUse = { profile.imagesInUse() }
            node.admit = { await services?.policies.admit($0, addresses: $1) }
            if name == configuration.nodeName {
                node.controlPlane = configuration.isPod ? Kubelet.ControlPlane(logPath: configuration.logPath, began: began) : nil
                node.manifestsFolder = profile.manifestsFolder
                node.manifestAddress = configuration.manifestAddress
            }
            return Kubelet(configuration: node, client: kubeletClient(name, nil), informers: informers, clock: clock, log: log)
        }
        simulated = SimulatedNodes(client: kubeletClient, informers: informers, clock: clock, log: log)
        controlPlane.door.nodes = nodes
        controlPlane.usage.set([simulated, nodes], informers: informers)
    }

    /// What every cluster has from its first moment.
    private static func makeFirstObjects(
        _ controlPlane: ControlPlane, _ configuration: Configuration, _ client: Client, now: Time
    ) async throws {
        let families: [IPFamily] = controlPlane.network.families
        async let policy: Void = controlPlane.server.writeBootstrapPolicy()
        try await Bootstrap(
            client: client, port: controlPlane.port, advertised: controlPlane.advertised, hasNames: controlPlane.network.isOwn,
            families: families, now: now,
            trust: controlPlane.credentials.front.authentication(clientCAPEM: controlPlane.credentials.caPEM)
        ).run()
        try await policy
        guard let first = configuration.nodeName else { return }
        let node = FirstNode(name: first, families: families)
        if configuration.isPod { try await node.makeControlPlane(client) }
        if configuration.nodeCount > 1 { try await SharedMachine(first: node, count: configuration.nodeCount).mark(client) }
    }

    /// Runs all of it until the task is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { [informers] in await informers.run() }
            group.addTask { [controllers] in await controllers.run() }
            group.addTask { [scheduler] in await scheduler.run() }
            group.addTask { [simulated] in await simulated.run() }
            group.addTask { [controlPlane, client] in await controlPlane.run(client) }
            group.addTask { [nodes] in await nodes.run() }
            if let services { group.addTask { await services.run() } }
        }
    }

    /// Returns when each node of processes that is switched on has begun in this run and is Ready, and nothing keeps pods away any longer;
    /// or when it has said that it cannot be: then its words are returned. Call once.
    package func waitUntilReady() async throws -> String? {
        var waiting: Set<String> = Set(
            try await client.list(Node.self).items.filter { $0.kind == .process && !$0.isSwitchedOff }.map(\.name))
        if let first { waiting.insert(first) }
        guard !waiting.isEmpty else { return nil }
        var unsettled: Set<String> = waiting
        for await name in nodes.settled {
            unsettled.remove(name)
            if unsettled.isEmpty { break }
        }
        var refusal: String?
        for try await event in try await client.watch(APIRequest(.watch, Node.names.resource)) {
            let node = View<Node>(event.object)
            let isTainted: Bool = node.spec.taints.contains { $0.key == "node.kubernetes.io/not-ready" }
            guard node.isSwitchedOff || node.refusal != nil || node.isReady && !isTainted else { continue }
            if refusal == nil { refusal = node.refusal.map { "node \(node.name): \($0)" } }
            waiting.remove(node.name)
            if waiting.isEmpty { break }
        }
        return refusal
    }

    /// Ends the pods of all nodes in order, as before the machine goes down: the API and the next start take them for pods that run. Call
    /// while ``run()`` goes on.
    package func endPods() async {
        // Processes that stand still hear no signal, and on a clock that does so no grace ends.
        controlPlane.pause.resume()
        await nodes.endPods()
    }

    /// Says in the data folder that the cluster runs, for commands that look at it from outside.
    package func announce(pid: Int32) throws(ClusterError) {
        try profile.writeRunning(RunningCluster(pid: pid, port: port, since: clock.time))
    }

    /// Answers no more requests, makes everything durable and lets the data folder go. Call after ``run()`` ended.
    package func shutdown() async {
        await controlPlane.shutdown()
        profile.forgetRunning()
        lock.release()
    }
}
