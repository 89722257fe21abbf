import API
import Client
import Cluster
import Machinery
import TestSupport
import Testing

extension EndToEnd {
    /// Network policies in force, by the method of upstream's tests: every pod tries every other on every port, and a table says who should
    /// get through. Source: test/e2e/network/netpol.
    @Suite struct PolicyTruthTests {
        struct Peer: Sendable, Hashable, CustomStringConvertible {
            let namespace: String
            let name: String
            /// One of each family.
            var addresses: [String] = []
            var services: [String] = []
            var description: String { "\(namespace)/\(name)" }
        }

        /// Whether a connection is allowed: from, to, port, transport.
        typealias Truth = @Sendable (Peer, Peer, Int, String) -> Bool

        private static let namespaces = ["x", "y", "z"]
        private static let names = ["a", "b", "c"]

        private func makePeers(_ talkers: Talkers) async throws -> [Peer] {
            let client: Client = talkers.cluster.client
            for namespace in Self.namespaces {
                try await client.create(Namespace.new(namespace) { $0.metadata.labels = ["ns": namespace] })
            }
            var peers: [Peer] = []
            for namespace in Self.namespaces {
                for name in Self.names {
                    let labels: [String: String] = ["pod": name]
                    try await talkers.make(Talkers.pod(namespace, name, labels: labels))
                    try await client.create(
                        Talkers.service(namespace, "s-\(name)", selector: labels, ["ipFamilyPolicy": "PreferDualStack"]))
                    peers.append(Peer(namespace: namespace, name: name))
                }
            }
            for index in peers.indices {
                peers[index].addresses = try await talkers.addresses(peers[index].namespace, peers[index].name)
                peers[index].services = try await talkers.clusterIPs(peers[index].namespace, "s-\(peers[index].name)")
            }
            return peers
        }

