package import Machinery

/// Some of the addresses behind a Service.
package struct EndpointSlice: Kind {
    package static let definition = Definition(EndpointSlice(), "discovery.v1.EndpointSlice", "Some of the addresses behind a Service.")
    package static let names = KindNames("EndpointSlice", group: "discovery.k8s.io", plural: "endpointslices", tracksGeneration: true)

    package let metadata = Field<ObjectMeta>(
        "metadata", 1, "Name, labels and the like; the label kubernetes.io/service-name names the Service.")
    package let endpoints = Field<[Endpoint]>("endpoints", 2, "The addresses with their state; 1000 at most.", .written, .atomic)
    package let ports = Field<[EndpointSlicePort]>("ports", 3, "The ports that each address serves; 20,000 at most.", .written, .atomic)
    package let addressType = Field<String>(
        "addressType", 4, "IPv4, IPv6 or FQDN, for all addresses. Never changes.", .required, .immutable, .oneOf("FQDN", "IPv4", "IPv6"))

    package static let columns: [Column<EndpointSlice>] = [
        .name,
        Column("AddressType", .string, "Type of the addresses.") { slice, _ in .string(slice.addressType) },
        Column("Ports", .string, "The ports that each address serves.") { slice, _ in
            let ports: [String] = slice.ports.map { port in port.port.map { "\($0)" } ?? port.name ?? "*" }
            return Cells.firstThree(ports, none: "<unset>")
        },
        Column("Endpoints", .string, "The addresses.") { slice, _ in
            Cells.firstThree(slice.endpoints.flatMap { $0.addresses }, none: "<unset>")
        },
        .age,
    ]

    /// Source: `ValidateEndpointSlice` of pkg/apis/discovery/validation.
    package static func validate(_ slice: View<EndpointSlice>, _ path: Path, _ problems: inout Problems) {
        let endpoints: Path = path.child("endpoints")
        if slice.endpoints.count > 1000 { problems.tooMany(endpoints, slice.endpoints.count, atMost: 1000) }
        for (index, endpoint) in slice.endpoints.enumerated() {
            endpoint.validateAddresses(of: slice.addressType, endpoints.index(index).child("addresses"), &problems)
        }
        let ports: Path = path.child("ports")
        if slice.ports.count > 20_000 { problems.tooMany(ports, slice.ports.count, atMost: 20_000) }
        var names: Set<String> = []
        for (index, port) in slice.ports.enumerated() {
            let here: Path = ports.index(index).child("name")
            let name: String = port.name ?? ""
            if !name.isEmpty { for detail in Names.dns1123Label(name) { problems.invalid(here, .string(name), detail) } }
            if !names.insert(name).inserted { problems.duplicate(here, .string(name)) }
        }
    }
}

/// A few addresses of one thing, such as a pod.
package struct Endpoint: Schema {
    package static let definition = Definition(Endpoint(), "discovery.v1.Endpoint", "A few addresses of one thing, such as a pod.")

    package let addresses = Field<[String]>(
        "addresses", 1, "Addresses of the type that the slice says; the first is used.", .always, .listSet)
    package let conditions = Field<EndpointConditions>("conditions", 2, "Whether the endpoint takes connections.")
    package let hostname = Field<String?>("hostname", 3, "Name of the endpoint within the Service's domain.")
    package let targetRef = Field<ObjectReference?>("targetRef", 4, "The object that the addresses belong to.")
    package let deprecatedTopology = Field<[String: String]>("deprecatedTopology", 5, "Topology in the form of v1beta1; read-only.")
    package let nodeName = Field<String?>("nodeName", 6, "Node that the endpoint is on.")
    package let zone = Field<String?>("zone", 7, "Zone that the endpoint is in.")
    package let hints = Field<EndpointHints?>("hints", 8, "From where the endpoint should be used.")

    package static func validate(_ endpoint: View<Endpoint>, _ path: Path, _ problems: inout Problems) {
        if let name: String = endpoint.hostname {
            for detail in Names.dns1123Label(name) { problems.invalid(path.child("hostname"), .string(name), detail) }
        }
        if let node: String = endpoint.nodeName {
            for detail in Names.dns1123Subdomain(node) { problems.invalid(path.child("nodeName"), .string(node), detail) }
        }
    }
}

