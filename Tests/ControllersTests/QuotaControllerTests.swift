import API
import Machinery
import TestSupport
import Testing

/// The controller of quotas with the API server that charges them.
@Suite struct QuotaControllerTests {
    /// Source: the life of a custom resource in test/e2e/apimachinery/resource_quota.go of Kubernetes.
    @Test func `custom resources are counted, and given back when they go`() async throws {
        try await TestControlPlane.with(nodes: 0) { plane in
            let server: TestServer = plane.server
            let definition = """
                metadata: {name: things.q.example.com}
                spec:
                  group: q.example.com
                  scope: Namespaced
                  names: {plural: things, kind: Thing}
                  versions:
                  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
                """
            try await plane.create(CustomResourceDefinition.self, definition)
            let things = "/apis/q.example.com/v1/namespaces/default/things"
            try await eventually("things are served") { try await server.ask("GET", things).code == 200 }
            try await plane.create(ResourceQuota.self, "metadata: {name: q}\nspec: {hard: {count/things.q.example.com: 1}}")
            func isUsed(_ count: Int64) async throws {
                try await plane.eventually("\(count) things", ResourceQuota.self, "q") {
                    $0.status.used["count/things.q.example.com"] == Quantity(count)
                }
            }
            func make(_ name: String) async throws -> Int {
                let thing: JSON = ["apiVersion": "q.example.com/v1", "kind": "Thing", "metadata": ["name": .string(name)]]
                return try await server.ask("POST", things, thing).code
            }
            try await isUsed(0)
            #expect(try await make("a") == 201)
            try await isUsed(1)
            #expect(try await make("b") == 403)
            try await server.ask("DELETE", things + "/a")
            try await isUsed(0)
            #expect(try await make("b") == 201)
        }
    }
}
