import API
import APIServer
import Client
import HTTP
import Kubelet
import Logging
import Machinery
import Network
import Sandbox
import Store

/// What of a cluster answers requests: its data, its network, the API server and the server's entrances.
///
/// It knows no controller and no node: those reach it with ``client(as:for:)``, and are told to it through ``door`` and ``usage``.
final class ControlPlane: Sendable {
    let server: APIServer
    private let http: HTTPServer
    let credentials: ClusterCredentials
    let metrics = Metrics()
    /// Of the pods and Services, and of the server's entrances for them.
    let network: ClusterNetwork
    /// The way to the nodes' programs.
    let door = KubeletDoor()
    /// What the nodes measured.
    let usage = ClusterUsage()
    let pause: ClusterPause
    /// Where the server finds itself from everywhere in the cluster.
    let advertised: (address: String, port: Int)
    private let profile: ClusterProfile
    private let store: SQLiteStore
    private let encryption: EncryptionInForce
    private let audit: Audit?
    private let clock: ClusterClock
    private let log: Logger

    /// Opens the data folder and answers requests. Throws ``ClusterError`` with what to do.
    ///
    /// - Parameter settings: of the last start; another port than its own is written into them.
    init(
        _ profile: ClusterProfile, _ settings: inout ClusterSettings, _ configuration: Cluster.Configuration, clock: ClusterClock,
        log: Logger
    ) async throws {
        self.profile = profile
        self.clock = clock
        self.log = log
        credentials = try ClusterCredentials(profile)
        audit = try configuration.audit.audit(clock: clock, metrics: metrics, log: log)
        encryption = try EncryptionInForce(file: configuration.encryptionFile, isWatched: configuration.reloadsEncryption)
        let tokens: StaticTokens = try UserTokens.read(profile, configuration.tokenFile)
        let tracing: RequestTracing? = try configuration.tracingFile.map {
            RequestTracing(try TracingFile.read($0), clock: clock, log: log)
        }
        store = try Self.open(profile, encryption, metrics)
        pause = ClusterPause(profile, clock: clock)
        network =
            configuration.nodeName == nil ? ClusterNetwork(hostNetworkBecause: nil) : Self.network(profile, configuration, log)
        var serving = APIServer.Configuration(
            tokenKeyPEM: credentials.tokenKeyPEM, node: door, components: ["controller-manager", "scheduler"],
            found: [usage.podMetrics, usage.nodeMetrics], staticTokens: tokens, dial: network.dial, metrics: metrics, audit: audit,
            frontProxy: credentials.front,
            policyNotice: configuration.nodeName == nil ? nil : PacketFilter.problem(network).map(PolicyRouter.notice))
        serving.tracing = tracing
        serving.checks = { [encryption] in encryption.checks }
        serving.profiles = { await ProfilePages.page($0, $1) }
        serving.logPage = { [logs = profile.nodeLogsFolder] path in
            await BlockingThread.run { NodeLogPage.make(path, root: logs) }
        }
        serving.commands =
            ClusterCommands(
                profile: profile, store: store, clock: clock, pause: pause, leaders: { [door] in await door.nodes?.leaders() ?? [] }
            ).all
        do {
            server = try APIServer(store: store, clock: clock, configuration: serving, log: log)
            http = try await Self.listen(
                profile, port: configuration.port != 0 ? configuration.port : settings.port, credentials, HTTPFront(server: server))
            if network.isOwn {
                advertised = (ClusterAddresses.gateway, ClusterAddresses.advertisedPort)
                try await http.listen(on: network.listen(ClusterAddresses.api, port: ClusterAddresses.apiPort))
                try await http.listen(on: network.listen(advertised.address, port: advertised.port))
            } else {
                advertised = ("127.0.0.1", http.port)
            }
            if settings.port != http.port {
                settings.port = http.port
                try settings.write(profile)
            }
        } catch {
            store.close()
            throw error
        }
        ProcessMetrics.add(to: metrics)
        StoreMetrics.add(store, path: profile.storePath, to: metrics)
    }

    /// Of the entrance on this machine's loopback.
    var port: Int { http.port }

    /// A client in this process, with the rights of `user`.
    ///
    /// - Parameter manager: how what it writes is marked.
    func client(as user: UserInfo, for manager: String, departure: Departure? = nil) -> Client {
        Client(LocalTransport(server, as: user, departure: departure), fieldManager: manager)
    }

    /// Keeps the server and its data going until the task is cancelled.
    ///
    /// - Parameter client: with the right to write what becomes of extension servers.
    func run(_ client: Client) async {
        await withDiscardingTaskGroup { group in
            group.addTask { [server] in
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
        }
    }

    /// Answers no more requests and makes everything durable.
    func shutdown() async {
        await http.shutdown()
        pause.resume()
        await audit?.flush()
        store.close()
    }

    private static func open(
        _ profile: ClusterProfile, _ encryption: EncryptionInForce, _ metrics: Metrics
    ) throws(ClusterError) -> SQLiteStore {
        do throws(StoreError) {
            return try SQLiteStore(
                path: profile.storePath, sealing: encryption, committed: StoreMetrics.commits(metrics), index: APIServer.index)
        } catch {
            throw ClusterError("cannot open the cluster's data: \(error)")
        }
    }

    /// The cluster's own network; where the host forbids one, the host's, with the reason in the log.
    private static func network(_ profile: ClusterProfile, _ configuration: Cluster.Configuration, _ log: Logger) -> ClusterNetwork {
        do throws(SandboxError) {
            return try ClusterNetwork(profile.networkConfiguration, executable: configuration.executable)
        } catch {
            log.warning("pods share the host's network: the host gives the cluster none of its own", metadata: ["reason": "\(error)"])
            return ClusterNetwork(hostNetworkBecause: error)
        }
    }

    private static func listen(
        _ profile: ClusterProfile, port: Int, _ credentials: ClusterCredentials, _ entrance: HTTPFront
    ) async throws -> HTTPServer {
        do {
            return try await HTTPServer(
                host: "127.0.0.1", port: port, tls: credentials.tls, refuse: HTTPFront.refusal, handler: { entrance.handle($0, $1) })
        } catch HTTPError.portInUse {
            throw ClusterError(
                "port \(port) on 127.0.0.1 is taken by another program. Stop that, or start the cluster elsewhere: "
                    + "swkube start --cluster \(profile.name) --port PORT")
        }
    }
}