extension View<Endpoint> {
    fileprivate func validateAddresses(of type: String, _ path: Path, _ problems: inout Problems) {
        if self.addresses.isEmpty { problems.required(path, "must contain at least 1 address") }
        if self.addresses.count > 100 { problems.tooMany(path, self.addresses.count, atMost: 100) }
        var seen: Set<String> = []
        for (index, address) in self.addresses.enumerated() {
            let here: Path = path.index(index)
            if !seen.insert(address).inserted { problems.duplicate(here, .string(address)) }
            switch type {
            case "IPv4": Addresses.validateEndpoint(address, family: .v4, here, &problems)
            case "IPv6": Addresses.validateEndpoint(address, family: .v6, here, &problems)
            case "FQDN":
                for detail in Names.dns1123Subdomain(address) { problems.invalid(here, .string(address), detail) }
            default: break
            }
        }
    }
}

/// Whether an endpoint takes connections. Absent means unknown, which for ready and serving counts as true.
package struct EndpointConditions: Schema {
    package static let definition = Definition(
        EndpointConditions(), "discovery.v1.EndpointConditions", "Whether an endpoint takes connections.")

    package let ready = Field<Bool?>("ready", 1, "Takes new connections: serving and not terminating.")
    package let serving = Field<Bool?>("serving", 2, "Is able to answer, terminating or not.")
    package let terminating = Field<Bool?>("terminating", 3, "Is being deleted.")
}

/// From where an endpoint should be used.
package struct EndpointHints: Schema {
    package static let definition = Definition(EndpointHints(), "discovery.v1.EndpointHints", "From where an endpoint should be used.")

    package let forZones = Field<[ForZone]>("forZones", 1, "Zones whose clients should use the endpoint; 8 at most.", .atomic)
    package let forNodes = Field<[ForNode]>("forNodes", 2, "Nodes whose clients should use the endpoint; 8 at most.", .atomic)

    package static func validate(_ hints: View<EndpointHints>, _ path: Path, _ problems: inout Problems) {
        if hints.forZones.count > 8 { problems.tooMany(path.child("forZones"), hints.forZones.count, atMost: 8) }
        if hints.forNodes.count > 8 { problems.tooMany(path.child("forNodes"), hints.forNodes.count, atMost: 8) }
    }
}

/// A zone whose clients should use an endpoint.
package struct ForZone: Schema {
    package static let definition = Definition(ForZone(), "discovery.v1.ForZone", "A zone whose clients should use an endpoint.")

    package let name = Field<String>("name", 1, "Name of the zone.", .required)
}

/// A node whose clients should use an endpoint.
package struct ForNode: Schema {
    package static let definition = Definition(ForNode(), "discovery.v1.ForNode", "A node whose clients should use an endpoint.")

    package let name = Field<String>("name", 1, "Name of the node.", .required)
}

/// A port that all addresses of a slice serve. Kubernetes calls it EndpointPort, as it calls that of ``Endpoints``.
package struct EndpointSlicePort: Schema {
    package static let definition = Definition(
        EndpointSlicePort(), "discovery.v1.EndpointPort", "A port that all addresses of a slice serve.", isAtomic: true)

    package let name = Field<String?>("name", 1, "Name of the port, as in the Service.", default: "")
    package let `protocol` = Field<String?>("protocol", 2, "TCP, UDP or SCTP.", default: "TCP", .oneOf("SCTP", "TCP", "UDP"))
    package let port = Field<Int32?>("port", 3, "Number of the port; all of them if absent.", .between(1, 65535))
    package let appProtocol = Field<String?>("appProtocol", 4, "Protocol spoken on the port, such as kubernetes.io/h2c.")
}
