import API
import Machinery
import TestSupport
import Testing

/// The definitions of the Gateway API as the server takes them, and what they refuse. Outside source: the standard channel of the
/// Gateway API, whose messages these are.
@Suite struct GatewaySchemaTests {
    @Test func `gateways and routes that contradict themselves are refused in the specification's words`() async throws {
        let server = try await TestServer()
        let definitions: [View<CustomResourceDefinition>] = GatewayDefinitions.all()
        #expect(definitions.count == 4)
        for definition in definitions {
            let made: TestServer.Reply = try await server.define(definition.json)
            #expect(made.code == 201, "\(made)")
        }
        func send(_ plural: String, _ kind: String, _ spec: JSON) async throws -> (code: Int, messages: [String]) {
            let reply: TestServer.Reply = try await server.ask(
                "POST", "/apis/gateway.networking.k8s.io/v1/namespaces/default/\(plural)",
                [
                    "apiVersion": "gateway.networking.k8s.io/v1", "kind": .string(kind), "metadata": ["generateName": "one-"], "spec": spec,
                ])
            let causes: [JSON] = reply["details", "causes"]?.array ?? []
            return (reply.code, causes.compactMap { $0["message"]?.string?.split(separator: ": ").last.map(String.init) })
        }
        let http: JSON = ["name": "a", "port": 80, "protocol": "HTTP"]
        let backends: JSON = [["name": "web", "port": 80]]
        let good: JSON = [
            "parentRefs": [["name": "g", "sectionName": "a"], ["name": "g", "sectionName": "b"]],
            "rules": [
                [
                    "matches": [["path": ["type": "PathPrefix", "value": "/x"]]], "backendRefs": backends,
                    "filters": [
                        ["type": "URLRewrite", "urlRewrite": ["path": ["type": "ReplacePrefixMatch", "replacePrefixMatch": "/y"]]]
                    ],
                    "timeouts": ["request": "10s", "backendRequest": "2s"],
                ]
            ],
        ]
        #expect(try await send("httproutes", "HTTPRoute", good).code == 201)
        #expect(try await send("gateways", "Gateway", ["gatewayClassName": "c", "listeners": [http]]).code == 201)

        let gateway: JSON = [
            "gatewayClassName": "c",
            "listeners": [
                http, ["name": "b", "port": 80, "protocol": "HTTP"], ["name": "c", "port": 443, "protocol": "HTTPS", "tls": [:]],
            ],
        ]
        let refusedGateway: (code: Int, messages: [String]) = try await send("gateways", "Gateway", gateway)
        #expect(
            refusedGateway.messages == [
                "Combination of port, protocol and hostname must be unique for each listener",
                "certificateRefs or options must be specified when mode is Terminate",
            ])

        let route: JSON = [
            "rules": [
                [
                    "matches": [["path": ["type": "Exact", "value": "x"]]], "backendRefs": [["name": "web"]],
                    "filters": [["type": "RequestRedirect", "requestRedirect": [:]], ["type": "URLRewrite"]],
                    "timeouts": ["request": "1s", "backendRequest": "2s"],
                ]
            ]
        ]
        let refused: (code: Int, messages: [String]) = try await send("httproutes", "HTTPRoute", route)
        #expect(
            Set(refused.messages) == [
                "RequestRedirect filter must not be used together with backendRefs", "Must have port for Service reference",
                "May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both",
                "filter.urlRewrite must be specified for URLRewrite filter.type",
                "value must be an absolute path and start with '/' when type one of ['Exact', 'PathPrefix']",
                "backendRequest timeout cannot be longer than request timeout",
            ])
    }
}
