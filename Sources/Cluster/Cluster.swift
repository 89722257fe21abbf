import API
import APIServer
package import Client
import Controllers
import Glibc
import HTTP
import Kubelet
import Network
package import Logging
package import Machinery
package import Sandbox
import Scheduler
import Store

/// A whole cluster in this process: store, API server, controllers, scheduler and kubelet.
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
    package let port: Int
    package let clock: ClusterClock
    package let credentials: ClusterCredentials
    /// With all rights, inside the process.
    package let client: Client
    private let lock: LockBox
    private let store: SQLiteStore
    private let encryption: EncryptionInForce
    private let metrics: Metrics
    private let server: APIServer
    private let http: HTTPServer
    private let audit: Audit?
    private let pause: ClusterPause
    private let nodes: NodePool
    private let controllers: ControllerManager
    private let scheduler: Scheduler
    private let simulated: SimulatedNodes
    /// nil in a cluster without a node of its own, whose pods have no network.
    private let services: ServiceNetwork?
    private let informers: Informers
    private let log: Logger
    /// Name of the node that is always there.
    private let first: String?
    /// Of the pods and services.
    package let network: ClusterNetwork

    /// Opens the data folder and answers requests. Throws ``ClusterError`` with what to do.
    package static func start(
        _ profile: ClusterProfile, configuration: Configuration, clock: ClusterClock, log: Logger
    ) async throws(ClusterError) -> Cluster {
        try profile.makeFolders()
        let lock: LockBox = try LockBox(profile)
        profile.endPause()
        var settings: ClusterSettings = try ClusterSettings(profile) ?? ClusterSettings(created: clock.time)
        let credentials = try ClusterCredentials(profile)
        let store: SQLiteStore
        let metrics = Metrics()
        let audit: Audit? = try configuration.audit.audit(clock: clock, metrics: metrics, log: log)
        let encryption = try EncryptionInForce(file: configuration.encryptionFile, isWatched: configuration.reloadsEncryption)
        do throws(StoreError) {
            store = try SQLiteStore(
                path: profile.storeFolder + "/cluster.db", sealing: encryption, committed: StoreMetrics.commits(metrics),
                index: APIServer.index)
        } catch {
            throw ClusterError("cannot open the cluster's data: \(error)")
        }
        do {
            return try await Cluster(
                profile, lock, &settings, credentials, store, encryption, metrics, audit, configuration, clock, log)
        } catch {
            store.close()
            throw error as? ClusterError ?? ClusterError("\(error)")
        }
    }

    private init(
        _ profile: ClusterProfile, _ lock: LockBox, _ settings: inout ClusterSettings, _ credentials: ClusterCredentials,
        _ store: SQLiteStore, _ encryption: EncryptionInForce, _ metrics: Metrics, _ audit: Audit?, _ configuration: Configuration,
        _ clock: ClusterClock, _ log: Logger
    ) async throws {
        ProcessMetrics.add(to: metrics)
        StoreMetrics.add(store, path: profile.storeFolder + "/cluster.db", to: metrics)
        let door = KubeletDoor()
        let usage = ClusterUsage()
        let pause = ClusterPause(profile, clock: clock)
        let network: ClusterNetwork =
            configuration.nodeName == nil ? ClusterNetwork(hostNetworkBecause: nil) : Self.network(profile, configuration, log)
        let isOwn: Bool = network.isOwn
        let front: FrontProxy = credentials.front
        var serving = APIServer.Configuration(
            tokenKeyPEM: credentials.tokenKeyPEM, node: door, components: ["controller-manager", "scheduler"],
            found: [usage.podMetrics, usage.nodeMetrics],
            staticTokens: try UserTokens.read(profile, configuration.tokenFile), dial: network.dial, metrics: metrics,
            audit: audit, frontProxy: front,
            policyNotice: configuration.nodeName == nil ? nil : PacketFilter.problem(network).map(PolicyRouter.notice))
        serving.checks = { encryption.checks }
        serving.tracing = try configuration.tracingFile.map { RequestTracing(try TracingFile.read($0), clock: clock, log: log) }
        serving.logPage = { [logs = profile.nodeLogsFolder] path in
            await BlockingThread.run { NodeLogPage.make(path, root: logs) }
        }
        serving.commands =
            ClusterCommands(profile: profile, store: store, clock: clock, pause: pause, leaders: { await door.nodes?.leaders() ?? [] }).all
        let server = try APIServer(store: store, clock: clock, configuration: serving, log: log)
        let entrance = HTTPFront(server: server)
        let wanted: Int = configuration.port != 0 ? configuration.port : settings.port
        let http: HTTPServer
        do {
            http = try await HTTPServer(
                host: "127.0.0.1", port: wanted, tls: credentials.tls, refuse: HTTPFront.refusal, handler: { entrance.handle($0, $1) })
        } catch HTTPError.portInUse {
            throw ClusterError(
                "port \(wanted) on 127.0.0.1 is taken by another program. Stop that, or start the cluster elsewhere: "
                    + "swkube start --cluster \(profile.name) --port PORT")
        }
        self.http = http
        self.audit = audit
        self.network = network
        self.pause = pause
        port = http.port
        if isOwn {
            try await http.listen(on: network.listen(ClusterAddresses.api, port: ClusterAddresses.apiPort))
            try await http.listen(on: network.listen(ClusterAddresses.gateway, port: ClusterAddresses.advertisedPort))
        }
        if settings.port != http.port {
            settings.port = http.port
            try settings.write(profile)
        }
        self.profile = profile
        self.lock = lock
        self.store = store
        self.encryption = encryption
        self.metrics = metrics
        self.server = server
        self.clock = clock
        self.credentials = credentials
        self.log = log
        let began: Time = clock.time
        first = configuration.nodeName
        let part: @Sendable (UserInfo, String) -> Client = { Client(LocalTransport(server, as: $0), fieldManager: $1) }
        client = part(.component("system:apiserver"), "swkube")
        async let policy: Void = server.writeBootstrapPolicy()
        let advertised: (String, Int) =
            isOwn ? (ClusterAddresses.gateway, ClusterAddresses.advertisedPort) : ("127.0.0.1", http.port)
        try await Bootstrap(
            client: client, port: http.port, advertised: advertised, hasNames: isOwn, families: network.families, now: clock.time,
            trust: front.authentication(clientCAPEM: credentials.caPEM)
        ).run()
        try await policy
        let scheduling: SchedulerConfiguration = try await SchedulerFile(path: configuration.schedulerFile, client: client).read()
        if let first, configuration.isPod { try await ControlPlaneRole.give(to: first, network.families, client) }
        if let first, configuration.nodeCount > 1 {
            try await SharedMachine(first: first, count: configuration.nodeCount, families: network.families).mark(client)
        }

        let shared = Informers(part(.system("system:kube-controller-manager"), "kube-controller-manager"), log: log)
        controllers = ControllerManager(
            clients: { part(.part($0), "kube-controller-manager") }, informers: shared, clock: clock, log: log,
            rootCA: credentials.caPEM, signer: ClusterSigner(credentials.authority), volumesFolder: profile.volumesFolder,
            makeToken: { [tokens = server.tokens] in try tokens.legacyToken(namespace: $0, account: $1, uid: $2, secret: $3) },
            metrics: metrics)
        scheduler = Scheduler(
            client: part(.system("system:kube-scheduler"), "kube-scheduler"), informers: shared, clock: clock, log: log,
            configuration: scheduling, metrics: metrics, resourceMetrics: server.resourceMetrics)
        let services: ServiceNetwork? = configuration.nodeName.map { [client] _ in
            ServiceNetwork(
                network, profile: profile, authority: credentials.authority, client: client, clock: clock, informers: shared, log: log)
        }
        self.services = services
        let api: Kubelet.Endpoint =
            isOwn ? .init(address: ClusterAddresses.api, port: ClusterAddresses.apiPort) : .init(address: "127.0.0.1", port: http.port)
        let ranges = NodeRanges(profile, network)
        let groups = ControlGroups(name: settings.controlGroup)
        let controlPlane = configuration.isPod ? Kubelet.ControlPlane(logPath: configuration.logPath, began: began) : nil
        try PrivateFile.write(Array(groups.roots.joined(separator: "\n").utf8), to: profile.controlGroupsPath)
        nodes = NodePool(first: configuration.nodeName, informers: shared, profile: profile, log: log) { name, folders in
            var node = Kubelet.Configuration(
                nodeName: name, podLogsFolder: folders.logs, stateFolder: folders.state, imagesFolder: profile.imagesFolder,
                executable: configuration.executable, maskedPaths: [profile.folder], api: api, network: network, controlGroups: groups,
                podCIDRs: ranges.ranges(of: folders),
                nameServer: isOwn ? ClusterAddresses.dns : nil)
            node.seccompFolder = profile.seccompFolder
            node.imagesInUse = { profile.imagesInUse() }
            node.admit = { await services?.policies.admit($0, addresses: $1) }
            if name == configuration.nodeName {
                node.controlPlane = controlPlane
                node.manifestsFolder = profile.manifestsFolder
                node.manifestAddress = configuration.manifestAddress
            }
            return Kubelet(
                configuration: node,
                client: part(.system("system:node:" + name, groups: ["system:nodes"]), "kubelet"), informers: shared, clock: clock, log: log
            )
        }
        simulated = SimulatedNodes(
            client: { part(.system("system:node:" + $0, groups: ["system:nodes"]), "kubelet") }, informers: shared, clock: clock, log: log)
        door.nodes = nodes
        usage.set([simulated, nodes], informers: shared)
        informers = shared
    }

    /// The cluster's own network; where the host forbids one, the host's, with the reason in the log.
    private static func network(_ profile: ClusterProfile, _ configuration: Configuration, _ log: Logger) -> ClusterNetwork {
        do throws(SandboxError) {
            return try ClusterNetwork(profile.networkConfiguration, executable: configuration.executable)
        } catch {
            log.warning("pods share the host's network: the host gives the cluster none of its own", metadata: ["reason": "\(error)"])
            return ClusterNetwork(hostNetworkBecause: error)
        }
    }

    /// Runs the controllers, the scheduler and the node until the task is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { [informers] in await informers.run() }
            group.addTask { [controllers] in await controllers.run() }
            group.addTask { [scheduler] in await scheduler.run() }
            group.addTask { [simulated] in await simulated.run() }
            group.addTask { [server, client] in
                await server.aggregation.run { name, condition in
                    // It may be gone meanwhile; what can't be written now is written with the next look.
                    _ = try? await client.patch(
                        APIService.self, ObjectKey(namespace: "", name: name), ["status": ["conditions": [condition]]],
                        subresource: "status")
                }
            }
            group.addTask { [profile, http, server, credentials, log] in
                await CertificateRotation(
                    profile: profile, http: http, server: server, first: credentials.server.certificatePEM, log: log
                ).run()
            }
            group.addTask { [encryption, store, metrics, log] in
                await EncryptionUpkeep(encryption: encryption, store: store, metrics: metrics, log: log).run()
            }
            if let tracing = server.tracing { group.addTask { await tracing.run() } }
            group.addTask { [store, clock] in await Compactor(store: store, clock: clock).run() }
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
        pause.resume()
        await nodes.endPods()
    }

    /// Says in the data folder that the cluster runs, for commands that look at it from outside.
    package func announce(pid: Int32) throws(ClusterError) {
        try profile.writeRunning(RunningCluster(pid: pid, port: port, since: clock.time))
    }

    /// Answers no more requests, makes everything durable and lets the data folder go. Call after ``run()`` ended.
    package func shutdown() async {
        await http.shutdown()
        pause.resume()
        await audit?.flush()
        store.close()
        profile.forgetRunning()
        lock.release()
    }
}
