package import API
package import HTTP
package import Logging
package import Machinery
package import Store

/// The API of a cluster: takes requests as values, answers with bytes. Knows nothing of sockets; the fronts bring it HTTP and calls from
/// inside the process.
///
/// Answers come on the caller's thread for reads and on the store's writer thread for writes, after they are durable.
package final class APIServer: Sendable {
    let store: any Store
    let clock: ClusterClock
    let log: Logger
    package let authorizer: Authorizer
    let admission: AdmissionChain
    let admissionMetrics: AdmissionMetrics
    let webhooks: Webhooks
    let slowLane = SlowLane()
    let subresources: [String: any SubresourceHandler]
    package let watches: WatchHub
    package let types: ServedTypes
    package let tokens: ServiceAccountTokens
    /// Kinds that nobody writes, by qualified resource.
    let found: [String: any FoundObjects]
    let authenticator: Authenticator
    package let metrics: Metrics
    /// Who asks this server without a connection tells it here.
    package let clientMetrics: ClientMetrics
    /// What `/metrics/resources` shows: a sample for each pod and resource.
    package let resourceMetrics = Metrics()
    let storeMetrics: StoreRequestMetrics
    let requestMetrics: RequestMetrics
    let flowControl: FlowControl
    let audit: Audit?
    package let tracing: RequestTracing?
    /// Beside the API.
    let commands: [ServerCommand]
    let healthCounts = Metrics()
    let logPage: LogPage
    let profiles: ProfileMaker
    /// Checks of health beside the server's own.
    let checks: @Sendable () -> [(name: String, holds: Bool)]
    package let aggregation: Aggregation
    private let customResources: CustomResources

    /// What only the composition root knows.
    package struct Configuration: Sendable {
        /// PEM of the P-256 key that signs service account tokens.
        package var tokenKeyPEM: String
        /// Leads to what runs on the nodes; nil on a cluster without any.
        package var node: (any NodeDoor)?
        /// Names of the parts of the control plane that run in this process: `scheduler`.
        package var components: [String]
        /// Kinds whose objects are made when they are asked for, beside ComponentStatus.
        package var found: [any FoundObjects]
        /// Tokens of users, from a file.
        package var staticTokens: StaticTokens
        /// Opens connections to pods and services; nil connects from this process's own network.
        package var dial: Dial?
        /// What `/metrics` shows, beside what the server adds.
        package var metrics: Metrics
        /// nil records nothing.
        package var audit: Audit?
        /// nil tells nobody.
        package var tracing: RequestTracing?
        /// As whom the server speaks to extension servers; nil sends no certificate.
        package var frontProxy: FrontProxy?
        /// A warning for whoever writes a NetworkPolicy; nil where policies are in force.
        package var policyNotice: String?
        /// What the server does beside the API.
        package var commands: [ServerCommand] = []
        /// Shows what `/logs/` serves.
        package var logPage: LogPage = { _ in nil }
        /// Shows what `/debug/pprof/` serves.
        package var profiles: ProfileMaker = { _, _ in ProfilePage("Unknown profile\n", code: 404) }
        /// Checks of health beside the server's own, by name, and whether each holds.
        package var checks: @Sendable () -> [(name: String, holds: Bool)] = { [] }

        package init(
            tokenKeyPEM: String, node: (any NodeDoor)? = nil, components: [String] = [], found: [any FoundObjects] = [],
            staticTokens: StaticTokens = .none, dial: Dial? = nil, metrics: Metrics = Metrics(), audit: Audit? = nil,
            frontProxy: FrontProxy? = nil, policyNotice: String? = nil
        ) {
            self.tokenKeyPEM = tokenKeyPEM
            self.node = node
            self.components = components
            self.found = found
            self.staticTokens = staticTokens
            self.dial = dial
            self.metrics = metrics
            self.audit = audit
            self.frontProxy = frontProxy
            self.policyNotice = policyNotice
        }
    }

    package init(store: any Store, clock: ClusterClock, configuration: Configuration, log: Logger) throws {
        self.store = store
        self.clock = clock
        self.log = log
        metrics = configuration.metrics
        requestMetrics = RequestMetrics(metrics)
        clientMetrics = ClientMetrics(metrics)
        storeMetrics = StoreRequestMetrics(metrics)
        flowControl = FlowControl(store: store, clock: clock)
        audit = configuration.audit
        tracing = configuration.tracing
        commands = configuration.commands
        logPage = configuration.logPage
        profiles = configuration.profiles
        checks = configuration.checks
        aggregation = Aggregation(
            store: store, clock: clock, dial: configuration.dial, front: configuration.frontProxy, metrics: metrics, log: log)
        types = ServedTypes(builtIn: Registry.types)
        let objects = Objects(store: store)
        authorizer = Authorizer(store: store)
        tokens = try ServiceAccountTokens(keyPEM: configuration.tokenKeyPEM, store: store, metrics: metrics)
        authenticator = Authenticator(
            tokens: tokens, known: configuration.staticTokens, bootstrap: BootstrapTokens(store: store),
            lifetimes: CertificateLifetimes(metrics)
        ) { clock.time }
        webhooks = Webhooks(store: store, types: types, authorizer: authorizer, metrics: metrics, dial: configuration.dial)
        let sources: [any FoundObjects] = [ComponentStatuses(components: configuration.components)] + configuration.found
        found = Dictionary(sources.map { ($0.names.qualifiedResource, $0) }) { $1 }
        admission = AdmissionChain(Self.admissionPlugins(objects, types, webhooks, authorizer, configuration.policyNotice, metrics))
        admissionMetrics = AdmissionMetrics(admission.plugins, metrics)
        subresources = Self.subresourceHandlers(node: configuration.node, dial: configuration.dial)
        watches = WatchHub(store: store, clock: clock)
        // What is stored is served before anybody can ask.
        customResources = CustomResources(
            store: store, clock: clock, types: types, converters: CustomResourceConverters(client: webhooks.client), log: log)
        customResources.start(
            CustomResources.Consequences(
                empty: { [weak self] type in await self?.removeAll(type) ?? nil },
                retire: { [weak watches] type in
                    watches?.end(watchesOf: ObjectKeys.resource(of: ObjectKeys.prefix(type.storedNames)))
                }))
        addMetrics(to: metrics)
        tokens.onUse { [weak self] in self?.noteUse(of: $0) }
    }

    /// The closure that a store needs to index this server's objects.
    package static let index: @Sendable (String, [UInt8]) -> any AnyObject & Sendable = { key, bytes in
        ObjectIndex(bytes, IndexedFields.of(key))
    }

    /// Whether somebody wants to know where requests come from.
    var knowsOrigins: Bool { audit != nil || tracing != nil }

    package func type(of resource: GroupVersionResource) -> ResourceType? { types[resource] }
}
