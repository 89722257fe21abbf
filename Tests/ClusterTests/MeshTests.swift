import API
import Client
import Cluster
import HTTP
import Machinery
import Sandbox
import TestSupport
import Testing

extension EndToEnd {
    /// The proxy in front of Services that ask for one, as pods and the host meet it.
    @Suite struct MeshTests {
        @Test func `a service limits its rate, leaves failing endpoints out and notes each hop`() async throws {
            try await TestCluster.with { cluster in
                let client: Client = cluster.client
                try await IngressTests.deploy("web", client)
                let key = ObjectKey(namespace: "default", name: "web")
                func annotate(_ name: String, _ value: JSON) async throws {
                    try await client.patch(Service.self, key, ["metadata": ["annotations": [name: value]]], as: .mergePatch)
                }
                let address: String = try await client.get(Service.self, key).spec.clusterIP
                let network = cluster.cluster.network
                @Sendable func ask(_ path: String = "/hop", _ headers: HTTPHeaders = [:]) async throws -> (status: Int, text: String) {
                    var configuration = HTTPClientConfiguration(host: address, port: 80, tls: nil)
                    configuration.dial = { try await network.connect(address, port: 80) }
                    let http = HTTPClient(configuration)
                    defer { http.shutdown() }
                    let answer: HTTPResponse = try await http.send(
                        HTTPClientRequest(target: path, headers: headers, timeout: .seconds(10)))
                    return (answer.status, String(decoding: answer.body, as: UTF8.self))
                }
                try await eventually("the service answers") { try await ask().status == 200 }
                #expect(try await !ask().text.contains("traceparent"))
                try await annotate("swkube.dev/rate-limit", "2")
                try await eventually("the proxy is in the way") { try await ask().text.contains("traceparent") }
                let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
                // All at once: one after the other they may be slower than the limit, on a machine with other work.
                var statuses: [Int] = []
                try await eventually("some are served and some are too many") {
                    statuses += try await withThrowingTaskGroup(of: Int.self) { group in
                        for _ in 0..<30 { group.addTask { try await ask("/hop", ["traceparent": parent]).status } }
                        return try await group.reduce(into: []) { $0.append($1) }
                    }
                    return statuses.contains(429) && statuses.contains(200)
                }
                try await eventually("a second later there is room again") { try await ask().status == 200 }
                // The hop goes on under the trace of its client.
                let admin: IssuedCertificate = cluster.cluster.credentials.admin
                let api = HTTPClient(
                    HTTPClientConfiguration(
                        host: "127.0.0.1", port: cluster.cluster.port,
                        tls: HTTPClientConfiguration.TLS(
                            caPEM: cluster.cluster.credentials.caPEM, certificatePEM: admin.certificatePEM, keyPEM: admin.keyPEM)))
                defer { api.shutdown() }
                let answer: HTTPResponse = try await api.send(
                    HTTPClientRequest(
                        target: "/api/v1/namespaces/kube-system/services/swkube-traces/proxy/traces?service=default/web",
                        timeout: .seconds(10)))
                #expect(answer.status == 200)
                let spans: JSON = try JSON(parsing: answer.body)
                let mine: [JSON] = spans.array?.filter { $0["trace"]?.string == "0af7651916cd43dd8448eb211c80319c" } ?? []
                #expect(mine.count >= statuses.count)
                #expect(mine.allSatisfy { $0["parent"]?.string == "b7ad6b7169203331" && $0["path"]?.string == "/hop" })
                try await annotate("swkube.dev/rate-limit", .null)
                try await annotate("swkube.dev/retries", "attempts=2,on=503,backoff=10ms")
                try await eventually("what fails twice works at once") {
                    try await ask("/flaky-\(Int.random(in: 0..<1 << 40))").status == 200
                }
                try await annotate("swkube.dev/retries", .null)
                try await eventually("the way is straight again") { try await !ask().text.contains("traceparent") }
            }
        }
    }
}
