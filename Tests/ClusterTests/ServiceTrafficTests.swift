import API
import Client
import Cluster
import Glibc
import Machinery
import Sandbox
import TestSupport
import Testing

extension EndToEnd {
    /// Services as clients within and outside of the cluster meet them.
    @Suite struct ServiceTrafficTests {
        private func ask(_ address: String, _ port: Int, isStream: Bool) async -> String {
            await BlockingThread.run { Self.askBlocking(address, port, isStream) }
        }

        private static func askBlocking(_ address: String, _ port: Int, _ isStream: Bool) -> String {
            let type = Int32(isStream ? SOCK_STREAM.rawValue : SOCK_DGRAM.rawValue)
            guard let fd = try? ClusterNetwork.hostConnection(address, port: port, type: type) else { return "" }
            defer { close(fd) }
            var limit = timeval(tv_sec: 1, tv_usec: 0)
            setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            guard send(fd, "x", 1, Int32(MSG_NOSIGNAL)) == 1 else { return "" }
            var buffer = [UInt8](repeating: 0, count: 100)
            let count: Int = recv(fd, &buffer, buffer.count, 0)
            return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : ""
        }

        @Test func `a load balancer and its node ports are open on the host, for TCP and UDP`() async throws {
            try await TestCluster.with { cluster in
                let client: Client = cluster.client
                let talkers = Talkers(cluster: cluster.cluster)
                try await talkers.make(Talkers.pod("default", "one", labels: ["app": "one"]))
                _ = try await talkers.address("default", "one")
                let key = ObjectKey(namespace: "default", name: "balanced")
                try await client.create(Talkers.service("default", key.name, selector: ["app": "one"], ["type": "LoadBalancer"]))
                try await eventually("an address") {
                    try await client.get(Service.self, key).status.loadBalancer.ingress.first?.ip.isEmpty == false
                }
                let service: View<Service> = try await client.get(Service.self, key)
                let address: String = service.status.loadBalancer.ingress[0].ip
                for port in service.spec.ports {
                    let isStream: Bool = port.protocol == "TCP"
                    let shown: Int = Doors.port(for: port.port)
                    try await eventually("\(port.name) at the balancer") { await ask(address, shown, isStream: isStream) == "one" }
                    try await eventually("\(port.name) at its node port") {
                        await ask("127.0.0.1", port.nodePort, isStream: isStream) == "one"
                    }
                }
            }
        }

        @Test func `clients stay in their node where the service says so`() async throws {
            try await TestCluster.with { cluster in
                let client: Client = cluster.client
                let talkers = Talkers(cluster: cluster.cluster)
                try await client.create(
                    Node.new("second") { $0.metadata.labels = [NodeMarks.kind: NodeMarks.Kind.process.rawValue] })
                try await eventually("the second node") {
                    try await client.get(Node.self, ObjectKey(namespace: "", name: "second")).isReady
                }
                for node in ["local", "second"] {
                    try await talkers.make(Talkers.pod("default", "on-\(node)", labels: ["app": "web"], node: node))
                    try await talkers.make(Talkers.pod("default", "asks-on-\(node)", labels: ["app": "asks"], node: node))
                }
                let policies: [(String, JSON)] = [
                    ("strict", ["internalTrafficPolicy": "Local"]), ("near", ["trafficDistribution": "PreferSameNode"]), ("any", [:]),
                ]
                for (name, more) in policies {
                    try await client.create(Talkers.service("default", name, selector: ["app": "web"], more))
                }
                for node in ["local", "second"] { _ = try await talkers.address("default", "on-\(node)") }
                func answers(_ service: String, from node: String) async throws -> Set<String> {
                    let target = Talkers.Target(host: try await talkers.clusterIP("default", service), port: 80, transport: "tcp")
                    return Set(
                        try await talkers.order("turn", try await talkers.address("default", "asks-on-\(node)"), [target], count: 6))
                }
                for node in ["local", "second"] {
                    try await eventually("both answer") { try await answers("any", from: node) == ["on-local", "on-second"] }
                    for service in ["strict", "near"] {
                        try await eventually("\(service) on \(node)") { try await answers(service, from: node) == ["on-\(node)"] }
                    }
                }
                // When the second node has none left, the strict one refuses there and the other goes elsewhere.
                try await client.delete(Pod.self, ObjectKey(namespace: "default", name: "on-second"))
                try await eventually("refused") { try await answers("strict", from: "second") == [""] }
                try await eventually("elsewhere") { try await answers("near", from: "second") == ["on-local"] }
            }
        }

