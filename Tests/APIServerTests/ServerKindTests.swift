import API
import APIServer
import Machinery
import TestSupport
import Testing

/// Kinds of the control plane on a real server: made, read, listed as a table; and their subresources.
@Suite struct ServerKindTests {
    private static let rule: JSON = ["operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]]

    private static let samples: [(path: String, object: JSON, cells: [JSON])] = [
        (
            "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
            [
                "metadata": ["name": "w"],
                "webhooks": [
                    [
                        "name": "w.example.com", "clientConfig": ["url": "https://127.0.0.1/"], "sideEffects": "None",
                        "admissionReviewVersions": ["v1"], "rules": [rule],
                    ]
                ],
            ], ["w", 1, "0s"]
        ),
        ("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations", ["metadata": ["name": "w"]], ["w", 0, "0s"]),
        (
            "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
            [
                "metadata": ["name": "p"],
                "spec": ["matchConstraints": ["resourceRules": [rule]], "validations": [["expression": "true"]]],
            ], ["p", 1, "<unset>", "0s"]
        ),
        (
            "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings",
            ["metadata": ["name": "b"], "spec": ["policyName": "p", "validationActions": ["Deny"]]], ["b", "p", "<unset>", "0s"]
        ),
        (
            "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies",
            [
                "metadata": ["name": "p"],
                "spec": [
                    "matchConstraints": ["resourceRules": [rule]], "reinvocationPolicy": "Never",
                    "mutations": [["patchType": "JSONPatch", "jsonPatch": ["expression": "[]"]]],
                ],
            ], ["p", 1, "<unset>", "0s"]
        ),
        (
            "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings",
            ["metadata": ["name": "b"], "spec": ["policyName": "p"]], ["b", "p", "<unset>", "0s"]
        ),
        (
            "/apis/apiregistration.k8s.io/v1/apiservices",
            [
                "metadata": ["name": "v1.example.com"],
                "spec": ["group": "example.com", "version": "v1", "groupPriorityMinimum": 10, "versionPriority": 10],
            ], ["v1.example.com", "Local", "True", "0s"]
        ),
        (
            "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas",
            ["metadata": ["name": "f"], "spec": ["priorityLevelConfiguration": ["name": "l"]]], ["f", "l", 1000, "<none>", "0s", "?"]
        ),
        (
            "/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations",
            ["metadata": ["name": "l"], "spec": ["type": "Limited", "limited": ["limitResponse": ["type": "Reject"]]]],
            ["l", "Limited", 30, "<none>", "<none>", "<none>", "0s"]
        ),
        ("/apis/resource.k8s.io/v1/deviceclasses", ["metadata": ["name": "c"], "spec": [:]], ["c", "0s"]),
        (
            "/apis/resource.k8s.io/v1/namespaces/default/resourceclaims", ["metadata": ["name": "c"], "spec": [:]],
            ["c", "pending", "0s"]
        ),
        (
            "/apis/resource.k8s.io/v1/namespaces/default/resourceclaimtemplates",
            ["metadata": ["name": "t"], "spec": ["spec": [:]]], ["t", "0s"]
        ),
        (
            "/apis/resource.k8s.io/v1/resourceslices",
            [
                "metadata": ["name": "s"],
                "spec": [
                    "driver": "d.example", "nodeName": "n", "pool": ["name": "n", "generation": 1, "resourceSliceCount": 1],
                ],
            ], ["s", "n", "d.example", "n", "0s"]
        ),
    ]

    @Test(arguments: samples.indices) func `a kind is made, read and listed as a table`(index: Int) async throws {
        let (path, object, cells) = Self.samples[index]
        let server = try await TestServer()
        let made: TestServer.Reply = try await server.ask("POST", path, object)
        #expect(made.code == 201, "\(made)")
        let name: String = try #require(made["metadata", "name"]?.string)
        #expect(try await server.ask("GET", path + "/" + name).json == made.json)
        let table: TestServer.Reply = try await server.ask(
            "GET", path, accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json")
        #expect(table.json[["rows"]]?.array?.first { $0["cells"]?.array?.first == .string(name) }?["cells"] == .array(cells))
    }

    // MARK: - Subresources

    @Test func `an ephemeral container is added to a pod and stays`() async throws {
        let server = try await TestServer()
        try await server.ask("POST", Place.pods, Sample.pod("p"))
        let path: String = Place.pods + "/p/ephemeralcontainers"
        let added: TestServer.Reply = try await server.ask(
            "PATCH", path,
            [
                "metadata": ["labels": ["sneaky": "yes"]],
                "spec": ["ephemeralContainers": [["name": "debug", "image": "busybox", "targetContainerName": "main"]]],
            ])
        #expect(added.code == 200, "\(added)")
        #expect(added["spec", "ephemeralContainers"]?.array?.first?["terminationMessagePolicy"] == "File", "defaults are set")
        #expect(added["metadata", "labels", "sneaky"] == nil && added["metadata", "generation"] == 2)
        #expect(added.warnings.isEmpty, "\(added)")
        var pod: JSON = try await server.ask("GET", path).json
        pod[["spec", "ephemeralContainers"]] = []
        let removed: TestServer.Reply = try await server.ask("PUT", path, pod)
        #expect(removed.code == 422)
        #expect(removed["message"]?.string?.contains(#"existing ephemeral containers "debug" may not be removed"#) == true, "\(removed)")
        let bad: TestServer.Reply = try await server.ask(
            "PATCH", path, ["spec": ["ephemeralContainers": [["name": "more", "image": "busybox", "targetContainerName": "nope"]]]])
        #expect(bad.code == 422 && bad["message"]?.string?.contains("targetContainerName: Not found") == true, "\(bad)")
    }

    @Test func `a resize changes CPU and memory and nothing else`() async throws {
        let server = try await TestServer()
        var sample: JSON = Sample.pod("p")
        sample[["spec", "containers"]] = [
            ["name": "main", "image": "host/sh", "resources": ["requests": ["cpu": "100m", "memory": "64Mi"]]]
        ]
        try await server.ask("POST", Place.pods, sample)
        let path: String = Place.pods + "/p/resize"
        func resize(_ resources: JSON, image: String? = nil) async throws -> TestServer.Reply {
            var container: JSON = ["name": "main", "resources": resources]
            if let image { container["image"] = .string(image) }
            return try await server.ask("PATCH", path, ["spec": ["containers": [container]]])
        }
        let bigger: TestServer.Reply = try await resize(["requests": ["cpu": "200m"]], image: "other")
        #expect(bigger.code == 200, "\(bigger)")
        let container: JSON = try #require(bigger["spec", "containers"]?.array?.first)
        #expect(container["resources"] == ["requests": ["cpu": "200m", "memory": "64Mi"]] && container["image"] == "host/sh")
        #expect(bigger["metadata", "generation"] == 2)
        let storage: TestServer.Reply = try await resize(["requests": ["ephemeral-storage": "1Gi"]])
        #expect(storage.code == 422 && storage["message"]?.string?.contains("only cpu and memory resources are mutable") == true)
        let gone: TestServer.Reply = try await resize(["requests": ["cpu": nil]])
        #expect(gone.code == 422 && gone["message"]?.string?.contains("resource requests cannot be removed") == true, "\(gone)")
        let class_: TestServer.Reply = try await resize([
            "requests": ["cpu": "1", "memory": "1Gi"], "limits": ["cpu": "1", "memory": "1Gi"],
        ])
        #expect(class_["message"]?.string?.contains("Pod QOS Class may not change as a result of resizing") == true, "\(class_)")
    }

    @Test func `a certificate request is made in the name of who asks, and a decision about it is final`() async throws {
        let server = try await TestServer()
        let path = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
        let pem = "-----BEGIN CERTIFICATE REQUEST-----\nMAMCAQA=\n-----END CERTIFICATE REQUEST-----\n"
        let user = UserInfo(name: "jane", uid: "7", groups: ["system:masters"], extra: ["a": ["b"]])
        let made: TestServer.Reply = try await server.ask(
            "POST", path,
            [
                "metadata": ["name": "jane"],
                "spec": [
                    "request": .string(Base64Text.encode(Array(pem.utf8))), "signerName": "example.com/mine", "usages": ["client auth"],
                    "username": "somebody else",
                ],
            ], as: user)
        #expect(made.code == 201, "\(made)")
        #expect(made["spec", "username"] == "jane" && made["spec", "uid"] == "7" && made["spec", "groups"] == ["system:masters"])
        #expect(made["spec", "extra"] == ["a": ["b"]] && made["status"] == [:])

        var object: JSON = made.json
        object[["status", "conditions"]] = [["type": "Approved", "status": "True", "reason": "Good"]]
        let sneaked: TestServer.Reply = try await server.ask("PUT", path + "/jane/status", object)
        #expect(sneaked["status", "conditions"] == nil, "only the approval subresource approves: \(sneaked)")
        object[["metadata", "resourceVersion"]] = sneaked["metadata", "resourceVersion"]
        object[["spec", "username"]] = "somebody else"
        object[["metadata", "annotations"]] = ["seen": "yes"]
        let approved: TestServer.Reply = try await server.ask("PUT", path + "/jane/approval", object)
        #expect(approved.code == 200 && approved["spec", "username"] == "jane", "\(approved)")
        #expect(approved["metadata", "annotations"] == ["seen": "yes"])
        let condition: JSON = try #require(approved["status", "conditions"]?.array?.first)
        #expect(condition["lastUpdateTime"] == "2026-06-01T12:00:00Z" && condition["lastTransitionTime"] == "2026-06-01T12:00:00Z")
        let table: TestServer.Reply = try await server.ask("GET", path, accept: "application/json;as=Table;v=v1;g=meta.k8s.io")
        #expect(table["rows"]?.array?.first?["cells"] == ["jane", "0s", "example.com/mine", "jane", "<none>", "Approved"])
        let denied: TestServer.Reply = try await server.ask(
            "PATCH", path + "/jane/approval", ["status": ["conditions": [["type": "Denied", "status": "True"]]]], type: .mergePatch)
        #expect(denied.code == 422)
        #expect(
            denied["message"]?.string?.contains(#"updates may not remove a condition of type "Approved""#) == true, "\(denied)")
    }

    @Test func `a pod is nominated for no node after it is bound`() async throws {
        let server = try await TestServer()
        try await server.ask("POST", Place.pods, Sample.pod("p"))
        try await server.ask("PATCH", Place.pods + "/p/status", ["status": ["nominatedNodeName": "n1"]])
        try await server.ask("POST", Place.pods + "/p/binding", ServerSubresourceTests.binding("p", to: "n2"))
        #expect(try await server.ask("GET", Place.pods + "/p")["status", "nominatedNodeName"] == nil)
    }

    @Test func `a binding may be posted by itself`() async throws {
        let server = try await TestServer()
        try await server.ask("POST", Place.pods, Sample.pod("p"))
        let bound: TestServer.Reply = try await server.ask(
            "POST", "/api/v1/namespaces/default/bindings", ServerSubresourceTests.binding("p", to: "n1"))
        #expect(bound.code == 201 && bound["status"] == "Success", "\(bound)")
        #expect(try await server.ask("GET", Place.pods + "/p")["spec", "nodeName"] == "n1")
    }

    @Test func `one priority class is the default one`() async throws {
        let server = try await TestServer()
        let classes = "/apis/scheduling.k8s.io/v1/priorityclasses"
        func ask(_ name: String) -> JSON { ["metadata": ["name": .string(name)], "value": 7, "globalDefault": true] }
        #expect(try await server.ask("POST", classes, ask("a")).code == 201)
        let refused: TestServer.Reply = try await server.ask("POST", classes, ask("b"))
        #expect(
            refused["message"]
                == .string(
                    #"priorityclasses.scheduling.k8s.io "b" is forbidden: PriorityClass a is already marked as default. "#
                        + "Only one default can exist"))
        let renamed: JSON = ["description": "the same"]
        #expect(try await server.ask("PATCH", classes + "/a", renamed, type: .mergePatch).code == 200)
    }
}
