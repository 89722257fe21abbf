import API
import Client
import Cluster
import HTTP
import Machinery
import Synchronization
import TestSupport
import Testing

@testable import APIServer

/// Requests that another API server answers. Outside source: "Configure the Aggregation Layer" of the Kubernetes documentation and the
/// texts of k8s.io/kube-aggregator.
struct AggregationTests {
    /// An extension server in this process that serves `flunders`, and knows front proxies by their authority.
    private final class Extension: Sendable {
        let server: HTTPServer
        let caBundle: String
        /// The user, groups and path of each request.
        private let heard: Heard

        final class Heard: Sendable {
            let requests = Mutex<[(user: String, groups: [String], line: String)]>([])
        }

        init(trusting front: CertificateAuthority) async throws {
            let authority = try CertificateAuthority.generate()
            let certificate: IssuedCertificate = try authority.issueServer(names: ["wardle.default.svc"], addresses: ["127.0.0.1"])
            caBundle = Base64Text.encode(Array(authority.certificatePEM.utf8))
            let tls = TLSServerConfiguration(
                certificateChainPEM: certificate.certificatePEM, privateKeyPEM: certificate.keyPEM, clientCAPEM: front.certificatePEM)
            let heard = Heard()
            self.heard = heard
            server = try await HTTPServer(tls: tls) { request, exchange in
                guard request.peer?.commonName == "front-proxy-client" else { return exchange.respond(401, [:], []) }
                heard.requests.withLock {
                    $0.append(
                        (
                            request.headers["x-remote-user"] ?? "", request.headers.all("x-remote-group"),
                            request.method + " " + request.path + (request.query.map { "?" + $0 } ?? "")
                        ))
                }
                let answer: JSON =
                    switch request.path {
                    case "/apis/wardle.example.com/v1alpha1":
                        [
                            "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "wardle.example.com/v1alpha1",
                            "resources": [
                                [
                                    "name": "flunders", "singularName": "flunder", "namespaced": true, "kind": "Flunder",
                                    "verbs": ["get", "list"],
                                ],
                                ["name": "flunders/status", "singularName": "", "namespaced": true, "kind": "Flunder", "verbs": ["get"]],
                            ],
                        ]
                    case "/openapi/v2":
                        ["swagger": "2.0", "paths": ["/apis/wardle.example.com/": [:]], "definitions": ["wardle.Flunder": [:]]]
                    default: ["kind": "FlunderList", "apiVersion": "wardle.example.com/v1alpha1", "items": []]
                    }
                exchange.respond(200, ["Content-Type": "application/json", "X-From": "wardle"], answer.serialized())
            }
        }

        var requests: [(user: String, groups: [String], line: String)] { heard.requests.withLock { $0 } }
    }

    private let path = "/apis/wardle.example.com/v1alpha1/namespaces/default/flunders"

    private func service(_ wardle: Extension) -> JSON {
        [
            "metadata": ["name": "v1alpha1.wardle.example.com"],
            "spec": [
                "group": "wardle.example.com", "version": "v1alpha1", "groupPriorityMinimum": 2000, "versionPriority": 200,
                "service": ["namespace": "default", "name": "wardle", "port": 443], "caBundle": .string(wardle.caBundle),
            ],
        ]
    }

    private func publish(_ wardle: Extension, _ server: TestServer) async throws {
        try await server.ask(
            "POST", "/api/v1/namespaces/default/services",
            ["metadata": ["name": "wardle"], "spec": ["ports": [["port": 443, "targetPort": .int(Int64(wardle.server.port))]]]])
        try await server.ask(
            "POST", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
            [
                "metadata": ["name": "wardle-1", "labels": ["kubernetes.io/service-name": "wardle"]], "addressType": "IPv4",
                "endpoints": [["addresses": ["127.0.0.1"]]], "ports": [["name": "", "port": .int(Int64(wardle.server.port))]],
            ])
    }

    private func conditions(_ server: TestServer) async throws -> JSON? {
        try await server.ask("GET", "/apis/apiregistration.k8s.io/v1/apiservices/v1alpha1.wardle.example.com").json[
            ["status", "conditions"]]?.array?.first
    }

    @Test func `requests, discovery and conditions go through an extension server`() async throws {
        let authority = try CertificateAuthority.generate(commonName: "front-proxy-ca")
        let client: IssuedCertificate = try authority.issueClient(commonName: "front-proxy-client", organizations: [])
        let wardle = try await Extension(trusting: authority)
        let server = try await TestServer { configuration, _ in
            configuration.frontProxy = FrontProxy(
                caPEM: authority.certificatePEM, certificatePEM: client.certificatePEM, keyPEM: client.keyPEM)
        }
        let run = Task {
            await server.server.aggregation.run { name, condition in
                _ = try? await server.ask(
                    "PATCH", "/apis/apiregistration.k8s.io/v1/apiservices/\(name)/status", ["status": ["conditions": [condition]]],
                    type: .mergePatch)
            }
        }
        defer { run.cancel() }
        let made = try await server.ask("POST", "/apis/apiregistration.k8s.io/v1/apiservices", service(wardle))
        #expect(made.code == 201)
        try await eventually("the missing Service is told") {
            try await conditions(server)?["message"] == "service/wardle in \"default\" is not present"
        }
        try await TestFront.with(server) { front in
            #expect(try await front.send("GET", path).status == 503)
            try await publish(wardle, server)
            try await eventually("it is available") {
                let condition: JSON? = try await conditions(server)
                return condition?["status"] == "True" && condition?["reason"] == "Passed" && condition?["message"] == "all checks passed"
            }
            let answer: HTTPResponse = try await front.send(
                "GET", path + "?limit=5", ["X-Remote-User": "mallory", "X-Remote-Group": "root"])
            #expect(answer.status == 200)
            #expect(answer.headers["x-from"] == "wardle")
            #expect(try JSON(parsing: answer.body)["kind"] == "FlunderList")
            let asked = try #require(wardle.requests.last)
            #expect(asked.line == "GET \(path)?limit=5")
            #expect(asked.user != "mallory" && !asked.groups.contains("root") && !asked.user.isEmpty)

            let flunders = GroupVersionResource(group: "wardle.example.com", version: "v1alpha1", resource: "flunders")
            let fromInside: JSON = try await server.client.send(APIRequest(.list, flunders, namespace: "default"))
            #expect(fromInside["kind"] == "FlunderList" && wardle.requests.last?.user == "system:test")

            let groups: JSON = try await server.document("/apis")
            #expect(groups["groups"]?.array?.contains { $0["name"] == "wardle.example.com" } == true)
            let group: JSON = try await server.document("/apis/wardle.example.com")
            #expect(group[["preferredVersion", "groupVersion"]] == "wardle.example.com/v1alpha1")
            let all: JSON = try await server.document(
                "/apis", accept: "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
            let ours: JSON? = all["items"]?.array?.first { $0[["metadata", "name"]] == "wardle.example.com" }
            let resource: JSON? = ours?["versions"]?.array?.first?["resources"]?.array?.first
            #expect(resource?["resource"] == "flunders" && resource?["scope"] == "Namespaced")
            #expect(resource?["subresources"]?.array?.first?["subresource"] == "status")
            let swagger: JSON = try await server.document("/openapi/v2")
            #expect(swagger[["definitions", "wardle.Flunder"]] != nil && swagger[["definitions", "io.k8s.api.core.v1.Pod"]] != nil)
            #expect(try await server.document("/openapi/v3")[["paths", "apis/wardle.example.com/v1alpha1"]] != nil)
        }
        await wardle.server.shutdown(grace: .zero)
    }
}