        /// The connections that are not as the truth has them, as text.
        private func lies(_ talkers: Talkers, _ peers: [Peer], throughServices: Bool, _ truth: @escaping Truth) async throws -> [String] {
            try await withThrowingTaskGroup(of: [String].self) { group in
                for from in peers {
                    group.addTask {
                        var cases: [(Peer, Talkers.Target)] = []
                        for to in peers {
                            for host in throughServices ? to.services : to.addresses {
                                for port in Talkers.ports {
                                    for transport in ["tcp", "udp"] {
                                        cases.append((to, Talkers.Target(host: host, port: port, transport: transport)))
                                    }
                                }
                            }
                        }
                        let answers: [String] = try await talkers.order("probe", from.addresses[0], cases.map(\.1))
                        guard answers.count == cases.count else { return ["\(from) says nothing"] }
                        return zip(cases, answers).compactMap { place, answer in
                            let (to, target) = place
                            // Nobody is kept from himself.
                            let isAllowed: Bool = from == to || truth(from, to, target.port, target.transport)
                            if isAllowed == !answer.isEmpty, answer.isEmpty || answer == to.name { return nil }
                            let way = "\(from) -> \(to) \(target.host) \(target.transport) \(target.port)"
                            return "\(way): \(isAllowed ? "denied" : "let through")"
                        }
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }.sorted()
            }
        }

        private func check(
            _ what: String, _ talkers: Talkers, _ peers: [Peer], policies: [(String, JSON)], _ truth: @escaping Truth
        ) async throws {
            let client: Client = talkers.cluster.client
            for (index, (namespace, spec)) in policies.enumerated() {
                try await client.create(NetworkPolicy.new("p\(index)", namespace: namespace) { $0.json["spec"] = spec })
            }
            for throughServices in [false, true] {
                try await eventually("\(what)\(throughServices ? ", through services" : "")", within: .seconds(20)) {
                    try await lies(talkers, peers, throughServices: throughServices, truth)
                } until: {
                    $0.isEmpty
                }
            }
            for (index, (namespace, _)) in policies.enumerated() {
                try await client.delete(NetworkPolicy.self, ObjectKey(namespace: namespace, name: "p\(index)"))
            }
        }

        @Test func `policies let through what they allow and nothing else`() async throws {
            try await TestCluster.with { cluster in
                let talkers = Talkers(cluster: cluster.cluster)
                let peers: [Peer] = try await makePeers(talkers)
                let all: JSON = [:]
                func pods(_ name: String) -> JSON { ["matchLabels": ["pod": .string(name)]] }
                func spaces(_ name: String) -> JSON { ["matchLabels": ["ns": .string(name)]] }

                try await check("no policy", talkers, peers, policies: []) { _, _, _, _ in true }
                try await check(
                    "deny all into x", talkers, peers, policies: [("x", ["podSelector": all, "policyTypes": ["Ingress"]])]
                ) { _, to, _, _ in to.namespace != "x" }
                try await check(
                    "deny all out of y", talkers, peers, policies: [("y", ["podSelector": all, "policyTypes": ["Egress"]])]
                ) { from, _, _, _ in from.namespace != "y" }
                try await check(
                    "deny all, but a port within the namespace", talkers, peers,
                    policies: [
                        ("x", ["podSelector": all, "policyTypes": ["Ingress", "Egress"]]),
                        (
                            "x",
                            [
                                "podSelector": all, "policyTypes": ["Ingress", "Egress"],
                                "ingress": [["from": [["podSelector": all]], "ports": [["port": 80, "protocol": "TCP"]]]],
                                "egress": [["to": [["podSelector": all]]]],
                            ]
                        ),
                    ]
                ) { from, to, port, transport in
                    if from.namespace != "x", to.namespace != "x" { return true }
                    return from.namespace == "x" && to.namespace == "x" && port == 80 && transport == "tcp"
                }
                try await check(
                    "pods of some namespaces, by their labels, to a range of ports and a named one", talkers, peers,
                    policies: [
                        (
                            "x",
                            [
                                "podSelector": pods("a"), "policyTypes": ["Ingress"],
                                "ingress": [
                                    [
                                        "from": [["namespaceSelector": spaces("y"), "podSelector": pods("b")]],
                                        "ports": [["port": 80, "endPort": 81]],
                                    ],
                                    [
                                        "from": [["namespaceSelector": spaces("z")]],
                                        "ports": [["port": "serve-81-udp", "protocol": "UDP"]],
                                    ],
                                ],
                            ]
                        )
                    ]
                ) { from, to, port, transport in
                    guard to.namespace == "x", to.name == "a" else { return true }
                    if from.namespace == "y", from.name == "b" { return transport == "tcp" }
                    return from.namespace == "z" && port == 81 && transport == "udp"
                }
                let gaps: [String] = peers.first { $0.namespace == "x" && $0.name == "b" }?.addresses ?? []
                let blocks: [JSON] = zip(["10.244.0.0/16", "fd00:10:244::/56"], gaps).map { range, gap in
                    ["ipBlock": ["cidr": .string(range), "except": [.string(gap + (gap.contains(":") ? "/128" : "/32"))]]]
                }
                try await check(
                    "a range of addresses with a gap, and out by a named port", talkers, peers,
                    policies: [
                        (
                            "y",
                            [
                                "podSelector": pods("a"), "policyTypes": ["Ingress"],
                                "ingress": [["from": .array(blocks)]],
                            ]
                        ),
                        (
                            "z",
                            [
                                "podSelector": pods("c"), "policyTypes": ["Egress"],
                                "egress": [
                                    ["to": [["namespaceSelector": spaces("x")]], "ports": [["port": "serve-80", "protocol": "TCP"]]]
                                ],
                            ]
                        ),
                    ]
                ) { from, to, port, transport in
                    if to.namespace == "y", to.name == "a", from.namespace == "x", from.name == "b" { return false }
                    guard from.namespace == "z", from.name == "c" else { return true }
                    return to.namespace == "x" && port == 80 && transport == "tcp"
                }
            }
        }

        @Test func `a connection that is no longer allowed ends, and the cluster itself is never kept out`() async throws {
            try await TestCluster.with { cluster in
                let client: Client = cluster.client
                let talkers = Talkers(cluster: cluster.cluster)
                for name in ["server", "client"] { try await talkers.make(Talkers.pod("default", name, labels: ["pod": name])) }
                let server: String = try await talkers.address("default", "server")
                let asker: String = try await talkers.address("default", "client")
                try await talkers.order("hold", asker, [Talkers.Target(host: server, port: 80, transport: "tcp")])
                #expect(try await talkers.order("use", asker) == ["server"])
                let deny: JSON = ["podSelector": ["matchLabels": ["pod": "server"]], "policyTypes": ["Ingress", "Egress"]]
                try await client.create(NetworkPolicy.new("deny", namespace: "default") { $0.json["spec"] = deny })
                try await eventually("the connection is cut") { try await talkers.order("use", asker) == [""] }
                // Its readiness is asked by the node, and orders come from there.
                let names: [String] = try await talkers.order(
                    "probe", server, [Talkers.Target(host: asker, port: 80, transport: "tcp")])
                #expect(names == [""])
                let pod: View<Pod> = try await client.get(Pod.self, ObjectKey(namespace: "default", name: "server"))
                #expect(pod.isReady)
                // A label lets it in again.
                try await client.patch(
                    Pod.self, ObjectKey(namespace: "default", name: "server"), ["metadata": ["labels": ["pod": "free"]]], as: .mergePatch)
                try await eventually("it is free") {
                    try await talkers.order("probe", asker, [Talkers.Target(host: server, port: 80, transport: "tcp")]) == ["server"]
                }
            }
        }
    }
}
