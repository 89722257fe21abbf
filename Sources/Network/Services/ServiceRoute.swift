package import API
package import Machinery

/// Where connections to one port of a Service go.
package struct ServiceRoute: Sendable, Hashable {
    /// An address and a port.
    package struct Place: Sendable, Hashable, Comparable, CustomStringConvertible {
        package let address: String
        package let port: Int

        package init(_ address: String, _ port: Int) {
            self.address = address
            self.port = port
        }

        package var description: String { Addresses.join(address, port: port) }

        package static func < (one: Place, other: Place) -> Bool { (one.address, one.port) < (other.address, other.port) }
    }

    package enum Transport: String, Sendable { case tcp, udp }

    /// Endpoints for the clients of one node.
    package struct Near: Sendable, Hashable {
        /// What the clients' address, or the address they connect to, lies in: `10.244.1.0/24`.
        package let range: String
        package let endpoints: [Place]
    }

    /// `default/web/tcp/80`: names the route among all of the cluster.
    package let name: String
    package let transport: Transport
    /// What clients connect to.
    package let places: [Place]
    /// The port of each node that stands for it too; 0 for none.
    package let nodePort: Int
    /// Who takes connections, in turn.
    package let endpoints: [Place]
    /// Clients by their addresses that have others than ``endpoints``, because they should stay in their node or zone.
    package let near: [Near]
    /// By the address of a node, who takes what comes to its port; nil where that is whoever takes all else.
    package let nodePortNear: [Near]?
    /// Seconds that a client's address stays with its endpoint; nil for no such bond.
    package let affinity: Int?

    /// Whether connections are refused, whoever asks.
    package var isEmpty: Bool { endpoints.isEmpty && near.isEmpty }

    /// All endpoints, whoever has them.
    package var allEndpoints: Set<Place> { Set(endpoints + near.flatMap(\.endpoints) + (nodePortNear ?? []).flatMap(\.endpoints)) }
}

/// A node as far as it decides who is near.
package struct ServiceNode: Sendable, Hashable {
    package let name: String
    /// Of its pods.
    package let range: CIDR
    package let zone: String

    package init(name: String, range: CIDR, zone: String = "") {
        self.name = name
        self.range = range
        self.zone = zone
    }

    /// nil for one without pods of the family in this network.
    ///
    /// An object keeps the ranges that it was made with, while its network may have got a second family since; there the node's own address
    /// tells the range.
    package init?(_ node: View<Node>, _ family: IPFamily) {
        let own: [CIDR] = node.status.addresses.filter { $0.type == "InternalIP" }.compactMap { IPAddress($0.address) }
            .filter { !$0.isIPv4 }.map { CIDR(CIDR($0, prefixLength: 64).first, prefixLength: 64) }
        let ranges: [CIDR] = node.spec.podCIDRs.compactMap { CIDR($0) } + own
        guard node.kind != .simulated, let range = ranges.first(where: { $0.address.family == family }) else { return nil }
        self.init(name: node.name, range: range, zone: node.metadata.labels["topology.kubernetes.io/zone"] ?? "")
    }

    /// The node's own, where its node ports are.
    var address: String { range.first.advanced(by: 1).description }
}

extension ServiceRoute {
    func with(places: [Place]) -> ServiceRoute {
        ServiceRoute(
            name: name, transport: transport, places: places, nodePort: nodePort, endpoints: endpoints, near: near,
            nodePortNear: nodePortNear, affinity: affinity)
    }

    /// The route by way of a proxy, where there is one for its port.
    func detoured(_ detours: [Int: Place]) -> ServiceRoute {
        guard transport == .tcp, !isEmpty, let port = places.first?.port, let detour = detours[port] else { return self }
        return ServiceRoute(
            name: name, transport: transport, places: places, nodePort: nodePort, endpoints: [detour], near: [], nodePortNear: nil,
            affinity: nil)
    }

