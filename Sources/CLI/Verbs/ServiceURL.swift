import API
import Client
import Cluster
import Machinery
import Sandbox

/// `service`: where this machine reaches a Service.
package struct ServiceURL: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "service", abstract: "Show where this machine reaches a service.", usage: "swkube service NAME [--url] [flags]",
        discussion: """
            Each service of a cluster on this machine has an address in 127.0.0.0/8 with its ports. Where this user may not bind ports \
            below 1024, \(Doors.offset) is added to them: port 80 is at \(80 + Doors.offset). Node ports are at 127.0.0.1.
            """)

    @Argument(help: "The service.", value: "name")
    var name: String

    @Flag("url", help: "Print the URLs alone.")
    var url = false

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        let session: Session = try connection.session(shell)
        let service = View<Service>(
            try await session.send(APIRequest(.get, Service.names.resource, namespace: session.namespace, name: name)))
        guard let address = try profile(of: session, shell).hostAddress(ofService: service.spec.clusterIP) else {
            throw Failure("service \"\(name)\" has no address of its own; use the names or addresses of its pods")
        }
        let ports: [View<ServicePort>] = service.spec.ports.filter { $0.protocol != "SCTP" }
        guard !ports.isEmpty else { throw Failure("service \"\(name)\" has no port of TCP or UDP; the host reaches no others") }
        for port in ports {
            if port.protocol == "UDP" {
                let link = "udp://\(address):\(Doors.port(for: port.port))"
                shell.output.line(
                    url
                        ? link
                        : "\(session.namespace)/\(name)\t\(port.name.isEmpty ? "\(port.port)" : "\(port.name)/\(port.port)")\t\(link)")
                continue
            }
            guard let number = openPort(address, port.port) else {
                throw Failure(
                    "port \(port.port) of service \"\(name)\" is not open at \(address); kubectl describe service \(name) says why")
            }
            let scheme: String = port.port == 443 || port.name == "https" || port.appProtocol == "https" ? "https" : "http"
            let link = "\(scheme)://\(address):\(number)"
            shell.output.line(
                url ? link : "\(session.namespace)/\(name)\t\(port.name.isEmpty ? "\(port.port)" : "\(port.name)/\(port.port)")\t\(link)")
        }
        try session.finish()
    }

    /// The cluster of this machine that answers at the session's address.
    private func profile(of session: Session, _ shell: Shell) throws -> ClusterProfile {
        let home: String = ClusterProfile.home(shell.environment)
        for name in ClusterProfile.all(home: home) {
            let profile = try ClusterProfile(name: name, home: home)
            if case .running(let cluster) = profile.state, cluster.server == "\(session.access.server)" { return profile }
        }
        throw Failure("\(session.access.server) is no cluster of this machine and user; use port-forward")
    }

    /// The port as it is, or as it is for a user who may not bind it.
    private func openPort(_ address: String, _ port: Int) -> Int? {
        [port, port + Doors.offset].first { candidate in
            ClusterNetwork.isListening(address, port: candidate)
        }
    }
}
