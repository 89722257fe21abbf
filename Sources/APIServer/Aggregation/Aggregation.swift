import API
import HTTP
import Logging
import Machinery
import Store
import Synchronization

/// The versions of groups that other API servers serve behind this one: who they are, whether they answer, and the way to them.
///
/// Follows the APIServices and looks at each of the others from time to time; what it finds is their condition `Available`, and what
/// discovery and OpenAPI say. A cluster without any pays one load a request.
///
/// Source: k8s.io/kube-aggregator.
package final class Aggregation: Sendable {
    private struct State {
        /// By group and version.
        var servers: [String: ExtensionServer] = [:]
        /// Of those that answer.
        var contents: [String: ExtensionContent] = [:]
        var isStale = true
        var clients: [Peer: HTTPClient] = [:]
        var front: FrontProxy?
    }

    private struct Peer: Hashable {
        let host: String
        let port: Int
        let server: ExtensionServer
    }

    static let prefix = ObjectKeys.prefix(APIService.names)
    private static let mostClients = 32

    let store: any Store
    let clock: ClusterClock
    let log: Logger
    let metrics: Metrics
    private let dial: Dial?
    private let hasServers = Atomic<Bool>(true)
    private let state = Mutex(State())
    /// Rings when something changed that may make a server reachable or not.
    let bell = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    private let subscription = Mutex<Subscription?>(nil)

    init(store: any Store, clock: ClusterClock, dial: Dial?, front: FrontProxy?, metrics: Metrics, log: Logger) {
        self.store = store
        self.clock = clock
        self.dial = dial
        state.withLock { $0.front = front }
        self.log = log
        self.metrics = metrics
        let events: Subscription = store.subscribe { [weak self] events in self?.follow(events) }
        subscription.withLock { $0 = events }
    }

    private func follow(_ events: [StoreEvent]) {
        let isOurs: Bool = events.contains { $0.entry.key.hasPrefix(Self.prefix) }
        if isOurs {
            state.withLock { $0.isStale = true }
            hasServers.store(true, ordering: .releasing)
        }
        guard hasServers.load(ordering: .relaxed) else { return }
        let concerns: Bool =
            isOurs
            || events.contains {
                let key: String = $0.entry.key
                return key.hasPrefix("core/services/") || key.hasPrefix("discovery.k8s.io/endpointslices/")
            }
        if concerns { bell.continuation.yield() }
    }

    // MARK: - Who there is

    /// All of them, in the order of groups and versions.
    var servers: [ExtensionServer] {
        guard hasServers.load(ordering: .acquiring) else { return [] }
        return state.withLock { state in
            load(&state)
            return state.servers.values.sorted {
                ($1.groupPriority, $0.group, $1.versionPriority, $0.version) < ($0.groupPriority, $1.group, $0.versionPriority, $1.version)
            }
        }
    }

    /// nil for what this server serves itself.
    func server(group: String, version: String) -> ExtensionServer? {
        guard !group.isEmpty, hasServers.load(ordering: .acquiring) else { return nil }
        return state.withLock { state in
            load(&state)
            return state.servers.isEmpty ? nil : state.servers[group + "/" + version]
        }
    }

    /// Who serves what a request is for; nil for this server.
    func server(for target: Route.Target) -> ExtensionServer? {
        switch target {
        case .resource(let request): return server(group: request.resource.group, version: request.resource.version)
        case .discovery(let segments) where segments.count == 3 && segments[0] == "apis":
            return server(group: segments[1], version: segments[2])
        case .openAPI(let path):
            let segments: [Substring] = path.split(separator: "/")
            guard segments.count == 5, segments[1] == "v3", segments[2] == "apis" else { return nil }
            return server(group: String(segments[3]), version: String(segments[4]))
        default: return nil
        }
    }

    func content(of server: ExtensionServer) -> ExtensionContent? { state.withLock { $0.contents[server.apiVersion] } }

    func set(_ content: ExtensionContent?, of server: ExtensionServer) {
        state.withLock { state in
            if state.servers[server.apiVersion] == server || content == nil { state.contents[server.apiVersion] = content }
        }
    }

    private func load(_ state: inout State) {
        guard state.isStale else { return }
        state.isStale = false
        let entries: [Entry] = (try? store.list(prefix: Self.prefix).entries) ?? []
        state.servers = [:]
        for entry in entries {
            guard let json = try? JSON(parsing: entry.value), let server = ExtensionServer(View<APIService>(json)) else { continue }
            state.servers[server.apiVersion] = server
        }
        for name in state.contents.keys where state.servers[name] == nil { state.contents[name] = nil }
        if state.servers.isEmpty { hasServers.store(false, ordering: .releasing) }
    }

    // MARK: - The way there

    /// Speaks under this name from now on.
    package func replace(front: FrontProxy) {
        state.withLock { state in
            state.front = front
            state.clients = [:]
        }
    }

    /// A client of one of the addresses behind the server's Service. Throws ``WebhookFailure`` with upstream's texts.
    func client(of server: ExtensionServer) throws(WebhookFailure) -> (client: HTTPClient, host: String, port: Int) {
        let (host, port): (String, Int) = try ServiceResolver(store: store).endpoint(
            namespace: server.namespace, name: server.service, port: server.port)
        let client: HTTPClient = state.withLock { state in
            let peer = Peer(host: host, port: port, server: server)
            if let known = state.clients[peer] { return known }
            if state.clients.count >= Self.mostClients { state.clients = [:] }
            let tls = HTTPClientConfiguration.TLS(
                caPEM: server.caPEM, serverName: server.serverName, insecureSkipVerify: server.skipsVerification,
                certificatePEM: state.front?.certificatePEM, keyPEM: state.front?.keyPEM)
            var configuration = HTTPClientConfiguration(host: host, port: port, tls: tls)
            if let dial {
                configuration.dial = { [limit = configuration.connectTimeout] in try await dial(host, port, limit) }
            }
            let made = HTTPClient(configuration)
            state.clients[peer] = made
            return made
        }
        return (client, host, port)
    }

    /// Asks for a document in the server's own name. Throws ``WebhookFailure`` for what is not answered with 200.
    func document(_ path: String, of server: ExtensionServer, accept: String = "application/json") async throws(WebhookFailure) -> [UInt8] {
        let (client, host, port): (HTTPClient, String, Int) = try client(of: server)
        var headers: HTTPHeaders = ["Host": server.serverName, "Accept": accept]
        FrontProxy.add(UserInfo(name: "system:kube-aggregator", groups: ["system:masters"]), to: &headers)
        let url = "https://\(host):\(port)\(path)"
        let answer: HTTPResponse
        do {
            answer = try await client.send(HTTPClientRequest(target: path, headers: headers, timeout: .seconds(5)))
        } catch {
            throw WebhookFailure("failing or missing response from \(url): Get \"\(url)\": \(error)")
        }
        guard answer.status == 200 else {
            throw WebhookFailure("failing or missing response from \(url): bad status from \(url): \(answer.status)")
        }
        return answer.body
    }
}