        @Test func `who sent datagrams to a node's port before anybody was there is served when somebody is`() async throws {
            try await TestCluster.with { cluster in
                let client: Client = cluster.client
                let talkers = Talkers(cluster: cluster.cluster)
                try await talkers.make(Talkers.pod("default", "asks", labels: ["app": "asks"]))
                let asker: String = try await talkers.address("default", "asks")
                let open: JSON = ["type": "NodePort", "ipFamilyPolicy": "PreferDualStack"]
                try await client.create(Talkers.service("default", "late", selector: ["app": "late"], open))
                let service: View<Service> = try await client.get(Service.self, ObjectKey(namespace: "default", name: "late"))
                let port: Int = try #require(service.spec.ports.first { $0.protocol == "UDP" }).nodePort
                let node: View<Node> = try await client.get(Node.self, ObjectKey(namespace: "", name: "local"))
                for address in node.status.addresses.filter({ $0.type == "InternalIP" }).map(\.address) {
                    // The same socket, whose flow the kernel remembers as one that leads nowhere.
                    try await talkers.order("hold", asker, [Talkers.Target(host: address, port: port, transport: "udp")])
                    #expect(try await talkers.order("use", asker) == [""])
                    try await talkers.make(Talkers.pod("default", "late", labels: ["app": "late"]))
                    try await eventually("it is served at \(address)") { try await talkers.order("use", asker) == ["late"] }
                    try await client.delete(Pod.self, ObjectKey(namespace: "default", name: "late"))
                    try await eventually("nobody is there any more") { try await talkers.order("use", asker) == [""] }
                }
            }
        }

        @Test func `what lies in a further range of services and is none is refused, and the host reaches those that are`() async throws {
            try await TestCluster.with { cluster in
                let client: Client = cluster.client
                let talkers = Talkers(cluster: cluster.cluster)
                for name in ["asks", "web"] { try await talkers.make(Talkers.pod("default", name, labels: ["app": name])) }
                let asker: String = try await talkers.address("default", "asks")
                _ = try await talkers.address("default", "web")
                try await client.create(ServiceCIDR.new("more") { $0.spec.cidrs = ["10.97.0.0/28"] })
                try await eventually("the range is in use") {
                    try await client.create(Talkers.service("default", "web", selector: ["app": "web"], ["clusterIP": "10.97.0.5"]))
                    return true
                }
                let targets: [Talkers.Target] = ["10.97.0.5", "10.97.0.6"].map { Talkers.Target(host: $0, port: 80, transport: "tcp") }
                try await eventually("its Service answers") { try await talkers.order("probe", asker, targets) == ["web", ""] }
                try await eventually("what is none is refused, instead of lost") {
                    do throws(SandboxError) {
                        close(try await cluster.cluster.network.connect("10.97.0.6", port: 80))
                        return false
                    } catch {
                        return error.errno == ECONNREFUSED
                    }
                }
                let own: Int32 = try await cluster.cluster.network.connect("10.97.0.5", port: 80)
                close(own)
            }
        }

        /// `SWKUBE_ROUNDS=10 swift test --filter rolling` tries it more often.
        private static let rounds: Int = Command.environment["SWKUBE_ROUNDS"].flatMap { Int($0) } ?? 2

        @Test func `a rolling update under load loses no request`() async throws {
            try await TestCluster.with { cluster in
                let client: Client = cluster.client
                let talkers = Talkers(cluster: cluster.cluster)
                let key = ObjectKey(namespace: "default", name: "web")
                try await client.create(
                    Deployment.new("web", namespace: "default") {
                        $0.spec.replicas = 3
                        $0.json[["spec", "selector"]] = ["matchLabels": ["app": "web"]]
                        $0.json[["spec", "template", "metadata"]] = ["labels": ["app": "web"]]
                        var container: JSON = Talkers.container().json
                        container["lifecycle"] = ["preStop": ["sleep": ["seconds": 1]]]
                        $0.json[["spec", "template", "spec"]] = ["containers": [container], "terminationGracePeriodSeconds": 30]
                    })
                try await client.create(Talkers.service("default", "web", selector: ["app": "web"]))
                try await talkers.make(Talkers.pod("default", "presser", labels: ["app": "presser"]))
                let presser: String = try await talkers.address("default", "presser")
                let target = Talkers.Target(host: try await talkers.clusterIP("default", "web"), port: 80, transport: "tcp")
                func isDone(_ round: Int) async throws -> Bool {
                    let deployment: View<Deployment> = try await client.get(Deployment.self, key)
                    let status: View<DeploymentStatus> = deployment.status
                    return status.observedGeneration == deployment.metadata.generation && status.updatedReplicas == 3
                        && status.availableReplicas == 3 && status.replicas == 3
                }
                try await eventually("three servers") { try await isDone(0) }
                for round in 1...Self.rounds {
                    try await talkers.order("load", presser, [target], count: 20)
                    try await client.patch(
                        Deployment.self, key,
                        ["spec": ["template": ["metadata": ["annotations": ["round": .string("\(round)")]]]]], as: .mergePatch)
                    try await eventually("round \(round)", within: .seconds(120)) { try await isDone(round) }
                    let result: [String] = try await talkers.order("unload", presser)
                    #expect(result.count == 3 && result[1] == "0" && (Int(result[0]) ?? 0) > 100, "round \(round): \(result)")
                }
            }
        }
    }
}