    /// The routes of a Service in one family; none for one without an address of that, and none for SCTP.
    ///
    /// Endpoints are those that are ready; when there is none, those that still serve although they are ending. With the internal
    /// policy Local these are of the client's node alone; with hints of the slices those meant for the client's node or zone, where
    /// there are any. Source: the page on virtual IPs and service proxies of the Kubernetes documentation; `CategorizeEndpoints` of
    /// pkg/proxy.
    ///
    /// - Parameter nodes: those of this network; with one alone all endpoints are near.
    package static func all(
        of service: View<Service>, _ family: IPFamily = .v4, slices: [View<EndpointSlice>], nodes: [ServiceNode] = []
    ) -> [ServiceRoute] {
        let spec: View<ServiceSpec> = service.spec
        guard spec.type != "ExternalName", !service.isHeadless, service.families.contains(family) else { return [] }
        let addresses: [String] = unique(
            spec.clusterIPs + spec.externalIPs
                + service.status.loadBalancer.ingress.filter { $0.ipMode != "Proxy" }.map(\.ip)
        ).filter { IPAddress($0).map { $0.family == family && !$0.isLoopback } ?? false }
        let affinity: Int? = spec.sessionAffinity == "ClientIP" ? spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800 : nil
        return spec.ports.compactMap { port in
            guard let transport = Transport(rawValue: port.protocol.lowercased()) else { return nil }
            let crowd = Crowd(port, slices, family)
            var endpoints: [Place] = crowd.all
            var near: [Near] = []
            var nodePortNear: [Near]?
            if spec.internalTrafficPolicy == "Local" {
                let mine: [Near] = nodes.map { Near(range: "\($0.range)", endpoints: crowd.all(on: $0.name)) }
                endpoints = nodes.count == 1 ? mine[0].endpoints : nodes.isEmpty ? endpoints : []
                near = nodes.count == 1 ? [] : mine.filter { !$0.endpoints.isEmpty }
            } else if nodes.count > 1 {
                near = nodes.compactMap { node in
                    crowd.hinted(for: node).flatMap { $0 == endpoints ? nil : Near(range: "\(node.range)", endpoints: $0) }
                }
            }
            if port.nodePort > 0, spec.externalTrafficPolicy == "Local", !nodes.isEmpty {
                nodePortNear = nodes.map { Near(range: $0.address, endpoints: crowd.all(on: $0.name)) }.filter { !$0.endpoints.isEmpty }
            }
            return ServiceRoute(
                name: "\(service.namespace)/\(service.name)/\(transport.rawValue)/\(port.port)", transport: transport,
                places: addresses.map { Place($0, port.port) }, nodePort: port.nodePort, endpoints: endpoints, near: near,
                nodePortNear: nodePortNear, affinity: affinity)
        }
    }

    /// Who serves one port of a Service, of a headless one too, in its main family.
    package static func endpoints(of port: View<ServicePort>, _ service: View<Service>, slices: [View<EndpointSlice>]) -> [Place] {
        Crowd(port, slices, service.mainFamily).all
    }

    /// The endpoints of one port in all slices.
    private struct Crowd {
        private struct Member {
            let place: Place
            let node: String
            let isReady: Bool
            let zones: [String]
            let nodes: [String]
        }

        private var members: [Member] = []

        init(_ port: View<ServicePort>, _ slices: [View<EndpointSlice>], _ family: IPFamily) {
            for slice in slices where slice.addressType == family.rawValue && !slice.isTerminating {
                guard let number = slice.ports.first(where: { ($0.name ?? "") == port.name && $0.protocol == port.protocol })?.port else {
                    continue
                }
                for endpoint in slice.endpoints {
                    guard let address = endpoint.addresses.first, IPAddress(address)?.family == family else { continue }
                    let conditions: View<EndpointConditions> = endpoint.conditions
                    let isReady: Bool = conditions.ready ?? true
                    guard isReady || conditions.serving ?? false && conditions.terminating ?? false else { continue }
                    members.append(
                        Member(
                            place: Place(address, number), node: endpoint.nodeName ?? "", isReady: isReady,
                            zones: endpoint.hints?.forZones.map(\.name) ?? [], nodes: endpoint.hints?.forNodes.map(\.name) ?? []))
                }
            }
        }

        var all: [Place] { Self.places(members) }

        func all(on node: String) -> [Place] { Self.places(members.filter { $0.node == node }) }

        /// Those that the slices mean for a node's clients; nil where they mean no one in particular.
        func hinted(for node: ServiceNode) -> [Place]? {
            let ready: [Member] = members.filter(\.isReady)
            guard !ready.isEmpty else { return nil }
            if ready.allSatisfy({ !$0.nodes.isEmpty }) {
                let mine: [Member] = ready.filter { $0.nodes.contains(node.name) }
                if !mine.isEmpty { return Self.places(mine) }
            }
            guard !node.zone.isEmpty, ready.allSatisfy({ !$0.zones.isEmpty }) else { return nil }
            let mine: [Member] = ready.filter { $0.zones.contains(node.zone) }
            return mine.isEmpty ? nil : Self.places(mine)
        }

        private static func places(_ members: [Member]) -> [Place] {
            let ready: [Member] = members.filter(\.isReady)
            return Set((ready.isEmpty ? members : ready).map(\.place)).sorted()
        }
    }

    private static func unique(_ addresses: [String]) -> [String] {
        var seen: Set<String> = []
        return addresses.filter { seen.insert($0).inserted }
    }
}
