import API
import APIServer
import Machinery
import TestSupport
import Testing

/// Admission webhooks against a real TLS server. Outside source: "Dynamic Admission Control" of the Kubernetes documentation and the texts
/// of k8s.io/apiserver/pkg/admission/plugin/webhook.
@Suite struct WebhookTests {
    private static let mutating = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
    private static let validating = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"

    private func configure(_ server: TestServer, _ path: String, _ name: String, _ webhooks: JSON) async throws {
        let kind: String = path == Self.mutating ? "MutatingWebhookConfiguration" : "ValidatingWebhookConfiguration"
        let made: TestServer.Reply = try await server.ask(
            "POST", path,
            [
                "apiVersion": "admissionregistration.k8s.io/v1", "kind": .string(kind), "metadata": ["name": .string(name)],
                "webhooks": webhooks,
            ])
        try #require(made.code == 201, "\(made)")
    }

    @Test func `a validating webhook refuses with its own words and sees who asks for what`() async throws {
        let server = try await TestServer()
        let hook = try await WebhookServer { question in
            question["name"] == "bad"
                ? ["allowed": false, "status": ["message": "no bad maps", "code": 403, "reason": "Forbidden"], "warnings": ["mind"]]
                : ["allowed": true, "warnings": ["mind the map"], "auditAnnotations": ["a": "b"]]
        }
        try await configure(server, Self.validating, "check", [hook.webhook("check.example.com")])
        let refused: TestServer.Reply = try await server.ask("POST", Place.configMaps, Sample.configMap("bad"))
        #expect(refused.code == 403 && refused.warnings == ["mind"])
        #expect(refused["message"] == "admission webhook \"check.example.com\" denied the request: no bad maps")
        #expect(try await server.ask("GET", Place.configMaps + "/bad").code == 404)

        let made: TestServer.Reply = try await server.ask("POST", Place.configMaps, Sample.configMap("good"))
        #expect(made.code == 201 && made.warnings == ["mind the map"], "\(made)")
        let patched: TestServer.Reply = try await server.ask("PATCH", Place.configMaps + "/good", ["data": ["key": "two"]])
        #expect(patched.code == 200)
        #expect(try await server.ask("DELETE", Place.configMaps + "/good").code == 200)

        let asked: [JSON] = hook.asked
        try #require(asked.count == 4)
        #expect(asked.map { $0["operation"] } == ["CREATE", "CREATE", "UPDATE", "DELETE"])
        #expect(asked[1]["kind"] == ["group": "", "version": "v1", "kind": "ConfigMap"])
        #expect(asked[1]["resource"] == ["group": "", "version": "v1", "resource": "configmaps"])
        #expect(asked[1]["requestKind"] == asked[1]["kind"] && asked[1]["namespace"] == "default" && asked[1]["name"] == "good")
        #expect(asked[1][["userInfo", "username"]] == "system:test" && asked[1]["dryRun"] == false)
        #expect(asked[1][["object", "data", "key"]] == "value" && asked[1]["oldObject"] == .null)
        #expect(asked[2][["object", "data", "key"]] == "two" && asked[2][["oldObject", "data", "key"]] == "value")
        #expect(asked[2][["options", "kind"]] == "UpdateOptions")
        #expect(asked[3]["object"] == .null && asked[3][["oldObject", "metadata", "name"]] == "good")
        #expect(asked[3][["options", "kind"]] == "DeleteOptions")
        await hook.shutdown()
    }

