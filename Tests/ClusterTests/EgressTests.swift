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
        @Test(.enabled(if: ClusterNetwork.egressProgram != nil, "neither slirp4netns nor pasta is there"))
        func `pods reach the host by its address, unless a policy keeps them in`() async throws {
            let addresses: Command.Outcome = try await Command.run("/bin/bash", ["-c", "hostname -I"], environment: Command.environment)
            guard
                let host = addresses.output.split(whereSeparator: \.isWhitespace).first(where: { IPAddress(String($0))?.isIPv4 == true })
                    .map(String.init)
            else { return }
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
                        "podSelector": [:], "policyTypes": ["Egress"], "egress": [["to": [["ipBlock": ["cidr": "10.244.0.0/16"]]]]],
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
