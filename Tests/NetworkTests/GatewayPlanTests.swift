import API
import HTTP
import Machinery
import Testing

@testable import Network

/// From Gateways and routes to rules, and to what is said of them.
@Suite struct GatewayPlanTests {
    private func gateway(_ listeners: JSON) -> View<Gateway> {
        View<Gateway>([
            "metadata": ["name": "front", "namespace": "infra"], "spec": ["gatewayClassName": "swkube", "listeners": listeners],
        ])
    }

    private func route(_ spec: JSON, namespace: String = "infra") -> View<HTTPRoute> {
        var spec: JSON = spec
        if spec["parentRefs"] == nil { spec["parentRefs"] = [["name": "front", "namespace": "infra"]] }
        return View<HTTPRoute>(["metadata": ["name": "web", "namespace": .string(namespace)], "spec": spec])
    }

    private func plan(_ gateway: View<Gateway>, _ routes: [View<HTTPRoute>], grants: [View<ReferenceGrant>] = []) -> GatewayPlan {
        var world = GatewayPlan.World()
        world.gateways = [gateway]
        world.routes = routes
        world.grants = grants
        world.namespaces = ["infra": [:], "shop": ["team": "shop"]]
        world.hasService = { key, port in key.name.hasPrefix("web") && port == 80 }
        return GatewayPlan(world)
    }

    private let open: JSON = [["name": "http", "port": 80, "protocol": "HTTP"]]
    private let backend: JSON = [["backendRefs": [["name": "web", "port": 80]]]]

    private func reasons(_ plan: GatewayPlan, namespace: String = "infra") -> [String] {
        plan.parents[ObjectKey(namespace: namespace, name: "web")]?.first?.conditions.map { "\($0.isTrue ? "" : "!")\($0.reason)" } ?? []
    }

    @Test func `a route of the same namespace is accepted, others only where the listener takes them`() {
        #expect(reasons(plan(gateway(open), [route(["rules": backend])])) == ["Accepted", "ResolvedRefs"])
        let foreign: View<HTTPRoute> = route(["rules": backend], namespace: "shop")
        #expect(reasons(plan(gateway(open), [foreign]), namespace: "shop").first == "!NotAllowedByListeners")
        let selector: JSON = ["namespaces": ["from": "Selector", "selector": ["matchLabels": ["team": "shop"]]]]
        let taking: JSON = [["name": "http", "port": 80, "protocol": "HTTP", "allowedRoutes": selector]]
        #expect(reasons(plan(gateway(taking), [foreign]), namespace: "shop").first == "Accepted")
    }

