import API
import Client
import HTTP
import Logging
import Machinery
import Network
import Sandbox

/// The service network: what routes, names, guards and opens the addresses of pods and Services.
///
/// Each part takes what it shows from the API and writes its status there; they share the cluster's namespace and know little of each other.
struct ServiceNetwork: Sendable {
    let policies: PolicyRouter
    private let network: ClusterNetwork
    /// nil where the host has nothing to route with; the node's conditions say why.
    private let routing: (routers: [ServiceRouter], mesh: MeshProxy)?
    private let ingresses: IngressController
    private let gateways: GatewayController
    private let doors: ServiceDoors
    /// nil where pods share the host's network, and so its names.
    private let names: DNSServer?
    private let log: Logger

    init(
        _ network: ClusterNetwork, profile: ClusterProfile, authority: CertificateAuthority, client: Client, clock: ClusterClock,
        informers: Informers, log: Logger
    ) {
        self.network = network
        self.log = log
        let gate = PolicyGate()
        let slices = ServiceSlices(informers)
        let problem: String? = PacketFilter.problem(network)
        policies = PolicyRouter(
            network: network, problem: problem, others: [ClusterAddresses.nameServer],
            ruleset: PolicyRuleset(network.families, proxies: ClusterAddresses.proxies(network.families)), gate: gate, client: client,
            clock: clock, informers: informers, log: log)
        if network.isOwn, PacketFilter.program != nil {
            let mesh = MeshProxy(
                network: network, addresses: network.families.map { ClusterAddresses.gateway(ofNode: 0, $0) }, dial: network.dial,
                gate: gate, slices: slices, client: client, clock: clock, informers: informers, log: log)
            let routers: [ServiceRouter] = network.families.map { family in
                ServiceRouter(
                    network: network, ruleset: ClusterAddresses.ruleset(family), slices: slices, informers: informers, log: log,
                    detours: { mesh.detours($0, $1) })
            }
            routing = (routers, mesh)
        } else {
            routing = nil
        }
        ingresses = IngressController(
            dial: network.dial, certificate: Self.certificates(authority), slices: slices, client: client, clock: clock,
            informers: informers, log: log)
        gateways = GatewayController(
            range: ClusterAddresses.gateways(of: profile), dial: network.dial, certificate: Self.certificates(authority), slices: slices,
            client: client, clock: clock, informers: informers, log: log)
        doors = ServiceDoors(
            network: network, isRouted: routing != nil, range: PodAddresses.range(for: profile.nodeFolder), slices: slices,
            client: client, clock: clock, informers: informers, log: log)
        names =
            network.isOwn
            ? DNSServer(
                network: network, addresses: [ClusterAddresses.dns, ClusterAddresses.gateway], slices: slices, informers: informers,
                log: log) : nil
    }

    /// Runs all parts until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            if let routing {
                for router in routing.routers { group.addTask { await router.run() } }
                group.addTask {
                    await routing.mesh.run { service in for router in routing.routers { router.changed(service) } }
                }
            }
            group.addTask { await policies.run() }
            group.addTask { await Egress(network: network, log: log).run() }
            group.addTask { await gateways.run() }
            group.addTask { await ingresses.run() }
            group.addTask { await doors.run() }
            if let names { group.addTask { await names.run() } }
        }
    }

    /// Certificates of the cluster's own authority for names of `localhost`: whoever trusts that trusts them.
    private static func certificates(_ authority: CertificateAuthority) -> @Sendable (String?) throws -> TLSServerConfiguration {
        { name in
            let name: String = name.flatMap { $0.hasSuffix(".localhost") ? $0 : nil } ?? "localhost"
            let issued: IssuedCertificate = try authority.issueServer(commonName: "swkube", names: [name], addresses: ["127.0.0.1"])
            return TLSServerConfiguration(
                certificateChainPEM: issued.certificatePEM + "\n" + authority.certificatePEM, privateKeyPEM: issued.keyPEM)
        }
    }
}
