import API
import Machinery
import TestSupport
import Testing

/// Mutating admission policies. Outside source: "Mutating Admission Policy" of the Kubernetes documentation.
@Suite struct MutatingPolicyTests {
    private static let policies = AdmissionPolicyTests.root + "mutatingadmissionpolicies"
    private static let bindings = AdmissionPolicyTests.root + "mutatingadmissionpolicybindings"
    private static let creations: JSON = [
        "resourceRules": [["apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods", "configmaps"]]]
    ]

    private func enforce(
        _ server: TestServer, _ name: String, _ mutations: JSON, _ more: JSON = [:], constraints: JSON = Self.creations
    ) async throws {
        var spec: JSON = ["matchConstraints": constraints, "reinvocationPolicy": "Never", "mutations": mutations]
        for member in more.object?.members ?? [] { spec[member.key] = member.value }
        let made: TestServer.Reply = try await server.ask(
            "POST", Self.policies, AdmissionPolicyTests.policy(name, spec, kind: "MutatingAdmissionPolicy"))
        try #require(made.code == 201 && made.warnings.isEmpty, "\(made)")
        let bound: TestServer.Reply = try await server.ask(
            "POST", Self.bindings,
            AdmissionPolicyTests.policy(name + "-binding", ["policyName": .string(name)], kind: "MutatingAdmissionPolicyBinding"))
        try #require(bound.code == 201 && bound.warnings.isEmpty, "\(bound)")
    }

    private func apply(_ expression: String) -> JSON {
        [["patchType": "ApplyConfiguration", "applyConfiguration": ["expression": .string(expression)]]]
    }

    private func patch(_ expression: String) -> JSON { [["patchType": "JSONPatch", "jsonPatch": ["expression": .string(expression)]]] }

    @Test func `a sidecar is added as an apply would`() async throws {
        let server = try await TestServer()
        try await enforce(
            server, "sidecar",
            apply(
                """
                Object{
                  spec: Object.spec{
                    initContainers: [
                      Object.spec.initContainers{name: "mesh-proxy", image: "mesh/proxy:v1.0.0", args: ["proxy", "sidecar"], restartPolicy: "Always"}
                    ]
                  },
                  metadata: Object.metadata{labels: Object.metadata.labels{mesh: "yes"}}
                }
                """),
            [
                "matchConditions": [
                    ["name": "none-yet", "expression": "!object.spec.?initContainers.orValue([]).exists(c, c.name == 'mesh-proxy')"]
                ]
            ],
            constraints: ["resourceRules": [["apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]]]])
        let refused: TestServer.Reply = try await server.ask("POST", Place.pods, Sample.pod("web", labels: ["app": "web"]))
        // A list that is owned as a whole may not be set in part.
        #expect(refused.code == 403 && refused["reason"] == "Invalid", "\(refused)")
        #expect(
            refused["message"]?.string
                == "policy 'sidecar' with binding 'sidecar-binding' denied request: error applying patch: invalid ApplyConfiguration: may not "
                + "mutate atomic arrays, maps or structs: .spec.initContainers[0].args", "\(refused)")
        try await server.ask("DELETE", Self.policies + "/sidecar")
        try await server.ask("DELETE", Self.bindings + "/sidecar-binding")
        try await enforce(
            server, "sidecar",
            apply(
                "Object{spec: Object.spec{initContainers: [Object.spec.initContainers{name: 'mesh-proxy', image: 'mesh/proxy:v1.0.0', restartPolicy: 'Always'}]}, metadata: Object.metadata{labels: Object.metadata.labels{mesh: 'yes'}}}"
            ))
        let made: TestServer.Reply = try await server.ask("POST", Place.pods, Sample.pod("web", labels: ["app": "web"]))
        #expect(made.code == 201, "\(made)")
        #expect(made["metadata", "labels"] == ["app": "web", "mesh": "yes"])
        #expect(made["spec", "initContainers"]?.array?.first?["image"] == "mesh/proxy:v1.0.0")
        #expect(made["spec", "initContainers"]?.array?.first?["imagePullPolicy"] == "IfNotPresent")
        #expect(made["spec", "containers"]?.array?.count == 1)
    }

    @Test func `JSON patches are made from expressions`() async throws {
        let server = try await TestServer()
        try await enforce(
            server, "patch",
            patch(
                """
                [
                  JSONPatch{op: "test", path: "/data/key", value: "value"},
                  JSONPatch{op: "add", path: "/metadata/annotations", value: {"who": request.userInfo.username}},
                  JSONPatch{
                    op: "add", path: "/metadata/annotations/" + jsonpatch.escapeKey("example.com/name"), value: object.metadata.name + "!"
                  }
                ]
                """))
        let made: TestServer.Reply = try await server.ask("POST", Place.configMaps, Sample.configMap("m"))
        #expect(made["data"] == ["key": "value"])
        #expect(made["metadata", "annotations"] == ["who": "system:test", "example.com/name": "m!"], "\(made)")
        let refused: TestServer.Reply = try await server.ask("POST", Place.configMaps, Sample.configMap("n", data: ["key": "other"]))
        #expect(refused.code == 403 && refused["message"]?.string?.contains("denied request: JSON Patch: ") == true, "\(refused)")
    }

    @Test func `a policy runs once more when others changed the object behind it`() async throws {
        let server = try await TestServer()
        try await enforce(
            server, "a-count", apply("Object{data: Object.data{count: string(size(object.data))}}"), ["reinvocationPolicy": "IfNeeded"])
        try await enforce(server, "b-more", apply("Object{data: Object.data{more: 'yes'}}"))
        let made: TestServer.Reply = try await server.ask("POST", Place.configMaps, Sample.configMap("m"))
        #expect(made["data"] == ["key": "value", "count": "3", "more": "yes"], "\(made)")
    }

    @Test func `types must be named for the fields that they stand in`() async throws {
        let server = try await TestServer()
        try await enforce(server, "wrong", apply("Object{data: Object.spec{a: 'b'}}"), ["failurePolicy": "Fail"])
        let refused: TestServer.Reply = try await server.ask("POST", Place.configMaps, Sample.configMap("m"))
        #expect(
            refused["message"]?.string?.hasSuffix(
                "type mismatch: unexpected type name \"Object.spec\", expected \"Object.data\", which matches field name path from root Object type"
            )
                == true, "\(refused)")
        try await server.ask("PATCH", Self.policies + "/wrong", ["spec": ["failurePolicy": "Ignore"]])
        #expect(try await server.ask("POST", Place.configMaps, Sample.configMap("m"))["data"] == ["key": "value"])
        let bad: TestServer.Reply = try await server.ask(
            "POST", Self.policies,
            AdmissionPolicyTests.policy(
                "bad", ["matchConstraints": Self.creations, "reinvocationPolicy": "Never", "mutations": apply("{'a': 1}")],
                kind: "MutatingAdmissionPolicy"))
        #expect(bad["message"]?.string?.contains("must evaluate to Object") == true, "\(bad)")
    }
}
