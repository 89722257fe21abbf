import API
import HTTP
import Machinery
import Testing

@testable import Network

/// Which rule takes a request, and what it makes of it.
@Suite struct IngressPlanTests {
    private func ingress(
        _ name: String, created: Int64 = 0, annotations: [String: String] = [:], tls: JSON = [], defaultBackend: String? = nil,
        _ paths: (String, String, String, String)...
    ) -> View<Ingress> {
        let rules: [JSON] = paths.map { host, path, type, service in
            [
                "host": .string(host),
                "http": [
                    "paths": [
                        [
                            "path": .string(path), "pathType": .string(type),
                            "backend": ["service": ["name": .string(service), "port": ["number": 80]]],
                        ]
                    ]
                ],
            ]
        }
        var spec: JSON = ["rules": .array(rules), "tls": tls]
        if let defaultBackend { spec["defaultBackend"] = ["service": ["name": .string(defaultBackend), "port": ["name": "http"]]] }
        return View<Ingress>([
            "metadata": [
                "name": .string(name), "namespace": "default", "creationTimestamp": Time(seconds: created).json,
                "annotations": .object(JSONObject(annotations.map { ($0.key, .string($0.value)) })),
            ],
            "spec": spec,
        ])
    }

    private func request(_ path: String, query: String? = nil, secure: Bool = false) -> HTTPRequest {
        HTTPRequest(method: "GET", path: path, query: query, isSecure: secure)
    }

    /// The Service that a request goes to.
    private func service(_ plan: IngressPlan, _ host: String, _ path: String) -> String? {
        ProxyTable(plan.rules).rule(for: request(path), host: host)?.backends.first?.service.name
    }

    @Test(arguments: [
        ("shop.example", "/", "root"), ("shop.example", "/cart", "cart"), ("shop.example", "/cart/1", "cart"),
        ("shop.example", "/cartwheel", "root"), ("shop.example", "/cart/pay", "pay"), ("shop.example", "/cart/pay/", "cart"),
        ("a.wild.example", "/x", "wild"), ("a.b.wild.example", "/x", nil), ("wild.example", "/x", nil), ("other.example", "/", nil),
    ])
    func `the most particular path of a host takes a request`(host: String, path: String, expected: String?) {
        let plan = IngressPlan([
            ingress(
                "web", ("shop.example", "/", "Prefix", "root"), ("shop.example", "/cart/", "Prefix", "cart"),
                ("shop.example", "/cart/pay", "Exact", "pay"), ("*.wild.example", "/", "ImplementationSpecific", "wild"))
        ])
        #expect(service(plan, host, path) == expected)
    }

    @Test func `of two that want one path the older one has it`() {
        let plan = IngressPlan([
            ingress("young", created: 20, ("shop.example", "/", "Prefix", "new")),
            ingress("old", created: 10, ("shop.example", "/", "Prefix", "first")),
        ])
        #expect(service(plan, "shop.example", "/") == "first")
        #expect(plan.conflicts.map { "\($0.loser) \($0.winner) \($0.host)\($0.path)" } == ["default/young default/old shop.example/"])
    }

    @Test func `the default backend has what no rule takes`() {
        let plan = IngressPlan([ingress("web", defaultBackend: "rest", ("shop.example", "/cart", "Prefix", "cart"))])
        #expect(service(plan, "shop.example", "/other") == "rest")
        #expect(service(plan, "who.example", "/") == "rest")
        #expect(service(plan, "shop.example", "/cart") == "cart")
    }

    @Test(arguments: [
        ("/app(/|$)(.*)", "/$2", "/app/a/b", "/a/b"), ("/app(/|$)(.*)", "/$2", "/app", "/"), ("/app", "/", "/app/x", "/"),
        ("/v1/(.*)", "/api/$1", "/v1/pods", "/api/pods"),
    ])
    func `a rewrite fills in what the path's groups took`(path: String, target: String, asked: String, expected: String) throws {
        let plan = IngressPlan([
            ingress(
                "web", annotations: ["nginx.ingress.kubernetes.io/rewrite-target": target],
                ("shop.example", path, "ImplementationSpecific", "web"))
        ])
        let rule: ProxyRule = try #require(ProxyTable(plan.rules).rule(for: request(asked), host: "shop.example"))
        #expect(rule.rewrite.map { rule.changed(asked, by: $0) } == expected)
    }

