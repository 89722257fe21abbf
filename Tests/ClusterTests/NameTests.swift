import API
import Client
import Cluster
import Machinery
import Sandbox
import TestSupport
import Testing

extension EndToEnd {
    /// The cluster's name server as `dig` meets it.
    @Suite struct NameTests {
        @Test(.enabled(if: Command.path(of: "dig") != nil, "dig is not there: apt-get install dnsutils"))
        func `dig finds services over UDP and TCP, with EDNS and without`() async throws {
            let dig: String = try #require(Command.path(of: "dig"))
            try await TestCluster.with { cluster in
                let client: Client = cluster.client
                func ask(_ words: String) async throws -> [String] {
                    let line = "exec \(dig) +tries=1 +time=3 @10.96.0.10 \(words) >&2"
                    let outcome = try await cluster.cluster.network.run(["/bin/bash", "-c", line], input: [])
                    return outcome.error.split(separator: "\n").map(String.init)
                }
                try await client.create(
                    Service.new("web", namespace: "default") {
                        $0.json["spec"] = [
                            "selector": ["app": "web"],
                            "ports": [["name": "http", "port": 80], ["name": "dns", "port": 53, "protocol": "UDP"]],
                        ]
                    })
                try await client.create(
                    Service.new("many", namespace: "default") {
                        $0.json["spec"] = ["clusterIP": "None", "ports": [["name": "http", "port": 80]]]
                    })
                try await client.create(
                    EndpointSlice.new("many-1", namespace: "default") {
                        $0.metadata.labels = ["kubernetes.io/service-name": "many"]
                        $0.json["addressType"] = "IPv4"
                        $0.json["ports"] = [["name": "http", "port": 80, "protocol": "TCP"]]
                        $0.json["endpoints"] = .array(
                            (1...60).map { ["addresses": [.string("192.0.2.\($0)")], "conditions": ["ready": true]] })
                    })
                let address: String = try await client.get(Service.self, ObjectKey(namespace: "default", name: "web")).spec.clusterIP
                let name = "web.default.svc.cluster.local"
                try await eventually("the name is known") { try await ask("+short \(name)") == [address] }
                #expect(try await ask("+short +tcp \(name)") == [address])
                #expect(try await ask("+short +noedns \(name)") == [address])
                #expect(try await ask("+short -x \(address)") == [name + "."])
                #expect(try await ask("+short -t SRV _http._tcp.\(name)") == ["0 100 80 \(name)."])
                #expect(try await ask("+short -t SRV _dns._udp.\(name)") == ["0 100 53 \(name)."])
                #expect(try await ask("-t AAAA \(name)").contains { $0.contains("status: NOERROR") })
                #expect(try await ask("nobody.default.svc.cluster.local").contains { $0.contains("status: NXDOMAIN") })
                let many = "many.default.svc.cluster.local"
                try await eventually("all addresses") { try await ask("+short +bufsize=4096 \(many)").count == 60 }
                #expect(try await ask("+noedns +ignore \(many)").contains { $0.contains("flags:") && $0.contains(" tc") })
                // Cut, and then asked for again over TCP.
                #expect(try await ask("+noedns +short \(many)").filter { $0.hasPrefix("192.0.2.") }.count == 60)
            }
        }
    }
}
