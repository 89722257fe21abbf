import API
import Machinery
import TestSupport
import Testing

/// Create, update, patch and dry run against the real server. Outside source: the API conventions of Kubernetes.
@Suite struct ServerWriteTests {
    @Test func `a create fills in what only the server knows`() async throws {
        let server = try await TestServer()
        let made: TestServer.Reply = try await server.ask("POST", Place.deployments, Sample.deployment("web"))
        #expect(made.code == 201)
        #expect(made["metadata", "namespace"] == "default")
        #expect(made["metadata", "creationTimestamp"] == "2026-06-01T12:00:00Z")
        #expect(made["metadata", "generation"] == 1)
        #expect(made["metadata", "uid"]?.string?.count == 36)
        #expect(made.revision > 0)
        #expect(made["spec", "strategy"] == ["type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": "25%", "maxSurge": "25%"]])
        #expect(made["spec", "revisionHistoryLimit"] == 10 && made["spec", "progressDeadlineSeconds"] == 600)
        #expect(made["status"] == [:])
        let read: TestServer.Reply = try await server.ask("GET", Place.deployments + "/web")
        #expect(read.json == made.json)
    }

    @Test func `what a client says about status and server fields of a new object does not count`() async throws {
        let server = try await TestServer()
        var body: JSON = Sample.deployment("web")
        body["status"] = ["replicas": 7]
        body[["metadata", "uid"]] = "mine"
        body[["metadata", "generation"]] = 9
        body[["metadata", "creationTimestamp"]] = "2001-01-01T00:00:00Z"
        body[["metadata", "deletionTimestamp"]] = "2001-01-01T00:00:00Z"
        let made: TestServer.Reply = try await server.ask("POST", Place.deployments, body)
        #expect(made["status"] == [:] && made["metadata", "generation"] == 1 && made["metadata", "deletionTimestamp"] == nil)
        #expect(made["metadata", "uid"] != "mine" && made["metadata", "creationTimestamp"] == "2026-06-01T12:00:00Z")
    }

