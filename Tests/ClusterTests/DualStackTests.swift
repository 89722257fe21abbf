import API
import Client
import Cluster
import Machinery
import Sandbox
import TestSupport
import Testing

extension EndToEnd {
    /// Both families of addresses, on a host that has them.
    @Suite(.enabled(if: Host.hasIPv6)) struct DualStackTests {
        @Test func `pods and services are reached by both families, and policies judge both`() async throws {
            try await TestCluster.with { cluster in
                let client: Client = cluster.client
                let talkers = Talkers(cluster: cluster.cluster)
                for name in ["one", "two"] { try await talkers.make(Talkers.pod("default", name, labels: ["app": "web"])) }
                try await talkers.make(Talkers.pod("default", "asks", labels: ["app": "asks"]))
                for (name, more) in [("both", ["ipFamilyPolicy": "RequireDualStack"]), ("six", ["ipFamilies": ["IPv6"]])]
                    as [(String, JSON)]
                {
                    try await client.create(Talkers.service("default", name, selector: ["app": "web"], more))
                }
                for name in ["one", "two"] { _ = try await talkers.address("default", name) }
                let asker: String = try await talkers.address("default", "asks")
                let node: View<Node> = try await client.get(Node.self, ObjectKey(namespace: "", name: "local"))
                let pod: View<Pod> = try await client.get(Pod.self, ObjectKey(namespace: "default", name: "one"))
                let ranges: [CIDR] = node.spec.podCIDRs.compactMap { CIDR($0) }
                #expect(ranges.map(\.address.family) == [.v4, .v6])
                for (range, address) in zip(ranges, pod.status.podIPs) {
                    #expect(IPAddress(address.ip).map { range.contains($0) } == true, "\(address.ip) is not in \(range)")
                }
                #expect(node.status.addresses.filter { $0.type == "InternalIP" }.map(\.address) == pod.status.hostIPs.map(\.ip))
                let both: View<Service> = try await client.get(Service.self, ObjectKey(namespace: "default", name: "both"))
                let six: String = try await talkers.clusterIP("default", "six")
                #expect(both.spec.clusterIPs.map(IPFamily.init(of:)) == [.v4, .v6] && IPFamily(of: six) == .v6)
                let hosts: [String] = both.spec.clusterIPs + [six, "six.default.svc.cluster.local", pod.status.podIPs[1].ip]
                let targets: [Talkers.Target] =
                    hosts.map { Talkers.Target(host: $0, port: 80, transport: "tcp") }
                    + both.spec.clusterIPs.map { Talkers.Target(host: $0, port: 81, transport: "udp") }
                try await eventually("all of them answer") {
                    try await talkers.order("probe", asker, targets).allSatisfy { !$0.isEmpty }
                }
                let turns: [String] = try await talkers.order("turn", asker, [targets[1]], count: 4)
                #expect(turns[0] != turns[1] && turns[0] == turns[2] && turns[1] == turns[3], "\(turns)")
                try await client.create(
                    NetworkPolicy.new("deny", namespace: "default") {
                        $0.json["spec"] = ["podSelector": ["matchLabels": ["app": "web"]], "policyTypes": ["Ingress"]]
                    })
                try await eventually("none is let through") {
                    try await talkers.order("probe", asker, targets).allSatisfy(\.isEmpty)
                }
            }
        }
    }
}
