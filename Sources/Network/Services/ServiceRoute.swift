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

        package var description: String { "\(address):\(port)" }

        package static func < (one: Place, other: Place) -> Bool { (one.address, one.port) < (other.address, other.port) }
    }

    package enum Transport: String, Sendable { case tcp, udp }

    /// `default/web/tcp/80`: names the route among all of the cluster.
    package let name: String
    package let transport: Transport
    /// What clients connect to.
    package let places: [Place]
    /// The port of each node that stands for it too; 0 for none.
    package let nodePort: Int
    /// Who takes connections, in turn. Empty: they are refused.
    package let endpoints: [Place]
    /// Seconds that a client's address stays with its endpoint; nil for no such bond.
    package let affinity: Int?
}

extension ServiceRoute {
    func with(places: [Place]) -> ServiceRoute {
        ServiceRoute(name: name, transport: transport, places: places, nodePort: nodePort, endpoints: endpoints, affinity: affinity)
    }

    /// The routes of a Service over IPv4; none for one that has no address of its own, and none for SCTP.
    ///
    /// Endpoints are those that are ready; when there is none, those that still serve although they are ending.
    /// Source: the page on virtual IPs and service proxies of the Kubernetes documentation.
    package static func all(of service: View<Service>, slices: [View<EndpointSlice>]) -> [ServiceRoute] {
        let spec: View<ServiceSpec> = service.spec
        guard spec.type != "ExternalName", !service.isHeadless else { return [] }
        let addresses: [String] = unique(
            spec.clusterIPs + spec.externalIPs
                + service.status.loadBalancer.ingress.filter { $0.ipMode != "Proxy" }.map(\.ip)
        ).filter { IPAddress($0)?.isIPv4 == true && !$0.hasPrefix("127.") }
        let affinity: Int? = spec.sessionAffinity == "ClientIP" ? spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800 : nil
        return spec.ports.compactMap { port in
            guard let transport = Transport(rawValue: port.protocol.lowercased()) else { return nil }
            return ServiceRoute(
                name: "\(service.namespace)/\(service.name)/\(transport.rawValue)/\(port.port)", transport: transport,
                places: addresses.map { Place($0, port.port) }, nodePort: port.nodePort, endpoints: endpoints(port, slices),
                affinity: affinity)
        }
    }

    private static func endpoints(_ port: View<ServicePort>, _ slices: [View<EndpointSlice>]) -> [Place] {
        var ready: Set<Place> = []
        var ending: Set<Place> = []
        for slice in slices where slice.addressType == "IPv4" && !slice.isTerminating {
            guard let number = slice.ports.first(where: { ($0.name ?? "") == port.name && $0.protocol == port.protocol })?.port else {
                continue
            }
            for endpoint in slice.endpoints {
                guard let address = endpoint.addresses.first, IPAddress(address)?.isIPv4 == true else { continue }
                let conditions: View<EndpointConditions> = endpoint.conditions
                if conditions.ready ?? true {
                    ready.insert(Place(address, number))
                } else if conditions.serving ?? false, conditions.terminating ?? false {
                    ending.insert(Place(address, number))
                }
            }
        }
        return (ready.isEmpty ? ending : ready).sorted()
    }

    private static func unique(_ addresses: [String]) -> [String] {
        var seen: Set<String> = []
        return addresses.filter { seen.insert($0).inserted }
    }
}