    @Test func `generateName makes names that differ by five letters`() async throws {
        let server = try await TestServer()
        let body: JSON = ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["generateName": "run-"]]
        var names: Set<String> = []
        for _ in 0..<5 {
            let made: TestServer.Reply = try await server.ask("POST", Place.configMaps, body)
            let name: String = try #require(made["metadata", "name"]?.string)
            #expect(name.hasPrefix("run-") && name.count == 9, "\(name)")
            #expect(made["metadata", "generateName"] == "run-")
            names.insert(name)
        }
        #expect(names.count == 5)
    }

    @Test func `an update needs the newest resourceVersion, or none`() async throws {
        let server = try await TestServer()
        let made: TestServer.Reply = try await server.ask("POST", Place.configMaps, Sample.configMap("a"))
        var next: JSON = made.json
        next["data"] = ["key": "two"]
        let second: TestServer.Reply = try await server.ask("PUT", Place.configMaps + "/a", next)
        #expect(second.code == 200 && second.revision > made.revision)
        #expect(try await server.ask("PUT", Place.configMaps + "/a", next).code == 409, "the first revision is stale now")
        next[["metadata", "resourceVersion"]] = nil
        next["data"] = ["key": "three"]
        #expect(try await server.ask("PUT", Place.configMaps + "/a", next)["data"] == ["key": "three"])
    }

    @Test func `a write that changes nothing keeps the resourceVersion`() async throws {
        let server = try await TestServer()
        let made: TestServer.Reply = try await server.ask("POST", Place.configMaps, Sample.configMap("a"))
        #expect(try await server.ask("PUT", Place.configMaps + "/a", made.json).revision == made.revision)
        let patched: TestServer.Reply = try await server.ask("PATCH", Place.configMaps + "/a", ["data": ["key": "value"]])
        #expect(patched.revision == made.revision)
    }

    @Test func `generation counts changes of the spec only`() async throws {
        let server = try await TestServer()
        try await server.ask("POST", Place.deployments, Sample.deployment("web"))
        func generation(_ patch: JSON, _ part: String = "") async throws -> JSON? {
            try await server.ask("PATCH", Place.deployments + "/web" + part, patch)["metadata", "generation"]
        }
        #expect(try await generation(["metadata": ["labels": ["a": "b"]]]) == 1)
        #expect(try await generation(["spec": ["replicas": 4]]) == 2)
        #expect(try await generation(["status": ["replicas": 4]], "/status") == 2)
    }

    @Test func `status and the rest are written apart`() async throws {
        let server = try await TestServer()
        var object: JSON = try await server.ask("POST", Place.deployments, Sample.deployment("web")).json
        object["status"] = ["replicas": 3, "observedGeneration": 1]
        object[["spec", "replicas"]] = 5
        let status: TestServer.Reply = try await server.ask("PUT", Place.deployments + "/web/status", object)
        #expect(status["status", "replicas"] == 3 && status["spec", "replicas"] == 1)
        object[["metadata", "resourceVersion"]] = nil
        object["status"] = ["replicas": 99]
        let spec: TestServer.Reply = try await server.ask("PUT", Place.deployments + "/web", object)
        #expect(spec["status", "replicas"] == 3 && spec["spec", "replicas"] == 5)
    }

    static let patches: [(APIRequest.ContentType, JSON)] = [
        (.jsonPatch, [["op": "replace", "path": "/data/key", "value": "new"], ["op": "add", "path": "/data/more", "value": "x"]]),
        (.mergePatch, ["data": ["key": "new", "more": "x"]]),
        (.strategicMergePatch, ["data": ["key": "new", "more": "x"]]),
        (.applyYAML, ["apiVersion": "v1", "kind": "ConfigMap", "data": ["key": "new", "more": "x"]]),
    ]

    @Test(arguments: patches) func `four kinds of patch change an object`(_ type: APIRequest.ContentType, _ patch: JSON) async throws {
        let server = try await TestServer()
        try await server.ask("POST", Place.configMaps, Sample.configMap("a"))
        let query = "/a?fieldManager=me&force=\(type == .applyYAML)"
        let reply: TestServer.Reply = try await server.ask("PATCH", Place.configMaps + query, patch, type: type)
        #expect(reply.code == 200, "\(reply)")
        #expect(reply["data"] == ["key": "new", "more": "x"])
    }

    @Test func `a strategic merge finds list elements by their key, a merge patch replaces the list`() async throws {
        let server = try await TestServer()
        try await server.ask("POST", Place.deployments, Sample.deployment("web"))
        let sidecar: JSON = ["spec": ["template": ["spec": ["containers": [["name": "extra", "image": "host/cat"]]]]]]
        func names(_ reply: TestServer.Reply) -> [String] {
            (reply["spec", "template", "spec", "containers"]?.array ?? []).compactMap { $0["name"]?.string }
        }
        #expect(Set(names(try await server.ask("PATCH", Place.deployments + "/web", sidecar))) == ["main", "extra"])
        #expect(names(try await server.ask("PATCH", Place.deployments + "/web", sidecar, type: .mergePatch)) == ["extra"])
    }

    @Test func `an apply makes an object, owns its fields, and another manager's apply conflicts`() async throws {
        let server = try await TestServer()
        func apply(_ value: String, _ manager: String, force: Bool = false) async throws -> TestServer.Reply {
            try await server.ask(
                "PATCH", Place.configMaps + "/a?fieldManager=\(manager)&force=\(force)",
                ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "a"], "data": ["key": .string(value)]], type: .applyYAML)
        }
        #expect(try await apply("one", "ada").code == 201)
        let refused: TestServer.Reply = try await apply("two", "bob")
        #expect(refused.code == 409)
        #expect(refused["message"] == #"Apply failed with 1 conflict: conflict with "ada": .data.key"#)
        let cause: JSON = ["reason": "FieldManagerConflict", "message": #"conflict with "ada""#, "field": ".data.key"]
        #expect(refused["details", "causes"] == [cause])
        let forced: TestServer.Reply = try await apply("two", "bob", force: true)
        #expect(forced["data", "key"] == "two")
        let managers: [JSON] = try #require(forced["metadata", "managedFields"]?.array)
        #expect(managers.contains { $0["manager"] == "bob" && $0["operation"] == "Apply" })
    }

    @Test func `a dry run answers as the real one would and writes nothing`() async throws {
        let server = try await TestServer()
        let made: TestServer.Reply = try await server.ask("POST", Place.configMaps + "?dryRun=All", Sample.configMap("a"))
        #expect(made.code == 201 && made["metadata", "uid"] != nil)
        #expect(try await server.ask("GET", Place.configMaps + "/a").code == 404)

        try await server.ask("POST", Place.configMaps, Sample.configMap("a"))
        #expect(try await server.ask("POST", Place.configMaps + "?dryRun=All", Sample.configMap("a")).code == 409)
        let patched: TestServer.Reply = try await server.ask("PATCH", Place.configMaps + "/a?dryRun=All", ["data": ["key": "new"]])
        #expect(patched["data", "key"] == "new")
        #expect(try await server.ask("DELETE", Place.configMaps + "/a?dryRun=All").code == 200)
        #expect(try await server.ask("GET", Place.configMaps + "/a")["data", "key"] == "value")
    }

    @Test func `unknown and double fields pass, warn or are refused as the client wants`() async throws {
        let server = try await TestServer()
        var body: JSON = Sample.deployment("web")
        body[["spec", "colour"]] = "red"
        let warned: TestServer.Reply = try await server.ask("POST", Place.deployments + "?dryRun=All", body)
        #expect(warned.code == 201 && warned.warnings == [#"unknown field "spec.colour""#], "\(warned)")
        #expect(warned["spec", "colour"] == nil, "unknown fields are pruned")
        let ignored: TestServer.Reply = try await server.ask("POST", Place.deployments + "?dryRun=All&fieldValidation=Ignore", body)
        #expect(ignored.code == 201 && ignored.warnings.isEmpty)
        let refused: TestServer.Reply = try await server.ask("POST", Place.deployments + "?dryRun=All&fieldValidation=Strict", body)
        #expect(refused.code == 400)
        #expect(
            refused["message"]
                == #"Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.colour""#)
    }

    @Test func `a wrong type is refused with the field's name`() async throws {
        let server = try await TestServer()
        var body: JSON = Sample.deployment("web")
        body[["spec", "replicas"]] = "three"
        let reply: TestServer.Reply = try await server.ask("POST", Place.deployments, body)
        #expect(reply.code == 400)
        let message: String = try #require(reply["message"]?.string)
        #expect(
            message == "Deployment in version \"v1\" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field "
                + "DeploymentSpec.spec.replicas of type int32", "\(message)")
    }

    /// What of the metadata may come along with a status. Source: the status strategies of pkg/registry.
    @Test(arguments: [
        (Place.namespaces, "default", ["labels", "annotations"]), (Place.services, "web", ["labels", "annotations"]),
        (Place.deployments, "web", ["annotations"]), ("/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas", "flow", []),
        (CronTabs.objects, "tab", []),
    ])
    func `a status brings labels and annotations along where Kubernetes lets it`(
        _ place: String, _ name: String, _ taken: [String]
    ) async throws {
        let server = try await TestServer()
        switch place {
        case Place.services: try await server.ask("POST", place, Sample.service(name))
        case Place.deployments: try await server.ask("POST", place, Sample.deployment(name))
        case CronTabs.objects:
            try await server.define()
            try await server.ask("POST", place, CronTabs.object(name))
        case Place.namespaces: break
        default:
            let flow: JSON = [
                "apiVersion": "flowcontrol.apiserver.k8s.io/v1", "kind": "FlowSchema", "metadata": ["name": .string(name)],
                "spec": ["priorityLevelConfiguration": ["name": "exempt"]],
            ]
            #expect(try await server.ask("POST", place, flow).code == 201)
        }
        let patched: TestServer.Reply = try await server.ask(
            "PATCH", "\(place)/\(name)/status",
            ["metadata": ["labels": ["mine": "yes"], "annotations": ["mine": "yes"]], "status": [:]], type: .mergePatch)
        #expect(patched.code == 200, "\(patched)")
        let found: [String] = ["labels", "annotations"].filter { patched["metadata", $0, "mine"] == "yes" }
        #expect(found == taken)
    }

    @Test func `an apply of what no schema knows is refused, whatever is asked for`() async throws {
        let server = try await TestServer()
        var deployment: JSON = Sample.deployment("web")
        deployment[["spec", "bogus"]] = 1
        for validation in ["Strict", "Warn", "Ignore"] {
            let refused: TestServer.Reply = try await server.ask(
                "PATCH", Place.deployments + "/web?fieldManager=m&fieldValidation=" + validation, deployment, type: .applyYAML)
            #expect(refused.code == 500)
            #expect(
                refused["message"]
                    == "failed to create typed patch object (/web; apps/v1, Kind=Deployment): .spec.bogus: field not declared in schema")
        }
    }

    @Test func `a key that stands twice in YAML is told by its line`() async throws {
        let server = try await TestServer()
        let text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  key: one\n  key: two\n"
        func send(_ method: String, _ path: String, _ type: APIRequest.ContentType, _ validation: String) async throws -> TestServer.Reply {
            try await server.ask(method, path + "?fieldManager=m&fieldValidation=" + validation, bytes: Array(text.utf8), type: type)
        }
        let created: TestServer.Reply = try await send("POST", Place.configMaps, .yaml, "Strict")
        #expect(created.code == 400)
        #expect(
            created["message"]?.string
                == "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding error: "
                + "yaml: unmarshal errors:\n  line 7: key \"key\" already set in map")
        let applied: TestServer.Reply = try await send("PATCH", Place.configMaps + "/a", .applyYAML, "Strict")
        #expect(
            applied["message"]?.string
                == "error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  "
                + "line 7: key \"key\" already set in map")
        let warned: TestServer.Reply = try await send("PATCH", Place.configMaps + "/a", .applyYAML, "Warn")
        #expect(warned.code == 201 && warned.warnings.count == 1 && warned["data", "key"] == "two", "\(warned)")
    }

    @Test func `immutable fields stay`() async throws {
        let server = try await TestServer()
        try await server.ask("POST", Place.deployments, Sample.deployment("web"))
        let reply: TestServer.Reply = try await server.ask(
            "PATCH", Place.deployments + "/web",
            ["spec": ["selector": ["matchLabels": ["app": "other"]], "template": ["metadata": ["labels": ["app": "other"]]]]])
        #expect(reply.code == 422)
        let opening = #"Deployment.apps "web" is invalid: spec.selector: Invalid value: "#
        #expect(reply["message"]?.string?.hasPrefix(opening) == true, "\(reply)")
        #expect(reply["message"]?.string?.hasSuffix("field is immutable") == true)
    }

    @Test func `writers at once each get their turn`() async throws {
        let server = try await TestServer()
        try await server.ask("POST", Place.configMaps, Sample.configMap("a", data: [:]))
        try await withThrowingTaskGroup { group in
            for i in 0..<40 {
                group.addTask { try await server.ask("PATCH", Place.configMaps + "/a", ["data": ["k\(i)": "v"]], type: .mergePatch).code }
            }
            for try await code in group { #expect(code == 200) }
        }
        #expect(try await server.ask("GET", Place.configMaps + "/a")["data"]?.object?.members.count == 40)
    }

    /// Source: `TestDedupOwnerReferences` of test/integration/apiserver.
    @Test func `owners that are named twice are named once, with a warning`() async throws {
        let server = try await TestServer()
        let owner: JSON = ["apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": "u1"]
        var map: JSON = Sample.configMap("a")
        map[["metadata", "ownerReferences"]] = [owner, owner]
        let text: String =
            "API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; "
            + "duplicate UID(s) observed: u1"
        let made: TestServer.Reply = try await server.ask("POST", Place.configMaps, map)
        #expect(made.warnings == [".metadata.ownerReferences contains duplicate entries; " + text])
        #expect(made["metadata", "ownerReferences"] == [owner])
        let patch: JSON = [["op": "add", "path": "/metadata/ownerReferences/-", "value": owner]]
        let patched: TestServer.Reply = try await server.ask("PATCH", Place.configMaps + "/a", patch, type: .jsonPatch)
        #expect(patched.warnings == [".metadata.ownerReferences contains duplicate entries after mutating admission happens; " + text])
        #expect(patched["metadata", "ownerReferences"] == [owner])
    }
}
