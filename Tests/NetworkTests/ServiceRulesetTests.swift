import API
import Machinery
import Network
import Testing

/// From Services and their slices to the kernel's rules, as texts.
@Suite struct ServiceRulesetTests {
    private let ruleset = ServiceRuleset(.v4, nodeAddress: "10.244.0.1", nodes: "10.244.0.0/16", ranges: ["10.96.0.0/16"])

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

    /// The text of a change, and of one more after it.
    private func changes(_ states: [ServiceRoute]...) -> String {
        var numbers = ServiceRuleset.Numbers()
        var text = ""
        for (old, new) in zip([[]] + states, states) { text = ruleset.changes(from: old, to: new, &numbers) }
        return text
    }

    @Test func `a service with two endpoints takes them in turn`() {
        #expect(
            changes(routes(service(), "10.244.0.6", "10.244.0.5")) == """
                add chain ip swkube route/default/web/tcp/80
                add rule ip swkube route/default/web/tcp/80 meta mark set numgen inc mod 2 goto pick
                add element ip swkube endpoints { 0 : 10.244.0.5 . 8080, 1 : 10.244.0.6 . 8080 }
                add element ip swkube routes { 10.96.0.9 . tcp . 80 : goto route/default/web/tcp/80 }

                """)
    }

    @Test func `a service of two families has routes in both, each to endpoints of its own`() {
        let both: View<Service> = service([
            "clusterIPs": ["10.96.0.9", "fd00:10:96::9"], "ipFamilies": ["IPv4", "IPv6"], "sessionAffinity": "ClientIP",
        ])
        var six: View<EndpointSlice> = slice([("fd00:10:244::5", ["ready": true])])
        six.addressType = "IPv6"
        let slices: [View<EndpointSlice>] = [slice([("10.244.0.5", ["ready": true])]), six]
        #expect(ServiceRoute.all(of: both, .v4, slices: slices).flatMap(\.endpoints).map(\.address) == ["10.244.0.5"])
        var numbers = ServiceRuleset.Numbers()
        let ruleset = ServiceRuleset(.v6, nodeAddress: "fd00:10:244::1", nodes: "fd00:10:244::/56", ranges: ["fd00:10:96::/112"])
        let text: String = ruleset.changes(from: [], to: ServiceRoute.all(of: both, .v6, slices: slices), &numbers)
        let bond = "bond/default/web/tcp/80/fd00.10.244..5/8080"
        #expect(
            text == """
                add set ip6 swkube \(bond) { type ipv6_addr; flags dynamic,timeout; timeout 10800s; size 65535; }
                add chain ip6 swkube \(bond)
                add rule ip6 swkube \(bond) update @\(bond) { ip6 saddr }
                add rule ip6 swkube \(bond) meta l4proto tcp dnat to [fd00:10:244::5]:8080
                add chain ip6 swkube route/default/web/tcp/80
                add rule ip6 swkube route/default/web/tcp/80 ip6 saddr @\(bond) goto \(bond)
                add rule ip6 swkube route/default/web/tcp/80 numgen inc mod 1 vmap { 0 : goto \(bond) }
                add element ip6 swkube routes { fd00:10:96::9 . tcp . 80 : goto route/default/web/tcp/80 }

                """)
        #expect(ServiceRoute.all(of: service(), .v6, slices: slices).isEmpty)
    }

    @Test func `a service that grows leaves no number behind`() {
        #expect(
            changes(routes(service(), "10.244.0.5", "10.244.0.6"), routes(service(), "10.244.0.5", "10.244.0.6", "10.244.0.7")) == """
                delete element ip swkube routes { 10.96.0.9 . tcp . 80 }
                delete element ip swkube endpoints { 0, 1 }
                flush chain ip swkube route/default/web/tcp/80
                add chain ip swkube route/default/web/tcp/80
                add rule ip swkube route/default/web/tcp/80 meta mark set numgen inc mod 3 offset 2 goto pick
                add element ip swkube endpoints { 2 : 10.244.0.5 . 8080, 3 : 10.244.0.6 . 8080, 4 : 10.244.0.7 . 8080 }
                add element ip swkube routes { 10.96.0.9 . tcp . 80 : goto route/default/web/tcp/80 }

                """)
    }

    @Test func `one endpoint is a look-up and nothing more`() {
        #expect(
            changes(routes(service(), "10.244.0.5"))
                == "add element ip swkube single { 10.96.0.9 . tcp . 80 : 10.244.0.5 . 8080 }\n")
    }

    @Test func `a service without endpoints is refused, and its end leaves nothing`() {
        let empty: [ServiceRoute] = routes(service())
        #expect(changes(empty) == "add element ip swkube refused { 10.96.0.9 . tcp . 80 }\n")
        #expect(changes(empty, []) == "delete element ip swkube refused { 10.96.0.9 . tcp . 80 }\n")
    }

    @Test func `a node port and an external address lead to the same place`() {
        let service: View<Service> = service([
            "type": "NodePort", "externalIPs": ["192.0.2.7"],
            "ports": [["name": "http", "port": 80, "protocol": "TCP", "targetPort": 8080, "nodePort": 30080]],
        ])
        let text: String = changes(routes(service, "10.244.0.5"))
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
        let text: String = changes(both, one)
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
        #expect(changes(routes(service(), "10.244.0.5"), routes(service(), "10.244.0.5")).isEmpty)
    }

    // MARK: - Near and far

    private let nodes: [ServiceNode] = [
        ServiceNode(name: "one", range: CIDR("10.244.0.0/24")!, zone: "a"),
        ServiceNode(name: "two", range: CIDR("10.244.1.0/24")!, zone: "b"),
        ServiceNode(name: "three", range: CIDR("10.244.2.0/24")!, zone: "b"),
    ]

    /// Endpoints on nodes: one on the first, two on the second.
    private func spread(_ more: JSON, hints: [JSON] = [[:], [:], [:]]) -> [ServiceRoute] {
        let endpoints: [JSON] = zip([("10.244.0.5", "one"), ("10.244.1.5", "two"), ("10.244.1.6", "two")], hints).map { place, hints in
            [
                "addresses": [.string(place.0)], "nodeName": .string(place.1), "conditions": ["ready": true], "hints": hints,
            ]
        }
        let slice = View<EndpointSlice>([
            "metadata": ["name": "web-1", "namespace": "default"], "addressType": "IPv4",
            "ports": [["name": "http", "port": 8080, "protocol": "TCP"]], "endpoints": .array(endpoints),
        ])
        return ServiceRoute.all(of: service(more), slices: [slice], nodes: nodes)
    }

    @Test func `the internal policy Local keeps clients in their node, or refuses them`() {
        let route: ServiceRoute = spread(["internalTrafficPolicy": "Local"])[0]
        #expect(route.endpoints.isEmpty)
        #expect(route.near.map(\.range) == ["10.244.0.0/24", "10.244.1.0/24"])
        let text: String = changes([route])
        #expect(text.contains("route/default/web/tcp/80 ip saddr 10.244.0.0/24 meta l4proto tcp dnat to 10.244.0.5:8080"))
        #expect(text.contains("route/default/web/tcp/80 ip saddr 10.244.1.0/24 meta mark set numgen inc mod 2 goto pick"))
    }

    @Test func `the external policy Local binds a node port to its node's endpoints`() {
        let routes: [ServiceRoute] = spread([
            "type": "NodePort", "externalTrafficPolicy": "Local",
            "ports": [["name": "http", "port": 80, "protocol": "TCP", "targetPort": 8080, "nodePort": 30080]],
        ])
        #expect(routes[0].endpoints.count == 3)
        let text: String = changes(routes)
        #expect(text.contains("nodeports { tcp . 30080 : goto local/default/web/tcp/80 }"))
        #expect(text.contains("local/default/web/tcp/80 ip daddr 10.244.0.1 meta l4proto tcp dnat to 10.244.0.5:8080"))
        #expect(!text.contains("10.244.2.1"))
    }

    @Test func `hints keep clients in their node or zone where all endpoints have them`() {
        let zones: [JSON] = [["forZones": [["name": "a"]]], ["forZones": [["name": "b"]]], ["forZones": [["name": "b"]]]]
        let near: [ServiceRoute.Near] = spread([:], hints: zones)[0].near
        #expect(near.map { $0.endpoints.map(\.address) } == [["10.244.0.5"], ["10.244.1.5", "10.244.1.6"], ["10.244.1.5", "10.244.1.6"]])
        #expect(spread([:], hints: [zones[0], zones[1], [:]])[0].near.isEmpty)
        let names: [JSON] = [["forNodes": [["name": "one"]]], ["forNodes": [["name": "two"]]], ["forNodes": [["name": "two"]]]]
        let byNode: [ServiceRoute.Near] = spread([:], hints: names)[0].near
        #expect(byNode.map(\.range) == ["10.244.0.0/24", "10.244.1.0/24"])
    }

    @Test func `a node that was made before its network had IPv6 has the range of its address`() {
        let node = View<Node>([
            "metadata": ["name": "one"], "spec": ["podCIDRs": ["10.244.1.0/24"]],
            "status": ["addresses": [["type": "InternalIP", "address": "fd00:10:244:1::1"]]],
        ])
        #expect(ServiceNode(node, .v4)?.range == CIDR("10.244.1.0/24"))
        #expect(ServiceNode(node, .v6)?.range == CIDR("fd00:10:244:1::/64"))
    }
}