    @Test func `conditions spare a webhook the requests that are no matter to it`() async throws {
        let server = try await TestServer()
        let hook = try await WebhookServer { _ in ["allowed": false, "status": ["message": "no"]] }
        let conditions: JSON = [
            ["name": "named", "expression": "object.metadata.name.startsWith('x')"],
            ["name": "not-me", "expression": "request.userInfo.username != 'system:spared'"],
        ]
        try await configure(server, Self.validating, "check", [hook.webhook("check.example.com", ["matchConditions": conditions])])
        #expect(try await server.ask("POST", Place.configMaps, Sample.configMap("a")).code == 201)
        #expect(try await server.ask("POST", Place.configMaps, Sample.configMap("x"), as: .component("system:spared")).code == 201)
        #expect(hook.asked.isEmpty)
        #expect(try await server.ask("POST", Place.configMaps, Sample.configMap("x2"))["message"]?.string?.hasSuffix("request: no") == true)
        let broken: JSON = [["name": "broken", "expression": "object.nope == 1"]]
        try await configure(server, Self.validating, "other", [hook.webhook("other.example.com", ["matchConditions": broken])])
        let refused: TestServer.Reply = try await server.ask("POST", Place.configMaps, Sample.configMap("b"))
        #expect(refused.code == 403)
        #expect(
            refused["message"]
                == "configmaps \"b\" is forbidden: expression 'object.nope == 1' resulted in error: no such key: nope", "\(refused)")
        await hook.shutdown()
    }

    @Test func `a webhook that is asked about connections can refuse them`() async throws {
        let server = try await TestServer()
        let hook = try await WebhookServer { _ in ["allowed": false, "status": ["message": "no shells here"]] }
        let rules: JSON = [
            ["operations": ["CONNECT"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods/exec", "pods/portforward"]]
        ]
        try await configure(server, Self.validating, "check", [hook.webhook("check.example.com", ["rules": rules])])
        let container: JSON = ["name": "main", "image": "i", "command": ["true"]]
        try await server.ask(
            "POST", "/api/v1/namespaces/default/pods",
            ["apiVersion": "v1", "kind": "Pod", "metadata": ["name": "web"], "spec": ["nodeName": "node", "containers": [container]]])
        let path = "/api/v1/namespaces/default/pods/web/"
        for method in ["GET", "POST"] {
            let refused: TestServer.Reply = try await server.ask(method, path + "exec?stdout=true&command=ls&command=-l&tty=0")
            #expect(refused["message"] == "admission webhook \"check.example.com\" denied the request: no shells here", "\(refused)")
        }
        // Nobody asks about attaching, so it comes as far as the node, which this server has not.
        #expect(try await server.ask("POST", path + "attach?stdout=true")["message"] != "no shells here")
        let asked: [JSON] = hook.asked
        try #require(asked.count == 2)
        #expect(asked[0]["operation"] == "CONNECT" && asked[0]["subResource"] == "exec" && asked[0]["name"] == "web")
        #expect(asked[0][["kind", "kind"]] == "PodExecOptions")
        #expect(asked[0]["object"] == ["kind": "PodExecOptions", "apiVersion": "v1", "stdout": true, "command": ["ls", "-l"]])
        #expect(asked[0]["options"] == .null)
        await hook.shutdown()
    }

    @Test func `mutating webhooks change the object in the order of their names and are asked again if they wish`() async throws {
        let server = try await TestServer()
        let hook = try await WebhookServer { question in
            let order: String = question[["object", "data", "order"]]?.string ?? ""
            // The last one to be asked first adds a letter; the one that wants to be asked again adds another each time.
            return WebhookServer.patching([["op": "add", "path": "/data/order", "value": .string(order + (order.isEmpty ? "a" : "b"))]])
        }
        try await configure(server, Self.mutating, "two", [hook.webhook("last.example.com")])
        try await configure(server, Self.mutating, "one", [hook.webhook("first.example.com", ["reinvocationPolicy": "IfNeeded"])])
        let made: TestServer.Reply = try await server.ask("POST", Place.configMaps, Sample.configMap("a"))
        #expect(made.code == 201 && made["data", "order"] == "abb", "\(made)")
        #expect(hook.asked.count == 3)
        await hook.shutdown()
    }

    @Test func `a webhook that can't be reached refuses or not as its policy says`() async throws {
        let server = try await TestServer()
        let hook = try await WebhookServer { _ in ["allowed": true] }
        let port = try ClosedPort()
        var closed = hook.webhook("fail.example.com", ["timeoutSeconds": 3], operations: ["CREATE"])
        closed["clientConfig"]?["url"] = .string("https://127.0.0.1:\(port.number)/check")
        var lenient: JSON = closed
        lenient["name"] = "ignore.example.com"
        lenient["failurePolicy"] = "Ignore"
        await hook.shutdown()
        try await configure(server, Self.validating, "lenient", [lenient])
        #expect(try await server.ask("POST", Place.configMaps, Sample.configMap("a")).code == 201)
        try await configure(server, Self.validating, "strict", [closed])
        let refused: TestServer.Reply = try await server.ask("POST", Place.configMaps, Sample.configMap("b"))
        #expect(refused.code == 500)
        #expect(
            refused["message"]?.string == "Internal error occurred: failed calling webhook \"fail.example.com\": failed to call webhook: "
                + "Post \"https://127.0.0.1:\(port.number)/check?timeout=3s\": dial tcp 127.0.0.1:\(port.number): connect: connection refused"
        )
        // The configuration itself can always be taken away.
        #expect(try await server.ask("DELETE", Self.validating + "/strict").code == 200)
        #expect(try await server.ask("POST", Place.configMaps, Sample.configMap("b")).code == 201)
    }

    @Test func `answers that are no answers are refused with upstream's reasons`() async throws {
        let server = try await TestServer()
        let hook = try await WebhookServer { question in
            switch question["name"]?.string {
            case "uid": ["allowed": true, "uid": "other"]
            case "patch": WebhookServer.patching([])
            case "silent": ["allowed": false]
            default: nil
            }
        }
        try await configure(server, Self.validating, "check", [hook.webhook("check.example.com", operations: ["CREATE"])])
        func message(_ name: String) async throws -> String {
            try await server.ask("POST", Place.configMaps, Sample.configMap(name))["message"]?.string ?? ""
        }
        #expect(try await message("uid").contains("received invalid webhook response: expected response.uid="))
        #expect(try await message("patch").contains("validating webhook may not return response.patch"))
        #expect(try await message("silent") == "admission webhook \"check.example.com\" denied the request without explanation")
        #expect(
            try await message("broken").contains(
                "failed to call webhook: an error on the server (\"broken\") has prevented the request from succeeding"))
        await hook.shutdown()
    }

    @Test func `selectors and scopes choose what a webhook sees`() async throws {
        let server = try await TestServer()
        let hook = try await WebhookServer { _ in ["allowed": true] }
        try await configure(
            server, Self.validating, "by-namespace",
            [hook.webhook("a.example.com", ["namespaceSelector": ["matchLabels": ["watched": "yes"]]], operations: ["*"])])
        try await configure(
            server, Self.validating, "by-label",
            [hook.webhook("b.example.com", ["objectSelector": ["matchLabels": ["app": "web"]]], operations: ["*"])])
        try await server.ask("POST", Place.configMaps, Sample.configMap("none"))
        #expect(hook.asked.isEmpty)
        try await server.ask("POST", Place.configMaps, Sample.configMap("web", labels: ["app": "web"]))
        #expect(hook.asked.count == 1)
        try await server.ask("PATCH", Place.namespaces + "/default", ["metadata": ["labels": ["watched": "yes"]]])
        try await server.ask("POST", Place.configMaps, Sample.configMap("seen"))
        #expect(hook.asked.count == 2)
        await hook.shutdown()
    }

    @Test func `a dry run asks only webhooks without side effects`() async throws {
        let server = try await TestServer()
        let hook = try await WebhookServer { _ in ["allowed": true] }
        try await configure(server, Self.validating, "clean", [hook.webhook("clean.example.com", ["sideEffects": "NoneOnDryRun"])])
        #expect(try await server.ask("POST", Place.configMaps + "?dryRun=All", Sample.configMap("a")).code == 201)
        #expect(hook.asked.first?["dryRun"] == true)
        #expect(hook.asked.first?[["options", "dryRun"]] == ["All"])
        await hook.shutdown()
    }

    @Test func `a webhook behind a service is found by its endpoints`() async throws {
        let server = try await TestServer()
        let hook = try await WebhookServer { _ in ["allowed": false, "status": ["reason": "Busy"]] }
        let config: JSON = [
            "service": ["namespace": "default", "name": "hook", "path": "/check"], "caBundle": .string(hook.caBundle),
        ]
        try await configure(server, Self.validating, "check", [hook.webhook("check.example.com", ["clientConfig": config])])
        func message() async throws -> String {
            try await server.ask("POST", Place.configMaps, Sample.configMap("a"))["message"]?.string ?? ""
        }
        let address = "failed to call webhook: Post \"https://hook.default.svc:443/check?timeout=10s\": "
        #expect(try await message().hasSuffix(address + "service \"hook\" not found"))
        try await server.ask("POST", Place.services, Sample.service("hook", ["ports": [["name": "https", "port": 443]]]))
        #expect(try await message().hasSuffix(address + "no endpoints available for service \"hook\""))
        let slice: JSON = [
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": ["name": "hook-1", "labels": ["kubernetes.io/service-name": "hook"]], "addressType": "IPv4",
            "endpoints": [["addresses": ["127.0.0.1"]]], "ports": [["name": "https", "port": .int(Int64(hook.port))]],
        ]
        #expect(try await server.ask("POST", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", slice).code == 201)
        #expect(try await message() == "admission webhook \"check.example.com\" denied the request: Busy")
        await hook.shutdown()
    }

    @Test func `a hundred requests at once wait for their webhooks and block nobody else`() async throws {
        let server = try await TestServer()
        let hook = try await WebhookServer { _ in WebhookServer.patching([["op": "add", "path": "/data/seen", "value": "yes"]]) }
        try await configure(server, Self.mutating, "mark", [hook.webhook("mark.example.com")])
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for index in 0..<100 {
                group.addTask {
                    try await server.ask("POST", Place.configMaps, Sample.configMap("map-\(index)"))["data", "seen"] == "yes"
                }
            }
            for try await isSeen in group { #expect(isSeen) }
        }
        // Patches that lose a race ask the webhooks again.
        try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<20 {
                group.addTask {
                    try await server.ask("PATCH", Place.configMaps + "/map-0", ["data": .object(JSONObject([("k\(index)", "v")]))]).code
                }
            }
            for try await code in group { #expect(code == 200) }
        }
        #expect(try await server.ask("GET", Place.configMaps + "/map-0")["data"]?.object?.count == 22)
        await hook.shutdown()
    }
}
