import APIServer
import API
import Machinery
import TestSupport
import Testing

/// A request that the server refuses, and its words.
struct Refusal: Sendable, CustomTestStringConvertible {
    let method: String
    let path: String
    var body: JSON?
    var type: APIRequest.ContentType?
    let code: Int
    let reason: String
    let message: String

    init(_ method: String, _ path: String, _ code: Int, _ reason: String, _ message: String) {
        self.init(method, path, nil, code, reason, message)
    }

    init(
        _ method: String, _ path: String, _ body: JSON?, type: APIRequest.ContentType? = nil, _ code: Int, _ reason: String,
        _ message: String
    ) {
        self.method = method
        self.path = path
        self.body = body
        self.type = type
        self.code = code
        self.reason = reason
        self.message = message
    }

    var testDescription: String { "\(method) \(path): \(code) \(reason)" }
}

/// Texts are those of kube-apiserver 1.36, which people search for.
@Suite struct ServerErrorTests {
    static let nameRule =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an "
        + "alphanumeric character (e.g. 'example.com', regex used for validation is "
        + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

    static let refusals: [Refusal] = [
        Refusal("GET", Place.pods + "/nope", 404, "NotFound", #"pods "nope" not found"#),
        Refusal("GET", Place.deployments + "/nope", 404, "NotFound", #"deployments.apps "nope" not found"#),
        Refusal("DELETE", Place.pods + "/nope", 404, "NotFound", #"pods "nope" not found"#),
        Refusal("POST", "/api/v1/configmaps", 405, "MethodNotAllowed", "the server does not allow this method on the requested resource"),
        Refusal("DELETE", "/api/v1/configmaps", 405, "MethodNotAllowed", "the server does not allow this method on the requested resource"),
        Refusal("GET", "/api/v1/namespaces/default/nopes", 404, "NotFound", "the server could not find the requested resource"),
        Refusal("GET", "/apis/nope.io/v1/things", 404, "NotFound", "the server could not find the requested resource"),
        Refusal("GET", "/api/v1/namespaces/default/nodes", 404, "NotFound", "the server could not find the requested resource"),
        Refusal("GET", Place.pods + "/nope/nope", 404, "NotFound", "the server could not find the requested resource"),
        Refusal("POST", Place.configMaps, Sample.configMap("taken"), 409, "AlreadyExists", #"configmaps "taken" already exists"#),
        Refusal(
            "POST", "/api/v1/namespaces/nope/configmaps", Sample.configMap("a"), 404, "NotFound", #"namespaces "nope" not found"#),
        Refusal(
            "POST", Place.configMaps,
            ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "a", "namespace": "other"]], 400, "BadRequest",
            "the namespace of the provided object does not match the namespace sent on the request"),
        Refusal(
            "POST", Place.configMaps, Sample.configMap("Bad_Name"), 422, "Invalid",
            #"ConfigMap "Bad_Name" is invalid: metadata.name: Invalid value: "Bad_Name": "# + nameRule),
        Refusal(
            "POST", Place.configMaps, ["apiVersion": "v1", "kind": "ConfigMap", "metadata": [:]], 422, "Invalid",
            #"ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required"#),
        Refusal(
            "POST", Place.deployments, Sample.deployment("web", replicas: -1), 422, "Invalid",
            #"Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0"#),
        Refusal(
            "POST", Place.pods, ["apiVersion": "v1", "kind": "Pod", "metadata": ["name": "p"], "spec": ["containers": []]], 422, "Invalid",
            #"Pod "p" is invalid: spec.containers: Required value"#),
        Refusal(
            "PUT", Place.configMaps + "/taken",
            ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "taken", "resourceVersion": "1"]], 409, "Conflict",
            "Operation cannot be fulfilled on configmaps \"taken\": the object has been modified; please apply your changes to the latest "
                + "version and try again"),
        Refusal(
            "PUT", Place.configMaps + "/taken", Sample.configMap("other"), 400, "BadRequest",
            "the name of the object (other) does not match the name on the URL (taken)"),
        Refusal(
            "DELETE", Place.configMaps + "/taken", ["preconditions": ["uid": "123"]], 409, "Conflict",
            "Operation cannot be fulfilled on ConfigMap \"taken\": the UID in the precondition (123) does not match the UID in record "
                + "(UID). The object might have been deleted and then recreated"),
        Refusal(
            "DELETE", Place.configMaps + "/taken", ["propagationPolicy": "Foregrond"], 422, "Invalid",
            "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Unsupported value: \"Foregrond\": supported values: "
                + "\"Foreground\", \"Background\", \"Orphan\", \"nil\""),
        Refusal(
            "DELETE", Place.configMaps + "/taken", ["propagationPolicy": "Background", "orphanDependents": true], 422, "Invalid",
            "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Invalid value: \"Background\": orphanDependents and "
                + "deletionPropagation cannot be both set"),
        Refusal(
            "DELETE", Place.configMaps + "/taken", Sample.configMap("taken"), 400, "BadRequest",
            "the body of a delete is an object of kind DeleteOptions, not ConfigMap"),
        Refusal(
            "POST", Place.pods,
            [
                "metadata": ["name": "p"],
                "spec": ["containers": [["name": "c", "image": "i"]], "ephemeralContainers": [["name": "e", "image": "i"]]],
            ], 422, "Invalid", #"Pod "p" is invalid: spec.ephemeralContainers: Forbidden: cannot be set on create"#),
        Refusal(
            "POST", Place.pods,
            [
                "metadata": ["name": "p", "annotations": ["controller.kubernetes.io/pod-deletion-cost": "+3"]],
                "spec": ["containers": [["name": "c", "image": "i"]]],
            ], 422, "Invalid",
            #"Pod "p" is invalid: metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "": must be a 32bit integer"#
        ),
        Refusal(
            "PATCH", Place.configMaps + "/taken?fieldManager=me", ["apiVersion": "apps/v1", "kind": "Deployment"], type: .applyYAML, 400,
            "BadRequest", "Incorrect version specified in apply patch. Specified patch version: apps/v1, expected: v1"),
        Refusal(
            "PATCH", Place.configMaps + "/taken", [1], type: .mergePatch, 400, "BadRequest",
            "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"),
        Refusal(
            "PATCH", Place.configMaps + "/taken", [1], type: .strategicMergePatch, 400, "BadRequest",
            "json: cannot unmarshal array into Go value of type map[string]interface {}"),
        Refusal(
            "PATCH", Place.configMaps + "/taken", [:], type: .jsonPatch, 400, "BadRequest",
            "error decoding patch: json: cannot unmarshal object into Go value of type []interface {}"),
        Refusal(
            "PATCH", Place.configMaps + "/taken", [["op": "jump", "path": "/data"]], type: .jsonPatch, 422, "Invalid",
            "the server rejected our request due to an error in our request: Unexpected kind: jump"),
        Refusal(
            "PUT", Place.configMaps, Sample.configMap("a"), 405, "MethodNotAllowed",
            "the server does not allow this method on the requested resource"),
        Refusal(
            "PATCH", Place.configMaps, [:], type: .mergePatch, 405, "MethodNotAllowed",
            "the server does not allow this method on the requested resource"),
        Refusal(
            "POST", Place.configMaps, ["metadata": ["name": "a"], "data": ["a": 1]], 400, "BadRequest",
            "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field "
                + "ConfigMap.data of type string"),
        Refusal(
            "DELETE", Place.namespaces + "/default", 403, "Forbidden",
            #"namespaces "default" is forbidden: this namespace may not be deleted"#),
        Refusal(
            "GET", Place.pods + "?fieldSelector=spec.color%3Dred", 400, "BadRequest",
            "field label not supported: spec.color"),
        Refusal(
            "GET", Place.pods + "?resourceVersion=abc", 400, "BadRequest",
            "resourceVersion: Invalid value: \"abc\": strconv.ParseUint: parsing \"abc\": invalid syntax"),
        Refusal(
            "POST", Place.pods + "/p/log", Sample.pod("p"),
            405, "MethodNotAllowed", "the server does not allow this method on the requested resource"),
        Refusal(
            "PATCH", Place.configMaps + "/taken", [["op": "test", "path": "/data/key", "value": "other"]], type: .jsonPatch, 422, "Invalid",
            // Upstream stops before the colon.
            "the server rejected our request due to an error in our request: testing value /data/key failed: test failed"),
        Refusal(
            "POST", Place.pods,
            [
                "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "p"],
                "spec": ["serviceAccountName": "nope", "containers": [["name": "c", "image": "i"]]],
            ],
            403, "Forbidden", #"pods "p" is forbidden: error looking up service account default/nope: serviceaccount "nope" not found"#),
        Refusal(
            "POST", Place.configMaps, ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "a", "resourceVersion": "4"]], 500,
            "", "resourceVersion should not be set on objects to be created"),
        Refusal(
            "POST", Place.configMaps + "?dryRun=Some", Sample.configMap("a"), 422, "Invalid",
            #"CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All""#),
        Refusal(
            "PATCH", Place.configMaps + "/taken?force=true", [:], type: .mergePatch, 422, "Invalid",
            #"PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch"#),
        Refusal(
            "PUT", Place.configMaps + "/taken?fieldValidation=Some", Sample.configMap("taken"), 422, "Invalid",
            #"UpdateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "Some": "#
                + #"supported values: "", "Ignore", "Strict", "Warn""#),
        Refusal(
            "POST", Place.configMaps + "/a", Sample.configMap("a"), 405, "MethodNotAllowed",
            "the server does not allow this method on the requested resource"),
        Refusal(
            "POST", Place.configMaps, Sample.pod("p"), 400, "BadRequest",
            #"Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): unknown conversion"#),
        Refusal(
            "POST", Place.configMaps, ["apiVersion": "v1", "kind": "Foo", "metadata": ["name": "a"]], 400, "BadRequest",
            #"Foo in version "v1" cannot be handled as a ConfigMap: no kind "Foo" is registered for version "v1" in scheme "#
                + #""pkg/api/legacyscheme/scheme.go:30""#),
        Refusal(
            "POST", "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers",
            ["apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler", "metadata": ["name": "a"]], 400, "BadRequest",
            "the API version in the data (autoscaling/v1) does not match the expected API version (autoscaling/v2)"),
    ]

    @Test(arguments: refusals) func `a refusal has the code, reason and words of Kubernetes`(_ refusal: Refusal) async throws {
        let server = try await TestServer()
        let taken: TestServer.Reply = try await server.ask("POST", Place.configMaps, Sample.configMap("taken"))
        let before: TestServer.Reply = try await server.ask("GET", "/api/v1/configmaps")
        let reply: TestServer.Reply = try await server.ask(refusal.method, refusal.path, refusal.body, type: refusal.type)
        #expect(reply.code == refusal.code, "\(reply)")
        #expect(reply["reason"]?.string ?? "" == refusal.reason)
        let uid: String = taken["metadata", "uid"]?.string ?? ""
        #expect(reply["message"]?.string?.replacing(uid, with: "UID") == refusal.message)
        #expect(reply["code"] == .int(Int64(refusal.code)))
        #expect(reply["kind"] == "Status" && reply["apiVersion"] == "v1" && reply["status"] == "Failure" && reply["metadata"] == [:])
        #expect(try await server.ask("GET", "/api/v1/configmaps").json == before.json, "a refused request changes nothing")
    }

    @Test func `a Status names the object and every cause`() async throws {
        let server = try await TestServer()
        var body: JSON = Sample.deployment("web", replicas: -1)
        body[["spec", "minReadySeconds"]] = -2
        let reply: TestServer.Reply = try await server.ask("POST", Place.deployments, body)
        #expect(
            reply["details"] == [
                "name": "web", "group": "apps", "kind": "Deployment",
                "causes": [
                    [
                        "reason": "FieldValueInvalid", "message": "Invalid value: -1: must be greater than or equal to 0",
                        "field": "spec.replicas",
                    ],
                    [
                        "reason": "FieldValueInvalid", "message": "Invalid value: -2: must be greater than or equal to 0",
                        "field": "spec.minReadySeconds",
                    ],
                ],
            ], "\(reply)")
        let message: String = try #require(reply["message"]?.string)
        #expect(message.hasPrefix("Deployment.apps \"web\" is invalid: [spec.replicas: Invalid value: -1: must be"), "\(message)")
        #expect(message.hasSuffix("]"))
    }

    @Test func `a user without rights is told what he may not do`() async throws {
        let server = try await TestServer()
        let reply: TestServer.Reply = try await server.ask(
            "GET", Place.pods, as: UserInfo(name: "ada", groups: ["system:authenticated"]))
        #expect(reply.code == 403)
        #expect(
            reply["message"]
                == #"pods is forbidden: User "ada" cannot list resource "pods" in API group "" in the namespace "default""#)
        #expect(reply["details"] == ["kind": "pods"])
    }
}
