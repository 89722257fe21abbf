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
                // A question that nobody waits for any more may still take a turn.
                try await eventually("they take turns") {
                    try await talkers.order("turn", asker, [targets[1]], count: 4)
                } until: { (turns: [String]) -> Bool in
                    let (first, second): ([String], [String]) = ([turns[0], turns[2]], [turns[1], turns[3]])
                    return Set(first).count == 1 && Set(second).count == 1 && first != second
                }
                try await client.create(
                    NetworkPolicy.new("deny", namespace: "default") {
                        $0.json["spec"] = ["podSelector": ["matchLabels": ["app": "web"]], "policyTypes": ["Ingress"]]
                    })
                try await eventually("none is let through") {
                    try await talkers.order("probe", asker, targets).allSatisfy(\.isEmpty)
                }
            }
        }

        @Test func `clients are kept, nodes' ports lead on and clients stay near, by IPv6 too`() async throws {
            try await TestCluster.with { cluster in
                let client: Client = cluster.client
                let talkers = Talkers(cluster: cluster.cluster)
                try await client.create(
                    Node.new("second") { $0.metadata.labels = [NodeMarks.kind: NodeMarks.Kind.process.rawValue] })
                try await eventually("the second node") {
                    try await client.get(Node.self, ObjectKey(namespace: "", name: "second")).isReady
                }
                for node in ["local", "second"] {
                    var container: View<Container> = Talkers.container()
                    let further: [View<ContainerPort>] = ["TCP", "UDP"].map { transport in
                        View<ContainerPort> {
                            $0.containerPort = 80
                            $0.hostPort = 8123
                            $0.protocol = transport
                        }
                    }
                    container.ports = container.ports + further
                    var pod: View<Pod> = Talkers.pod("default", "on-\(node)", labels: ["app": "web"], node: node)
                    pod.spec.containers = [container]
                    try await talkers.make(pod)
                }
                try await talkers.make(Talkers.pod("default", "asks", labels: ["app": "asks"], node: "second"))
                let six: JSON = ["ipFamilies": ["IPv6"], "ipFamilyPolicy": "SingleStack"]
                let services: [(String, JSON)] = [
                    ("any", ["type": "NodePort"]), ("loyal", ["sessionAffinity": "ClientIP"]),
                    ("strict", ["internalTrafficPolicy": "Local"]), ("near", ["trafficDistribution": "PreferSameNode"]),
                ]
                for (name, more) in services {
                    var spec: JSON = six
                    for member in more.object ?? [:] { spec[member.key] = member.value }
                    try await client.create(Talkers.service("default", name, selector: ["app": "web"], spec))
                }
                for node in ["local", "second"] { _ = try await talkers.address("default", "on-\(node)") }
                let asker: String = try await talkers.address("default", "asks")
                func answers(_ host: String, _ port: Int = 80, _ transport: String = "tcp") async throws -> Set<String> {
                    Set(
                        try await talkers.order(
                            "turn", asker, [Talkers.Target(host: host, port: port, transport: transport)], count: 6))
                }
                let both: Set<String> = ["on-local", "on-second"]
                for transport in ["tcp", "udp"] {
                    for service in ["any", "loyal", "strict", "near"] {
                        let address: String = try await talkers.clusterIP("default", service)
                        try await eventually("\(service) over \(transport)") {
                            let found: Set<String> = try await answers(address, 80, transport)
                            switch service {
                            case "any": return found == both
                            case "loyal": return found.count == 1 && found.isSubset(of: both)
                            default: return found == ["on-second"]
                            }
                        }
                    }
                }
                let shared: View<Service> = try await client.get(Service.self, ObjectKey(namespace: "default", name: "any"))
                for node in ["local", "second"] {
                    let addresses: [String] = try await client.get(Node.self, ObjectKey(namespace: "", name: node)).status.addresses
                        .filter { $0.type == "InternalIP" }.map(\.address)
                    let own: String = try #require(addresses.first { $0.contains(":") })
                    for port in shared.spec.ports where port.port == 80 {
                        let transport: String = port.protocol.lowercased()
                        try await eventually("the node's port") { try await answers(own, port.nodePort, transport) == both }
                        for address in addresses {
                            try await eventually("the pod's port of the node at \(address) over \(transport)") {
                                try await answers(address, 8123, transport) == ["on-\(node)"]
                            }
                        }
                    }
                }
            }
        }
    }
}
