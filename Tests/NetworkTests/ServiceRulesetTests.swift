import API
import Machinery
import Network
import Testing

/// From Services and their slices to the kernel's rules, as texts.
@Suite struct ServiceRulesetTests {
    private let ruleset = ServiceRuleset(nodeAddress: "10.244.0.1", nodes: "10.244.0.0/16", ranges: ["10.96.0.0/16"])

    private func service(_ more: JSON = [:]) -> View<Service> {
        var spec: JSON = [
            "type": "ClusterIP", "clusterIP": "10.96.0.9", "clusterIPs": ["10.96.0.9"],
            "ports": [["name": "http", "port": 80, "protocol": "TCP", "targetPort": 8080]],
        ]
        for member in more.object ?? [:] { spec[member.key] = member.value }
        return View<Service>(["metadata": ["name": "web", "namespace": "default"], "spec": spec])
    }

    /// - Parameter endpoints: addresses with the conditions of each.
    private func slice(
        _ endpoints: [(String, JSON)], port: JSON = ["name": "http", "port": 8080, "protocol": "TCP"]
    ) -> View<EndpointSlice> {
        View<EndpointSlice>([
            "metadata": ["name": "web-1", "namespace": "default"], "addressType": "IPv4", "ports": [port],
            "endpoints": .array(endpoints.map { ["addresses": [.string($0.0)], "conditions": $0.1] }),
        ])
    }

    private func routes(_ service: View<Service>, _ addresses: String...) -> [ServiceRoute] {
        ServiceRoute.all(of: service, slices: [slice(addresses.map { ($0, ["ready": true]) })])
    }

    @Test func `a service with two endpoints takes them in turn`() {
        #expect(
            ruleset.changes(from: [], to: routes(service(), "10.244.0.6", "10.244.0.5")) == """
                add chain ip swkube route/default/web/tcp/80
                add rule ip swkube route/default/web/tcp/80 meta l4proto tcp dnat ip to numgen inc mod 2 map { 0 : 10.244.0.5 . 8080, 1 : 10.244.0.6 . 8080 }
                add element ip swkube routes { 10.96.0.9 . tcp . 80 : goto route/default/web/tcp/80 }

                """)
    }

    @Test func `a service without endpoints is refused, and its end leaves nothing`() {
        let empty: [ServiceRoute] = routes(service())
        #expect(ruleset.changes(from: [], to: empty) == "add element ip swkube refused { 10.96.0.9 . tcp . 80 }\n")
        #expect(ruleset.changes(from: empty, to: []) == "delete element ip swkube refused { 10.96.0.9 . tcp . 80 }\n")
    }

    @Test func `a node port and an external address lead to the same place`() {
        let service: View<Service> = service([
            "type": "NodePort", "externalIPs": ["192.0.2.7"],
            "ports": [["name": "http", "port": 80, "protocol": "TCP", "targetPort": 8080, "nodePort": 30080]],
        ])
        let text: String = ruleset.changes(from: [], to: routes(service, "10.244.0.5"))
        #expect(text.contains("dnat to 10.244.0.5:8080"))
        #expect(
            text.contains(
                "add element ip swkube routes { 10.96.0.9 . tcp . 80 : goto route/default/web/tcp/80, "
                    + "192.0.2.7 . tcp . 80 : goto route/default/web/tcp/80 }"))
        #expect(text.contains("add element ip swkube nodeports { tcp . 30080 : goto route/default/web/tcp/80 }"))
    }

    @Test func `a bond with a client stays as long as its endpoint`() {
        let service: View<Service> = service(["sessionAffinity": "ClientIP"])
        let both: [ServiceRoute] = routes(service, "10.244.0.5", "10.244.0.6")
        let one: [ServiceRoute] = routes(service, "10.244.0.6")
        #expect(both[0].affinity == 10_800)
        let text: String = ruleset.changes(from: both, to: one)
        #expect(text.contains("delete set ip swkube bond/default/web/tcp/80/10.244.0.5/8080"))
        #expect(!text.contains("add set"))
        #expect(text.contains("ip saddr @bond/default/web/tcp/80/10.244.0.6/8080 goto bond/default/web/tcp/80/10.244.0.6/8080"))
    }

    @Test func `endpoints that end serve only where no other is ready`() {
        let ending: JSON = ["ready": false, "serving": true, "terminating": true]
        let failed: JSON = ["ready": false, "serving": false]
        func places(_ endpoints: [(String, JSON)]) -> [String] {
            ServiceRoute.all(of: service(), slices: [slice(endpoints)]).flatMap(\.endpoints).map(\.address)
        }
        #expect(places([("10.244.0.5", ending), ("10.244.0.6", ["ready": true])]) == ["10.244.0.6"])
        #expect(places([("10.244.0.5", ending), ("10.244.0.6", failed)]) == ["10.244.0.5"])
    }

    @Test func `names without an address and SCTP have no routes`() {
        #expect(routes(service(["clusterIP": "None", "clusterIPs": ["None"]]), "10.244.0.5").isEmpty)
        #expect(routes(service(["type": "ExternalName"]), "10.244.0.5").isEmpty)
        #expect(routes(service(["ports": [["name": "http", "port": 80, "protocol": "SCTP"]]]), "10.244.0.5").isEmpty)
    }

    @Test func `nothing is said where nothing changed`() {
        #expect(ruleset.changes(from: routes(service(), "10.244.0.5"), to: routes(service(), "10.244.0.5")).isEmpty)
    }
}
