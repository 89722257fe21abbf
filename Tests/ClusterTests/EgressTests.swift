import API
import Client
import Cluster
import HTTP
import Machinery
import Sandbox
import TestSupport
import Testing

extension EndToEnd {
    /// The way from pods to the host, where the host has a program that carries packets.
    @Suite struct EgressTests {
        /// The host's address, where there is a way out by its family.
        private static func host(_ family: IPFamily) async throws -> String? {
            let place: String = family == .v4 ? "-4 route get 192.0.2.1" : "-6 route get 2001:db8::1"
            let command = "ip \(place) | grep -o 'src [^ ]*' | cut -c5-"
            let outcome: Command.Outcome = try await Command.run("/bin/bash", ["-c", command], environment: Command.environment)
            let address = String(outcome.output.prefix { !$0.isWhitespace })
            return IPAddress(address).map { !$0.isLoopback } == true ? address : nil
        }

        @Test(.enabled(if: ClusterNetwork.egressProgram != nil, "neither slirp4netns nor pasta is there"), arguments: [IPFamily.v4, .v6])
        func `pods reach the host by its address, unless a policy keeps them in`(family: IPFamily) async throws {
            guard let host = try await Self.host(family) else { return }
            // The other one gives IPv6 no range of the cluster's choice.
            if family == .v6 { guard case .pasta? = ClusterNetwork.egressProgram else { return } }
            let server: HTTPServer = try await HTTPServer(host: host, port: 0, tls: nil) { _, exchange in
                exchange.respond(200, [:], Array("the host".utf8))
            }
            do {
                try await TestCluster.with { cluster in
                    let talkers = Talkers(cluster: cluster.cluster)
                    try await talkers.make(Talkers.pod("default", "one", labels: ["app": "one"]))
                    let one: String = try await talkers.address("default", "one")
                    let target = Talkers.Target(host: host, port: server.port, transport: "tcp")
                    try await eventually("the host answers") { try await talkers.order("get", one, [target]) == ["the host"] }
                    let spec: JSON = [
                        "podSelector": [:], "policyTypes": ["Egress"],
                        "egress": [["to": [["ipBlock": ["cidr": "10.244.0.0/16"]], ["ipBlock": ["cidr": "fd00:10:244::/56"]]]]],
                    ]
                    try await cluster.client.create(NetworkPolicy.new("in", namespace: "default") { $0.json["spec"] = spec })
                    try await eventually("it is kept in") { try await talkers.order("get", one, [target]) == [""] }
                }
            } catch {
                await server.shutdown()
                throw error
            }
            await server.shutdown()
        }
    }
}
