import API
import Client
import HTTP
import Machinery
import TestSupport
import Testing

extension EndToEnd {
    /// Gateways of a cluster, as clients on the host meet them.
    @Suite struct GatewayTests {
        @Test func `a gateway leads by its routes to services`() async throws {
            try await TestCluster.with { cluster in
                let client: Client = cluster.client
                for name in ["web", "cart"] { try await IngressTests.deploy(name, client) }
                try await eventually("the kinds are there") {
                    try await client.find(GatewayClass.self, ObjectKey(namespace: "", name: "swkube"))?.json[["status", "conditions"]]
                        != nil
                }
                try await client.create(
                    Gateway.new("front", namespace: "default") {
                        $0.json["spec"] = [
                            "gatewayClassName": "swkube", "listeners": [["name": "http", "port": 8080, "protocol": "HTTP"]],
                        ]
                    })
                let rules: JSON = [
                    [
                        "matches": [["path": ["type": "PathPrefix", "value": "/cart"]]],
                        "filters": [
                            ["type": "URLRewrite", "urlRewrite": ["path": ["type": "ReplacePrefixMatch", "replacePrefixMatch": "/x"]]],
                            [
                                "type": "RequestHeaderModifier",
                                "requestHeaderModifier": ["set": [["name": "X-Set", "value": "1"]], "remove": ["X-Gone"]],
                            ],
                            [
                                "type": "ResponseHeaderModifier",
                                "responseHeaderModifier": ["add": [["name": "X-Answer", "value": "2"]]],
                            ],
                        ],
                        "backendRefs": [["name": "cart", "port": 80]],
                    ],
                    [
                        "matches": [["path": ["type": "PathPrefix", "value": "/old"]]],
                        "filters": [
                            [
                                "type": "RequestRedirect",
                                "requestRedirect": [
                                    "statusCode": 301, "path": ["type": "ReplacePrefixMatch", "replacePrefixMatch": "/new"],
                                ],
                            ]
                        ],
                    ],
                    [
                        "matches": [["path": ["type": "PathPrefix", "value": "/split"]]],
                        "backendRefs": [["name": "web", "port": 80, "weight": 3], ["name": "cart", "port": 80, "weight": 1]],
                    ],
                    [
                        "matches": [["path": ["type": "Exact", "value": "/slow"]]], "timeouts": ["request": "500ms"],
                        "backendRefs": [["name": "web", "port": 80]],
                    ],
                    [
                        "matches": [["path": ["type": "PathPrefix", "value": "/flaky"]]],
                        "retry": ["codes": [503], "attempts": 2, "backoff": "10ms"],
                        "backendRefs": [
                            [
                                "name": "web", "port": 80,
                                "filters": [
                                    [
                                        "type": "RequestHeaderModifier",
                                        "requestHeaderModifier": ["set": [["name": "X-Backend", "value": "web"]]],
                                    ]
                                ],
                            ]
                        ],
                    ],
                    ["matches": [["path": ["type": "Exact", "value": "/broken"]]], "backendRefs": [["name": "nobody", "port": 80]]],
                ]
                try await client.create(
                    HTTPRoute.new("shop", namespace: "default") {
                        $0.json["spec"] = ["parentRefs": [["name": "front"]], "hostnames": ["shop.test"], "rules": rules]
                    })
                let key = ObjectKey(namespace: "default", name: "front")
                let status: JSON = try await eventually("the gateway is programmed, with its route") {
                    try await client.get(Gateway.self, key).json["status"] ?? [:]
                } until: {
                    $0["listeners"]?.array?.first?["attachedRoutes"]?.int == 1
                        && $0["conditions"]?.array?.contains { $0["type"]?.string == "Programmed" && $0["status"]?.string == "True" }
                            == true
                }
                let address: String = try #require(status["addresses"]?.array?.first?["value"]?.string)
                func ask(_ path: String, host: String = "shop.test") async throws -> (Int, [String], HTTPHeaders) {
                    let http = HTTPClient(HTTPClientConfiguration(host: address, port: 8080, tls: nil))
                    defer { http.shutdown() }
                    let answer: HTTPResponse = try await http.send(
                        HTTPClientRequest(target: path, headers: ["Host": host, "X-Gone": "1"], timeout: .seconds(10)))
                    let lines: [Substring] = String(decoding: answer.body, as: UTF8.self).split(separator: "\n")
                    return (answer.status, lines.map(String.init), answer.headers)
                }
                try await eventually("it leads on") { try await ask("/cart/1").0 == 200 }
                let cart = try await ask("/cart/1")
                #expect(cart.1.starts(with: ["cart", "GET /x/1"]) && cart.1.contains("x-set: 1") && !cart.1.contains("x-gone: 1"))
                #expect(cart.2["x-answer"] == "2")
                let moved = try await ask("/old/a?b")
                #expect(moved.0 == 301 && moved.2["location"] == "http://shop.test:8080/new/a?b")
                var counts: [String: Int] = [:]
                for _ in 0..<8 { counts[try await ask("/split").1.first ?? "", default: 0] += 1 }
                #expect(counts == ["web": 6, "cart": 2])
                #expect(try await ask("/slow").0 == 504)
                let tried = try await ask("/flaky")
                #expect(tried.0 == 200 && tried.1.contains("x-backend: web"), "\(tried)")
                #expect(try await ask("/broken").0 == 500)
                #expect(try await ask("/cart", host: "other.test").0 == 404)
                // The route as a whole takes five requests a second.
                try await client.create(
                    HTTPRoute.new("few", namespace: "default") {
                        $0.metadata.annotations = ["swkube.dev/rate-limit": "5"]
                        $0.json["spec"] = [
                            "parentRefs": [["name": "front"]], "hostnames": ["few.test"],
                            "rules": [["backendRefs": [["name": "web", "port": 80]]]],
                        ]
                    })
                try await eventually("the second route leads on") { try await ask("/", host: "few.test").0 == 200 }
                var answers: Set<Int> = []
                for _ in 0..<30 { answers.insert(try await ask("/", host: "few.test").0) }
                #expect(answers == [200, 429] || answers == [429])
                let route: View<HTTPRoute> = try await client.get(HTTPRoute.self, ObjectKey(namespace: "default", name: "shop"))
                let conditions: JSON? = route.json[["status", "parents"]]?.array?.first?["conditions"]
                #expect(
                    conditions?.array?.map { "\($0["type"]?.string ?? "") \($0["status"]?.string ?? "") \($0["reason"]?.string ?? "")" }
                        == [
                            "Accepted True Accepted", "ResolvedRefs False BackendNotFound",
                        ])
            }
        }
    }
}
