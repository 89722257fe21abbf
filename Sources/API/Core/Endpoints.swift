package import Machinery

/// All addresses behind a Service, in the old form. EndpointSlices are the new one.
package struct Endpoints: Kind {
    package static let definition = Definition(Endpoints(), "core.v1.Endpoints", "All addresses behind a Service, in the old form.")
    package static let names = KindNames("Endpoints", group: "", plural: "endpoints", short: ["ep"], createsOnUpdate: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name of the Service, labels and the like.")
    package let subsets = Field<[EndpointSubset]>("subsets", 2, "Addresses, grouped by the ports that they serve.", .atomic)

    package static let columns: [Column<Endpoints>] = [
        .name,
        Column("Endpoints", .string, "The addresses that are ready, with their ports.") { endpoints, _ in
            var all: [String] = []
            for subset in endpoints.subsets {
                if subset.ports.isEmpty { all += subset.addresses.map { $0.ip } }
                for port in subset.ports { all += subset.addresses.map { Addresses.join($0.ip, port: port.port) } }
            }
            return Cells.firstThree(all, none: "<none>")
        },
        .age,
    ]

    package static let deprecation: String? = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"
}

/// Addresses that serve the same ports.
package struct EndpointSubset: Schema {
    package static let definition = Definition(EndpointSubset(), "core.v1.EndpointSubset", "Addresses that serve the same ports.")

    package let addresses = Field<[EndpointAddress]>("addresses", 1, "Addresses that are ready.", .atomic)
    package let notReadyAddresses = Field<[EndpointAddress]>("notReadyAddresses", 2, "Addresses that are not ready.", .atomic)
    package let ports = Field<[EndpointPort]>("ports", 3, "Ports that each of the addresses serves.", .atomic)

    /// Source: `validateEndpointSubsets` of pkg/apis/core/validation.
    package static func validate(_ subset: View<EndpointSubset>, _ path: Path, _ problems: inout Problems) {
        if subset.addresses.isEmpty, subset.notReadyAddresses.isEmpty {
            problems.required(path, "must specify `addresses` or `notReadyAddresses`")
        }
        guard subset.ports.count > 1 else { return }
        for (index, port) in subset.ports.enumerated() where port.name.isEmpty {
            problems.required(path.child("ports").index(index).child("name"))
        }
    }
}

/// One address behind a Service.
package struct EndpointAddress: Schema {
    package static let definition = Definition(
        EndpointAddress(), "core.v1.EndpointAddress", "One address behind a Service.", isAtomic: true)

    package let ip = Field<String>("ip", 1, "The address; not one of the host itself.", .always)
    package let targetRef = Field<ObjectReference?>("targetRef", 2, "The object that the address belongs to.")
    package let hostname = Field<String>("hostname", 3, "Name of the endpoint within the Service's domain.")
    package let nodeName = Field<String?>("nodeName", 4, "Node that the address is on.")

    package static func validate(_ address: View<EndpointAddress>, _ path: Path, _ problems: inout Problems) {
        Addresses.validateEndpoint(address.ip, family: nil, path.child("ip"), &problems)
        if !address.hostname.isEmpty {
            for detail in Names.dns1123Label(address.hostname) {
                problems.invalid(path.child("hostname"), .string(address.hostname), detail)
            }
        }
        if let node: String = address.nodeName {
            for detail in Names.dns1123Subdomain(node) { problems.invalid(path.child("nodeName"), .string(node), detail) }
        }
    }
}

/// A port that the addresses of a subset serve.
package struct EndpointPort: Schema {
    package static let definition = Definition(
        EndpointPort(), "core.v1.EndpointPort", "A port that the addresses of a subset serve.", isAtomic: true)

    package let name = Field<String>("name", 1, "Name of the port, as in the Service.")
    package let port = Field<Int32>("port", 2, "Number of the port.", .always, .between(1, 65535))
    package let `protocol` = Field<String>("protocol", 3, "TCP, UDP or SCTP.", default: "TCP", .oneOf("SCTP", "TCP", "UDP"))
    package let appProtocol = Field<String?>("appProtocol", 4, "Protocol spoken on the port, such as kubernetes.io/h2c.")

    package static func validate(_ port: View<EndpointPort>, _ path: Path, _ problems: inout Problems) {
        if !port.name.isEmpty {
            for detail in Names.dns1123Label(port.name) { problems.invalid(path.child("name"), .string(port.name), detail) }
        }
        if let name: String = port.appProtocol {
            for detail in Names.qualifiedName(name) { problems.invalid(path.child("appProtocol"), .string(name), detail) }
        }
    }
}
