import API
import APIServer
import Machinery
import TestSupport
import Testing

/// Scale, binding, eviction, tokens: parts of objects with paths of their own.
@Suite struct ServerSubresourceTests {
    static func binding(_ pod: String, to node: String) -> JSON {
        ["apiVersion": "v1", "kind": "Binding", "metadata": ["name": .string(pod)], "target": ["kind": "Node", "name": .string(node)]]
    }

    @Test func `scale shows and sets the number of replicas`() async throws {
        let server = try await TestServer()
        try await server.ask("POST", Place.deployments, Sample.deployment("web", replicas: 2))
        var scale: JSON = try await server.ask("GET", Place.deployments + "/web/scale").json
        #expect(scale["kind"] == "Scale" && scale["apiVersion"] == "autoscaling/v1")
        #expect(scale["spec"] == ["replicas": 2] && scale["status"] == ["replicas": 0, "selector": "app=web"])
        let table: TestServer.Reply = try await server.ask(
            "GET", Place.deployments + "/web/scale", accept: "application/json;as=Table;v=v1;g=meta.k8s.io")
        #expect(table["columnDefinitions"]?.array?.map { $0["name"] } == ["Name", "Desired", "Available", "Age"])
        #expect(table["rows"]?.array?.first?["cells"]?.array?.prefix(3) == ["web", 2, 0])
        scale["spec"] = ["replicas": 5]
        #expect(try await server.ask("PUT", Place.deployments + "/web/scale", scale)["spec"] == ["replicas": 5])
        #expect(try await server.ask("PUT", Place.deployments + "/web/scale", scale).code == 409, "its revision is stale now")
        let patched: TestServer.Reply = try await server.ask(
            "PATCH", Place.deployments + "/web/scale", ["spec": ["replicas": 7]], type: .mergePatch)
        #expect(patched["spec"] == ["replicas": 7])
        let web: TestServer.Reply = try await server.ask("GET", Place.deployments + "/web")
        #expect(web["spec", "replicas"] == 7 && web["metadata", "generation"] == 3)
        let refused: TestServer.Reply = try await server.ask(
            "PATCH", Place.deployments + "/web/scale", ["spec": ["replicas": -1]], type: .mergePatch)
        #expect(refused.code == 422)
        #expect(
            refused["message"]
                == #"Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0"#)
    }

    @Test func `an apply of a scale owns the number in the object`() async throws {
        let server = try await TestServer()
        try await server.ask("POST", Place.deployments + "?fieldManager=maker", Sample.deployment("web"))
        func apply(_ manager: String, _ replicas: JSON, _ more: String = "") async throws -> TestServer.Reply {
            try await server.ask(
                "PATCH", Place.deployments + "/web/scale?fieldManager=" + manager + more,
                ["apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": ["name": "web"], "spec": ["replicas": replicas]],
                type: .applyYAML)
        }
        let conflict: TestServer.Reply = try await apply("scaler", 5)
        #expect(conflict.code == 409)
        #expect(conflict["message"]?.string?.contains(#"Apply failed with 1 conflict: conflict with "maker""#) == true, "\(conflict)")
        let forced: TestServer.Reply = try await apply("scaler", 5, "&force=true")
        #expect(forced["kind"] == "Scale" && forced["spec"] == ["replicas": 5], "\(forced)")
        let deployment: TestServer.Reply = try await server.ask("GET", Place.deployments + "/web")
        let owner: JSON? = (deployment["metadata", "managedFields"]?.array ?? []).first { $0["manager"] == "scaler" }
        #expect(deployment["spec", "replicas"] == 5)
        #expect(owner?["subresource"] == "scale" && owner?["operation"] == "Apply" && owner?["apiVersion"] == "apps/v1")
        #expect(owner?["fieldsV1"] == ["f:spec": ["f:replicas": [:]]])
    }

    @Test func `a pod is bound once`() async throws {
        let server = try await TestServer()
        try await server.ask("POST", Place.pods, Sample.pod("p"))
        let bound: TestServer.Reply = try await server.ask("POST", Place.pods + "/p/binding", Self.binding("p", to: "n1"))
        #expect(bound.code == 201 && bound["status"] == "Success")
        let pod: TestServer.Reply = try await server.ask("GET", Place.pods + "/p")
        #expect(pod["spec", "nodeName"] == "n1" && pod["metadata", "generation"] == 1)
        let owners: [JSON] = pod["metadata", "managedFields"]?.array ?? []
        #expect(!owners.contains { $0["subresource"] == "binding" })
        let condition: JSON = try #require(pod["status", "conditions"]?.array?.first)
        #expect(condition["type"] == "PodScheduled" && condition["status"] == "True")
        let again: TestServer.Reply = try await server.ask("POST", Place.pods + "/p/binding", Self.binding("p", to: "n2"))
        #expect(again.code == 409)
        #expect(
            again["message"] == #"Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n1""#)
        #expect(try await server.ask("POST", Place.pods + "/nope/binding", Self.binding("nope", to: "n1")).code == 404)
        try await server.ask("POST", Place.pods, Sample.pod("q"))
        #expect(try await server.ask("POST", Place.pods + "/q/binding", Self.binding("q", to: "No_Node")).code == 422)
        var gated: JSON = Sample.pod("gated")
        gated[["spec", "schedulingGates"]] = [["name": "example.com/wait"]]
        try await server.ask("POST", Place.pods, gated)
        let refused: TestServer.Reply = try await server.ask("POST", Place.pods + "/gated/binding", Self.binding("gated", to: "n1"))
        #expect(refused.code == 409)
        #expect(
            refused["message"]
                == #"Operation cannot be fulfilled on pods/binding "gated": pod gated has non-empty .spec.schedulingGates"#)
    }

