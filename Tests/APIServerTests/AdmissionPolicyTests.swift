import API
import APIServer
import Machinery
import TestSupport
import Testing

/// Validating admission policies. Outside source: "Validating Admission Policy" of the Kubernetes documentation and the texts of
/// k8s.io/apiserver/pkg/admission/plugin/policy.
@Suite struct AdmissionPolicyTests {
    static let root = "/apis/admissionregistration.k8s.io/v1/"
    static let policies = root + "validatingadmissionpolicies"
    static let bindings = root + "validatingadmissionpolicybindings"
    static let deployments: JSON = [
        "resourceRules": [
            ["apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["deployments"]]
        ]
    ]
    static let maps: JSON = [
        "resourceRules": [["apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["configmaps"]]]
    ]

    static func policy(_ name: String, _ spec: JSON, kind: String = "ValidatingAdmissionPolicy") -> JSON {
        ["apiVersion": "admissionregistration.k8s.io/v1", "kind": .string(kind), "metadata": ["name": .string(name)], "spec": spec]
    }

    private func enforce(
        _ server: TestServer, _ name: String, _ spec: JSON, _ binding: JSON = ["validationActions": ["Deny"]]
    ) async throws {
        let made: TestServer.Reply = try await server.ask("POST", Self.policies, Self.policy(name, spec))
        try #require(made.code == 201 && made.warnings.isEmpty, "\(made)")
        var full: JSON = binding
        full["policyName"] = .string(name)
        let bound: TestServer.Reply = try await server.ask(
            "POST", Self.bindings, Self.policy(name + "-binding", full, kind: "ValidatingAdmissionPolicyBinding"))
        try #require(bound.code == 201 && bound.warnings.isEmpty, "\(bound)")
    }

    @Test func `a rule that is broken denies the request`() async throws {
        let server = try await TestServer()
        try await enforce(
            server, "demo",
            ["failurePolicy": "Fail", "matchConstraints": Self.deployments, "validations": [["expression": "object.spec.replicas <= 5"]]])
        #expect(try await server.ask("POST", Place.deployments, Sample.deployment("few", replicas: 5)).code == 201)
        let refused: TestServer.Reply = try await server.ask("POST", Place.deployments, Sample.deployment("many", replicas: 6))
        #expect(refused.code == 422 && refused["reason"] == "Invalid")
        #expect(
            refused["message"]?.string
                == "deployments.apps \"many\" is forbidden: ValidatingAdmissionPolicy 'demo' with binding 'demo-binding' denied request: "
                + "failed expression: object.spec.replicas <= 5")
        // Updates are judged too, by a scale as well.
        let patched: TestServer.Reply = try await server.ask("PATCH", Place.deployments + "/few", ["spec": ["replicas": 7]])
        #expect(patched.code == 422)
        try await server.ask("DELETE", Self.bindings + "/demo-binding")
        #expect(try await server.ask("POST", Place.deployments, Sample.deployment("many", replicas: 6)).code == 201)
    }

    @Test func `messages, reasons and variables`() async throws {
        let server = try await TestServer()
        try await enforce(
            server, "images",
            [
                "matchConstraints": Self.maps,
                "variables": [
                    ["name": "keys", "expression": "has(object.data) ? object.data.map(k, k) : []"],
                    ["name": "count", "expression": "size(variables.keys)"],
                ],
                "validations": [
                    [
                        "expression": "variables.count < 2", "reason": "Forbidden",
                        "messageExpression": "'found ' + string(variables.count) + ' keys: ' + variables.keys.join(',')",
                    ]
                ],
            ])
        #expect(try await server.ask("POST", Place.configMaps, Sample.configMap("one")).code == 201)
        let refused: TestServer.Reply = try await server.ask("POST", Place.configMaps, Sample.configMap("two", data: ["a": "1", "b": "2"]))
        #expect(refused.code == 403 && refused["reason"] == "Forbidden")
        #expect(refused["message"]?.string?.hasSuffix("denied request: found 2 keys: a,b") == true, "\(refused)")
        // There is no object to look at when one is deleted.
        let deleted: TestServer.Reply = try await server.ask("DELETE", Place.configMaps + "/one")
        #expect(deleted.code == 422)
        #expect(
            deleted["message"]?.string?.contains("composited variable \"keys\" fails to evaluate: no such overload") == true, "\(deleted)")
    }

    @Test func `parameters come from objects that may be absent`() async throws {
        let server = try await TestServer()
        let spec: JSON = [
            "paramKind": ["apiVersion": "v1", "kind": "ConfigMap"], "matchConstraints": Self.deployments,
            "validations": [["expression": "object.spec.replicas <= int(params.data.max)", "message": "too many"]],
        ]
        func binding(_ action: String) -> JSON {
            [
                "validationActions": ["Deny"],
                "paramRef": ["name": "limits", "namespace": "default", "parameterNotFoundAction": .string(action)],
            ]
        }
        try await enforce(server, "limited", spec, binding("Deny"))
        let absent: TestServer.Reply = try await server.ask("POST", Place.deployments, Sample.deployment("a", replicas: 1))
        #expect(
            absent["message"]?.string?.hasSuffix(
                "denied request: failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction")
                == true,
            "\(absent)")
        try await server.ask("POST", Place.configMaps, Sample.configMap("limits", data: ["max": "3"]))
        #expect(try await server.ask("POST", Place.deployments, Sample.deployment("a", replicas: 3)).code == 201)
        #expect(
            try await server.ask("POST", Place.deployments, Sample.deployment("b", replicas: 4))["message"]?.string?.hasSuffix("too many")
                == true)
        try await server.ask("PATCH", Place.configMaps + "/limits", ["data": ["max": "4"]])
        #expect(try await server.ask("POST", Place.deployments, Sample.deployment("b", replicas: 4)).code == 201)
        try await server.ask("DELETE", Self.bindings + "/limited-binding")
        try await server.ask("DELETE", Place.configMaps + "/limits")
        var allowed: JSON = binding("Allow")
        allowed["policyName"] = "limited"
        try await server.ask("POST", Self.bindings, Self.policy("again", allowed, kind: "ValidatingAdmissionPolicyBinding"))
        #expect(try await server.ask("POST", Place.deployments, Sample.deployment("c", replicas: 9)).code == 201)
    }

    @Test func `what can't be evaluated counts as the policy says`() async throws {
        let server = try await TestServer()
        let rule: JSON = [["expression": "object.spec.nope > 1"]]
        try await enforce(server, "strict", ["matchConstraints": Self.deployments, "validations": rule])
        let refused: TestServer.Reply = try await server.ask("POST", Place.deployments, Sample.deployment("a"))
        #expect(
            refused["message"]?.string?.hasSuffix("denied request: expression 'object.spec.nope > 1' resulted in error: no such key: nope")
                == true,
            "\(refused)")
        try await server.ask("PATCH", Self.policies + "/strict", ["spec": ["failurePolicy": "Ignore"]])
        #expect(try await server.ask("POST", Place.deployments, Sample.deployment("a")).code == 201)
    }

    @Test func `conditions, selectors and who asks`() async throws {
        let server = try await TestServer()
        var constraints: JSON = Self.maps
        constraints["objectSelector"] = ["matchLabels": ["judged": "yes"]]
        constraints["excludeResourceRules"] = [
            ["apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["configmaps"], "resourceNames": ["spared"]]
        ]
        try await enforce(
            server, "who",
            [
                "matchConstraints": constraints,
                "matchConditions": [["name": "no-nodes", "expression": "!request.userInfo.groups.exists(g, g == 'spared')"]],
                "validations": [
                    [
                        "expression": "authorizer.group('').resource('secrets').namespace(request.namespace).check('get').allowed()",
                        "messageExpression":
                            "request.userInfo.username + ' may not ' + request.operation.lowerAscii() + ' in ' + namespaceObject.metadata.name",
                    ]
                ],
            ])
        let map: JSON = Sample.configMap("m", labels: ["judged": "yes"])
        let user = UserInfo(name: "eve", groups: ["system:authenticated"])
        let rights: JSON = [
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": ["name": "maps"],
            "rules": [["apiGroups": [""], "resources": ["configmaps"], "verbs": ["*"]]],
        ]
        try await server.ask("POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles", rights)
        try await server.ask(
            "POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
            [
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": ["name": "maps"],
                "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "maps"],
                "subjects": [["apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:authenticated"]],
            ])
        let refused: TestServer.Reply = try await server.ask("POST", Place.configMaps, map, as: user)
        #expect(refused["message"]?.string?.hasSuffix("eve may not create in default") == true, "\(refused)")
        #expect(try await server.ask("POST", Place.configMaps, Sample.configMap("unlabelled"), as: user).code == 201)
        #expect(try await server.ask("POST", Place.configMaps, Sample.configMap("spared", labels: ["judged": "yes"]), as: user).code == 201)
        let spared = UserInfo(name: "eve", groups: ["system:authenticated", "spared"])
        #expect(try await server.ask("POST", Place.configMaps, map, as: spared).code == 201)
    }

    @Test func `a binding may only warn`() async throws {
        let server = try await TestServer()
        try await enforce(
            server, "soft", ["matchConstraints": Self.maps, "validations": [["expression": "false", "message": "not like this"]]],
            ["validationActions": ["Warn", "Audit"]])
        let made: TestServer.Reply = try await server.ask("POST", Place.configMaps, Sample.configMap("a"))
        #expect(made.code == 201)
        #expect(made.warnings == ["Validation failed for ValidatingAdmissionPolicy 'soft' with binding 'soft-binding': not like this"])
    }

    @Test func `policies are no matter for policies`() async throws {
        let server = try await TestServer()
        try await enforce(
            server, "everything",
            [
                "matchConstraints": [
                    "resourceRules": [["apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*"]]]
                ],
                "validations": [["expression": "false"]],
            ])
        #expect(try await server.ask("POST", Place.configMaps, Sample.configMap("a")).code == 422)
        #expect(try await server.ask("DELETE", Self.policies + "/everything").code == 200)
        #expect(try await server.ask("POST", Place.configMaps, Sample.configMap("a")).code == 201)
    }

    @Test func `expressions that are wrong are refused with their place`() async throws {
        let server = try await TestServer()
        let refused: TestServer.Reply = try await server.ask(
            "POST", Self.policies,
            Self.policy(
                "wrong",
                [
                    "matchConstraints": Self.maps,
                    "variables": [["name": "a", "expression": "variables.b"], ["name": "b", "expression": "1"]],
                    "validations": [["expression": "object.a +"], ["expression": "variables.b"], ["expression": "params.x == 1"]],
                    "auditAnnotations": [["key": "k", "valueExpression": "1"]],
                ]))
        let causes: [String] = (refused["details", "causes"]?.array ?? []).map {
            "\($0["field"]?.string ?? ""): \($0["message"]?.string ?? "")"
        }
        for expected in [
            "spec.variables[0].expression: Invalid value: \"variables.b\": compilation failed: ERROR: <input>:1:10: undefined field 'b'",
            "spec.validations[0].expression: Invalid value: \"object.a +\": compilation failed: ERROR: <input>:1:11: Syntax error",
            "spec.validations[1].expression: Invalid value: \"variables.b\": must evaluate to bool",
            "spec.validations[2].expression: Invalid value: \"params.x == 1\": compilation failed: ERROR: <input>:1:1: undeclared reference to 'params'",
            "spec.auditAnnotations[0].valueExpression: Invalid value: \"1\": must evaluate to one of: [string null_type]",
        ] {
            #expect(causes.contains { $0.hasPrefix(expected) }, "\(expected) is not in \(causes)")
        }
    }

    @Test func `an expression that would run for ever is stopped and named`() async throws {
        let server = try await TestServer()
        try await enforce(
            server, "endless",
            [
                "matchConstraints": Self.maps,
                "validations": [["expression": "object.data.all(a, object.data.all(b, object.data.all(c, a + b + c != 'x')))"]],
            ])
        let data = JSON.object(JSONObject((0..<200).map { ("k\($0)", .string("v")) }))
        let refused: TestServer.Reply = try await server.ask("POST", Place.configMaps, Sample.configMap("a", data: data))
        #expect(refused.code == 422)
        #expect(refused["message"]?.string?.contains("operation cancelled: actual cost limit exceeded") == true, "\(refused)")
    }
}