    @Test func `annotations mean the same by both names, and what has no effect is told`() throws {
        let plan = IngressPlan([
            ingress(
                "web",
                annotations: [
                    "ingress.swkube.dev/proxy-read-timeout": "7", "nginx.ingress.kubernetes.io/proxy-body-size": "8m",
                    "nginx.ingress.kubernetes.io/auth-url": "http://x", "nginx.ingress.kubernetes.io/ssl-redirect": "perhaps",
                ],
                tls: [["hosts": ["shop.example"], "secretName": "cert"]], ("shop.example", "/", "Prefix", "web"))
        ])
        let rule: ProxyRule = try #require(plan.rules.first?.rule)
        #expect(rule.times.answer == .seconds(7) && rule.bodyLimit == 8 << 20 && rule.needsTLS)
        #expect(plan.secrets == ["shop.example": ObjectKey(namespace: "default", name: "cert")])
        #expect(
            plan.problems.map(\.1) == [
                "nginx.ingress.kubernetes.io/auth-url has no effect here",
                "nginx.ingress.kubernetes.io/ssl-redirect: \"perhaps\" is neither true nor false",
            ])
    }

    @Test func `weights are met exactly in as many turns as they add up to`() {
        var rule = ProxyRule(owner: "test", created: .epoch, order: 0, path: .any)
        rule.backends = [("a", 9), ("b", 1), ("c", 0)].map {
            ProxyRule.Backend(service: ObjectKey(namespace: "default", name: $0), port: .web, weight: $1)
        }
        let chosen: [String] = (0..<20).compactMap { _ in rule.backend()?.service.name }
        #expect(chosen.count { $0 == "a" } == 18 && chosen.count { $0 == "b" } == 2)
    }

    @Test(arguments: [
        ("/foo", "/bar", "/foo/x", "/bar/x"), ("/foo/", "/bar", "/foo/x", "/bar/x"), ("/foo", "/", "/foo/x", "/x"),
        ("/foo", "", "/foo", "/"), ("/foo", "/bar", "/foo", "/bar"), ("/", "/bar", "/x", "/bar/x"), ("/foo", "/bar/", "/foo/x", "/bar/x"),
    ])
    func `a prefix is replaced and what follows it stays`(prefix: String, new: String, path: String, expected: String) {
        let rule = ProxyRule(owner: "test", created: .epoch, order: 0, path: .prefix(prefix))
        #expect(rule.changed(path, by: .prefix(new)) == expected)
    }

    @Test func `a host is read without port and case`() {
        #expect(
            ["Shop.Example:8080", "shop.example.", "[::1]:80", ""].map(ProxyFront.host) == ["shop.example", "shop.example", "[::1]", ""])
    }

    @Test func `the name of a Service comes after rules of its host and before those of all hosts`() {
        let plan = IngressPlan([ingress("web", defaultBackend: "other", ("cart.shop.localhost", "/own", "Prefix", "own"))])
        var named = ProxyRule(owner: "Service shop/cart", created: .epoch, order: 0, path: .any)
        named.backends = [ProxyRule.Backend(service: ObjectKey(namespace: "shop", name: "cart"), port: .web)]
        func service(_ path: String, _ named: ProxyRule?) -> String? {
            ProxyTable(plan.rules).rule(for: request(path), host: "web.shop.localhost", named: named)?.backends.first?.service.name
        }
        #expect(service("/", named) == "cart" && service("/", nil) == "other")
        let own = ProxyTable(plan.rules).rule(for: request("/own"), host: "cart.shop.localhost", named: named)
        #expect(own?.backends.first?.service.name == "own")
    }
}