    static func eviction(_ pod: String) -> JSON {
        ["apiVersion": "policy/v1", "kind": "Eviction", "metadata": ["name": .string(pod), "namespace": "default"]]
    }

    @Test func `an eviction without a budget is a delete`() async throws {
        let server = try await TestServer()
        try await server.ask("POST", Place.pods, Sample.pod("p"))
        let evicted: TestServer.Reply = try await server.ask("POST", Place.pods + "/p/eviction", Self.eviction("p"))
        #expect(evicted.code == 201 && evicted["status"] == "Success")
        #expect(try await server.ask("GET", Place.pods + "/p").code == 404)
    }

    @Test func `a budget pays for evictions until it is spent`() async throws {
        let server = try await TestServer()
        for name in ["a", "b"] {
            try await server.ask("POST", Place.pods, Sample.pod(name, labels: ["app": "web"]))
            try await server.ask("POST", Place.pods + "/\(name)/binding", Self.binding(name, to: "n1"))
            try await server.ask(
                "PATCH", Place.pods + "/\(name)/status",
                ["status": ["phase": "Running", "conditions": [["type": "Ready", "status": "True"]]]])
        }
        let budget: JSON = [
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": ["name": "web"],
            "spec": ["minAvailable": 1, "selector": ["matchLabels": ["app": "web"]]],
        ]
        try await server.ask("POST", Place.budgets, budget)
        let early: TestServer.Reply = try await server.ask("POST", Place.pods + "/a/eviction", Self.eviction("a"))
        #expect(early.code == 429 && early["details", "retryAfterSeconds"] == 10)
        #expect(
            early["details", "causes"]
                == [["reason": "DisruptionBudget", "message": "The disruption budget web is still being processed by the server."]])
        try await server.ask(
            "PATCH", Place.budgets + "/web/status",
            ["status": ["observedGeneration": 1, "disruptionsAllowed": 1, "currentHealthy": 2, "desiredHealthy": 1, "expectedPods": 2]],
            type: .mergePatch)
        #expect(try await server.ask("POST", Place.pods + "/a/eviction?dryRun=All", Self.eviction("a")).code == 201)
        #expect(try await server.ask("POST", Place.pods + "/a/eviction", Self.eviction("a")).code == 201)
        #expect(try await server.ask("GET", Place.pods + "/a")["metadata", "deletionTimestamp"] != nil)
        let spent: TestServer.Reply = try await server.ask("GET", Place.budgets + "/web")
        #expect(spent["status", "disruptionsAllowed"] == 0 && spent["status", "disruptedPods", "a"] != nil)
        let refused: TestServer.Reply = try await server.ask("POST", Place.pods + "/b/eviction", Self.eviction("b"))
        #expect(refused.code == 429 && refused["reason"] == "TooManyRequests")
        #expect(refused["message"] == "Cannot evict pod as it would violate the pod's disruption budget.")
        #expect(
            refused["details", "causes"]
                == [["reason": "DisruptionBudget", "message": "The disruption budget web needs 1 healthy pods and has 2 currently"]])
    }

    @Test func `a token speaks for its service account until it expires or the account goes`() async throws {
        let server = try await TestServer()
        let path = "/api/v1/namespaces/default/serviceaccounts/default/token"
        let made: TestServer.Reply = try await server.ask(
            "POST", path, ["apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": ["expirationSeconds": 600]])
        #expect(made.code == 201, "\(made)")
        #expect(made["status", "expirationTimestamp"] == "2026-06-01T12:10:00Z")
        let token: String = try #require(made["status", "token"]?.string)
        let user: UserInfo = try server.server.tokens.owner(of: token, at: server.clock.time).user
        #expect(user.name == "system:serviceaccount:default:default")
        #expect(user.groups == ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"])
        #expect(throws: TokenError.self) { try server.server.tokens.owner(of: token + "x", at: server.clock.time) }
        #expect(throws: TokenError.self) { try server.server.tokens.owner(of: token, at: server.clock.time + .seconds(600)) }
        try await server.ask("DELETE", "/api/v1/namespaces/default/serviceaccounts/default")
        #expect(throws: TokenError.self) { try server.server.tokens.owner(of: token, at: server.clock.time) }
        let short: TestServer.Reply = try await server.ask(
            "POST", "/api/v1/namespaces/kube-system/serviceaccounts/nope/token",
            ["apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest"])
        #expect(short.code == 404)
    }

    @Test func `a pod gets its service account and a token's volume`() async throws {
        let server = try await TestServer()
        let pod: TestServer.Reply = try await server.ask("POST", Place.pods, Sample.pod("p"))
        #expect(pod["spec", "serviceAccountName"] == "default" && pod["spec", "serviceAccount"] == "default")
        let volume: JSON = try #require(pod["spec", "volumes"]?.array?.first)
        #expect(volume["name"]?.string?.hasPrefix("kube-api-access-") == true)
        let container: JSON = try #require(pod["spec", "containers"]?.array?.first)
        #expect(container["volumeMounts"]?.array?.first?["mountPath"] == "/var/run/secrets/kubernetes.io/serviceaccount")
        #expect(pod["status", "phase"] == "Pending" && pod["status", "qosClass"] == "BestEffort")
        #expect(pod["spec", "tolerations"]?.array?.count == 2 && pod["spec", "priority"] == 0)
    }
}
