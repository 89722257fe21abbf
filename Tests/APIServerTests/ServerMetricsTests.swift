import API
import APIServer
import Client
import Machinery
import Store
import TestSupport
import Testing

/// Names and labels are those of k8s.io/apiserver/pkg/endpoints/metrics.
struct ServerMetricsTests {
    private func samples(_ server: TestServer) async throws -> [MetricsReader.Sample] {
        try MetricsReader.samples(String(decoding: try await server.client.transport.raw("/metrics", accept: "*/*").body, as: UTF8.self))
    }

    private func value(_ samples: [MetricsReader.Sample], _ name: String, _ labels: [String: String]) -> Double? {
        samples.first { sample in sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value } }?.value
    }

    @Test func `admission is timed by plugin, and deprecated resources are named`() async throws {
        let server = try await TestServer()
        let before = try await samples(server)
        try await server.ask("POST", "/api/v1/namespaces/default/configmaps", ["metadata": ["name": "a"]])
        try await server.ask("POST", "/api/v1/namespaces/absent/configmaps", ["metadata": ["name": "a"]])
        try await server.ask("GET", "/api/v1/namespaces/default/endpoints")
        let after = try await samples(server)
        func grown(_ name: String, _ labels: [String: String]) -> Double {
            let all: [String: String] = labels.merging(["operation": "CREATE", "type": "admit"]) { $1 }
            return (value(after, name, all) ?? 0) - (value(before, name, all) ?? 0)
        }
        let plugins = "apiserver_admission_controller_admission_duration_seconds_count"
        #expect(grown("apiserver_admission_step_admission_duration_seconds_count", ["rejected": "false"]) == 1)
        #expect(grown("apiserver_admission_step_admission_duration_seconds_count", ["rejected": "true"]) == 1)
        #expect(grown(plugins, ["name": "MutatingAdmissionWebhook", "rejected": "false"]) == 1)
        #expect(grown(plugins, ["name": "NamespaceLifecycle", "rejected": "true"]) == 1)
        #expect(value(after, "apiserver_requested_deprecated_apis", ["resource": "endpoints", "version": "v1", "group": ""]) == 1)
    }

    /// Source: k8s.io/component-base/metrics/prometheus/restclient.
    @Test func `parts of the process are counted as its clients`() async throws {
        let server = try await TestServer()
        let path = "/api/v1/namespaces/default/configmaps"
        for _ in 0..<2 { try await server.ask("POST", path, ["metadata": ["name": "a"]]) }
        try await server.ask("GET", path)
        let found = try await samples(server)
        #expect(value(found, "rest_client_requests_total", ["code": "201", "method": "POST"]) ?? 0 >= 1)
        #expect(value(found, "rest_client_requests_total", ["code": "409", "method": "POST", "host": "in-process"]) == 1)
        #expect(value(found, "rest_client_request_duration_seconds_count", ["verb": "LIST"]) ?? 0 >= 1)
    }

    @Test func `expressions are timed`() async throws {
        let server = try await TestServer()
        let before = try await samples(server)
        let rule: JSON = ["apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]]
        try await server.ask(
            "POST", "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
            [
                "metadata": ["name": "p"],
                "spec": ["matchConstraints": ["resourceRules": [rule]], "validations": [["expression": "object.metadata.name != 'x'"]]],
            ])
        try await server.ask(
            "POST", "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings",
            ["metadata": ["name": "p"], "spec": ["policyName": "p", "validationActions": ["Deny"]]])
        try await server.ask("POST", "/api/v1/namespaces/default/configmaps", ["metadata": ["name": "a"]])
        let after = try await samples(server)
        for step in ["compilation", "evaluation"] {
            let name = "apiserver_cel_\(step)_duration_seconds_count"
            #expect(value(after, name, [:]) ?? 0 > value(before, name, [:]) ?? 0)
        }
    }

    @Test func `requests are counted by what they asked for and how they ended`() async throws {
        let server = try await TestServer()
        let path = "/api/v1/namespaces/default/configmaps"
        for name in ["a", "b"] { try await server.ask("POST", path, ["metadata": ["name": .string(name)]]) }
        try await server.ask("POST", path, ["metadata": ["name": "a"]])
        try await server.ask("GET", path)
        let found = try await samples(server)
        let creation: [String: String] = [
            "verb": "POST", "group": "", "version": "v1", "resource": "configmaps", "subresource": "", "scope": "resource",
            "component": "apiserver", "dry_run": "",
        ]
        #expect(value(found, "apiserver_request_total", creation.merging(["code": "201"]) { $1 }) == 2)
        #expect(value(found, "apiserver_request_total", creation.merging(["code": "409"]) { $1 }) == 1)
        #expect(value(found, "apiserver_request_duration_seconds_count", creation) == 3)
        #expect(value(found, "apiserver_request_duration_seconds_bucket", creation.merging(["le": "+Inf"]) { $1 }) == 3)
        #expect(
            value(found, "apiserver_request_total", ["verb": "LIST", "resource": "configmaps", "scope": "namespace", "code": "200"]) == 1)
        #expect(value(found, "apiserver_current_inflight_requests", ["request_kind": "mutating"]) == 0)
        #expect(value(found, "apiserver_resource_objects", ["group": "", "resource": "configmaps"]) == 2)
        #expect(value(found, "apiserver_storage_objects", ["resource": "deployments.apps"]) == 0)
    }

    @Test func `policies are counted by what they enforced and why`() async throws {
        let server = try await TestServer()
        for (name, expression) in [("small", "size(object.data) < 2"), ("odd", "object.data.missing == 'x'")] {
            let spec: JSON = [
                "matchConstraints": AdmissionPolicyTests.maps, "validations": [["expression": .string(expression)]],
                "failurePolicy": name == "odd" ? "Ignore" : "Fail",
            ]
            let binding: JSON = ["policyName": .string(name), "validationActions": ["Warn", "Audit"]]
            try await server.ask("POST", AdmissionPolicyTests.policies, AdmissionPolicyTests.policy(name, spec))
            try await server.ask(
                "POST", AdmissionPolicyTests.bindings,
                AdmissionPolicyTests.policy(name, binding, kind: "ValidatingAdmissionPolicyBinding"))
        }
        try await server.ask("POST", "/api/v1/namespaces/default/configmaps", Sample.configMap("a", data: ["a": "1", "b": "2"]))
        let found = try await samples(server)
        func count(_ policy: String, _ action: String, _ error: String) -> Double? {
            value(
                found, "apiserver_validating_admission_policy_check_total",
                ["policy": policy, "policy_binding": policy, "enforcement_action": action, "error_type": error])
        }
        #expect(count("small", "warn", "no_error") == 1 && count("small", "audit", "no_error") == 1)
        #expect(count("odd", "allow", "invalid_error") == 1 && count("small", "deny", "no_error") == nil)
        #expect(value(found, "apiserver_validating_admission_policy_check_duration_seconds_count", ["enforcement_action": "warn"]) == 1)
    }

    @Test func `writes of the store and requests without their webhooks are timed`() async throws {
        let server = try await TestServer()
        let path = "/api/v1/namespaces/default/configmaps"
        for _ in 0..<2 { try await server.ask("POST", path, ["metadata": ["name": "a"]]) }
        try await server.ask("PATCH", path + "/a", ["data": ["a": "1"]])
        try await server.ask("DELETE", path + "/a")
        let found = try await samples(server)
        for operation in ["create", "update", "delete"] {
            let labels: [String: String] = ["operation": operation, "group": "", "resource": "configmaps"]
            #expect(value(found, "etcd_request_duration_seconds_count", labels) == (operation == "create" ? 2 : 1))
            #expect(value(found, "etcd_request_errors_total", labels) == (operation == "create" ? 1 : nil))
        }
        #expect(value(found, "apiserver_request_sli_duration_seconds_count", ["verb": "POST", "resource": "configmaps"]) == 2)
        #expect(value(found, "apiserver_request_sli_duration_seconds_bucket", ["verb": "POST", "le": "0.005"]) == nil)
    }

    @Test func `a watch is open until it is let go of, and its events are counted`() async throws {
        let server = try await TestServer()
        let path = "/api/v1/namespaces/default/configmaps"
        let labels: [String: String] = ["verb": "WATCH", "resource": "configmaps"]
        do {
            let record = try await server.watch(path + "?watch=true&resourceVersion=\(server.store.revision)")
            try await server.ask("POST", path, ["metadata": ["name": "a"]])
            try await eventually("the event is counted") {
                value(try await samples(server), "apiserver_watch_events_total", ["resource": "configmaps"]) == 1
            }
            #expect(value(try await samples(server), "apiserver_longrunning_requests", labels) == 1)
            withExtendedLifetime(record) {}
        }
        try await eventually("the watch is closed") {
            value(try await samples(server), "apiserver_longrunning_requests", labels) == 0
        }
        #expect(value(try await samples(server), "apiserver_request_total", labels) == 1)
    }

    @Test func `only who may read them sees them`() async throws {
        let server = try await TestServer()
        let nobody = server.client(as: UserInfo(name: "nobody", groups: ["system:authenticated"]))
        await #expect(throws: APIStatus.self) { try await nobody.transport.raw("/metrics", accept: "*/*") }
    }
}