    @Test func `a backend that is not there, or not granted, is said`() {
        let missing: JSON = [["backendRefs": [["name": "nobody", "port": 80]]]]
        #expect(reasons(plan(gateway(open), [route(["rules": missing])])) == ["Accepted", "!BackendNotFound"])
        let foreign: JSON = [["backendRefs": [["name": "web", "namespace": "shop", "port": 80]]]]
        #expect(reasons(plan(gateway(open), [route(["rules": foreign])])) == ["Accepted", "!RefNotPermitted"])
        let grant = View<ReferenceGrant>([
            "metadata": ["name": "g", "namespace": "shop"],
            "spec": [
                "from": [["group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "infra"]],
                "to": [["group": "", "kind": "Service"]],
            ],
        ])
        #expect(reasons(plan(gateway(open), [route(["rules": foreign])], grants: [grant])) == ["Accepted", "ResolvedRefs"])
        let other: JSON = [["backendRefs": [["name": "web", "kind": "Bucket", "group": "x", "port": 80]]]]
        #expect(reasons(plan(gateway(open), [route(["rules": other])])) == ["Accepted", "!InvalidKind"])
    }

    @Test(
        arguments: [
            ([], "", [""]), (["a.test"], "", ["a.test"]), ([], "*.test", ["*.test"]), (["a.test", "b.other"], "*.test", ["a.test"]),
            (["*.test"], "a.test", ["a.test"]), (["*.a.test"], "*.test", ["*.a.test"]), (["test"], "*.test", []),
            (["a.other"], "b.other", []),
        ] as [([String], String, [String])])
    func `a route has the hosts that its listener has too`(route: [String], listener: String, hosts: [String]) {
        #expect(GatewayPlan.hosts(route, listener) == hosts)
    }

    @Test func `a listener that is not served says why`() {
        let listeners: JSON = [
            ["name": "a", "port": 80, "protocol": "HTTP"], ["name": "b", "port": 80, "protocol": "HTTP"],
            ["name": "c", "port": 90, "protocol": "TCP"], ["name": "d", "port": 443, "protocol": "HTTPS"],
            ["name": "e", "port": 80, "protocol": "HTTP", "hostname": "e.test"],
        ]
        let plan: GatewayPlan = plan(gateway(listeners), [])
        let found: [GatewayPlan.Listener] = plan.listeners[ObjectKey(namespace: "infra", name: "front")] ?? []
        #expect(found.map(\.isUsable) == [true, false, false, false, true])
        #expect(
            found.map { $0.conditions.filter { $0.isTrue == ($0.type == "Conflicted") }.map(\.reason) }
                == [[], ["HostnameConflict"], ["UnsupportedProtocol"], ["InvalidCertificateRef"], []])
    }

    @Test func `rules match by path, method, fields and query, and the more particular one wins`() {
        let rules: JSON = [
            ["backendRefs": [["name": "web", "port": 80]]],
            [
                "matches": [["path": ["type": "PathPrefix", "value": "/a"]], ["path": ["type": "Exact", "value": "/exact"]]],
                "backendRefs": [["name": "web-a", "port": 80]],
            ],
            [
                "matches": [["path": ["type": "PathPrefix", "value": "/a"], "headers": [["name": "X-Kind", "value": "b"]]]],
                "backendRefs": [["name": "web-b", "port": 80]],
            ],
            [
                "matches": [["path": ["type": "PathPrefix", "value": "/a"], "queryParams": [["name": "q", "value": "c d"]]]],
                "backendRefs": [["name": "web-c", "port": 80]],
            ],
            [
                "matches": [["path": ["type": "RegularExpression", "value": "/[0-9]+"], "method": "POST"]],
                "backendRefs": [["name": "web-n", "port": 80]],
            ],
        ]
        let plan: GatewayPlan = plan(gateway(open), [route(["hostnames": ["shop.test"], "rules": rules])])
        let table = ProxyTable(listeners: plan.doors[ObjectKey(namespace: "infra", name: "front")]?[80]?.rules ?? [:])
        func service(_ path: String, method: String = "GET", headers: HTTPHeaders = [:], query: String? = nil) -> String? {
            let request = HTTPRequest(method: method, path: path, query: query, headers: headers)
            return table.rule(for: request, host: "shop.test")?.backends.first?.service.name
        }
        #expect(service("/") == "web")
        #expect(service("/a/x") == "web-a")
        #expect(service("/exact") == "web-a" && service("/exact/") == "web")
        #expect(service("/a", headers: ["x-kind": "b"]) == "web-b")
        #expect(service("/a", query: "q=c%20d") == "web-c")
        #expect(service("/12", method: "POST") == "web-n" && service("/12") == "web" && service("/12x", method: "POST") == "web")
    }

    @Test func `a request is for the listener with the most particular host alone`() {
        let hosts: [String?] = [nil, "*.example.com", "*.foo.example.com", "abc.foo.example.com", "empty.example.com"]
        let listeners: [JSON] = hosts.enumerated().map { number, host in
            var listener: JSON = ["name": .string("l\(number)"), "port": 80, "protocol": "HTTP"]
            if let host { listener["hostname"] = .string(host) }
            return listener
        }
        let routes: [View<HTTPRoute>] = hosts.indices.dropLast().map { number in
            route([
                "parentRefs": [["name": "front", "sectionName": .string("l\(number)")]],
                "rules": [
                    [
                        "matches": [["path": ["type": "PathPrefix", "value": .string("/\(number)")]]],
                        "backendRefs": [["name": .string("web-\(number)"), "port": 80]],
                    ]
                ],
            ])
        }
        let table = ProxyTable(
            listeners: plan(gateway(.array(listeners)), routes).doors[ObjectKey(namespace: "infra", name: "front")]?[80]?.rules ?? [:])
        func taken(_ host: String) -> [Int] {
            hosts.indices.filter {
                table.rule(for: HTTPRequest(method: "GET", path: "/\($0)", query: nil, headers: [:]), host: host) != nil
            }
        }
        #expect(taken("bar.com") == [0] && taken("example.com") == [0])
        #expect(taken("bar.example.com") == [1] && taken("bar.foo.example.com") == [2] && taken("abc.foo.example.com") == [3])
        #expect(taken("empty.example.com") == [])
    }

    @Test(arguments: [("1h30m", 5400), ("500ms", 0.5), ("10s", 10), ("", nil), ("5", nil), ("5d", nil)] as [(String, Double?)])
    func `spans of time are read as the specification writes them`(text: String, seconds: Double?) {
        #expect(GatewayDuration.parse(text).map { $0 / .seconds(1) } == seconds)
    }
}
