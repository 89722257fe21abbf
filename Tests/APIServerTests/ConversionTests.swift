import API
import Machinery
import TestSupport
import Testing

/// Custom resources whose versions differ, with a webhook that converts them. Outside source: "Versions in CustomResourceDefinitions" of the
/// Kubernetes documentation, whose example this is: `hostPort` in v1beta1 is `host` and `port` in v1.
@Suite struct ConversionTests {
    private static let path = "/apis/example.com/%/namespaces/default/addresses"
    private static let old: String = path.replacing("%", with: "v1beta1")
    private static let new: String = path.replacing("%", with: "v1")

    private static func version(_ name: String, isStorage: Bool, _ fields: JSON) -> JSON {
        [
            "name": .string(name), "served": true, "storage": .bool(isStorage), "subresources": ["status": [:]],
            "schema": [
                "openAPIV3Schema": [
                    "type": "object",
                    "properties": [
                        "spec": ["type": "object", "properties": fields],
                        "status": ["type": "object", "x-kubernetes-preserve-unknown-fields": true],
                    ],
                ]
            ],
        ]
    }

    private static func definition(_ hook: WebhookServer) -> JSON {
        [
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": ["name": "addresses.example.com"],
            "spec": [
                "group": "example.com", "scope": "Namespaced",
                "names": ["plural": "addresses", "singular": "address", "kind": "Address"],
                "versions": [
                    version("v1beta1", isStorage: true, ["hostPort": ["type": "string"]]),
                    version("v1", isStorage: false, ["host": ["type": "string"], "port": ["type": "string"]]),
                ],
                "conversion": [
                    "strategy": "Webhook",
                    "webhook": [
                        "conversionReviewVersions": ["v1"],
                        "clientConfig": [
                            "url": .string("https://127.0.0.1:\(hook.port)/convert"), "caBundle": .string(hook.caBundle),
                        ],
                    ],
                ],
            ],
        ]
    }

    private static func address(_ name: String, _ version: String, _ spec: JSON) -> JSON {
        [
            "apiVersion": .string("example.com/" + version), "kind": "Address", "metadata": ["name": .string(name)], "spec": spec,
        ]
    }

    /// A webhook that splits and joins; `spoil` may change what it answers.
    private static func converter(_ spoil: @escaping @Sendable (inout JSON) -> Void = { _ in }) async throws -> WebhookServer {
        try await WebhookServer { question in
            let wanted: String = question["desiredAPIVersion"]?.string ?? ""
            let converted: [JSON] = (question["objects"]?.array ?? []).map { object in
                var object: JSON = object
                object["apiVersion"] = .string(wanted)
                if wanted.hasSuffix("/v1") {
                    let parts: [Substring] = (object[["spec", "hostPort"]]?.string ?? "").split(separator: ":")
                    object["spec"] = ["host": .string(String(parts.first ?? "")), "port": .string(String(parts.last ?? ""))]
                } else {
                    let (host, port): (String, String) = (
                        object[["spec", "host"]]?.string ?? "", object[["spec", "port"]]?.string ?? ""
                    )
                    object["spec"] = ["hostPort": .string(host + ":" + port)]
                }
                spoil(&object)
                return object
            }
            return ["result": ["status": "Success"], "convertedObjects": .array(converted)]
        }
    }

    @Test func `each version shows its own form of the same object`() async throws {
        let server = try await TestServer()
        let hook: WebhookServer = try await Self.converter()
        try await server.define(Self.definition(hook))
        let made: TestServer.Reply = try await server.ask("POST", Self.old, Self.address("a", "v1beta1", ["hostPort": "h:1"]))
        #expect(made.code == 201 && hook.asked.isEmpty, "what is stored as it is served needs no conversion")
        let read: TestServer.Reply = try await server.ask("GET", Self.new + "/a")
        #expect(read["apiVersion"] == "example.com/v1" && read["spec"] == ["host": "h", "port": "1"])
        #expect(read["metadata", "uid"] == made["metadata", "uid"] && read.revision == made.revision)
        #expect(hook.asked.first?["desiredAPIVersion"] == "example.com/v1")

        let second: TestServer.Reply = try await server.ask("POST", Self.new, Self.address("b", "v1", ["host": "i", "port": "2"]))
        #expect(second.code == 201 && second["spec"] == ["host": "i", "port": "2"], "\(second)")
        #expect(try await server.ask("GET", Self.old + "/b")["spec"] == ["hostPort": "i:2"])
        let before: Int = hook.asked.count
        let list: TestServer.Reply = try await server.ask("GET", Self.new)
        #expect(list.names == ["a", "b"] && list["items"]?.array?.map { $0[["spec", "host"]] } == ["h", "i"])
        #expect(
            list["items"]?.array?.map { $0["apiVersion"] } == ["example.com/v1", "example.com/v1"] && list["metadata", "continue"] == "",
            "lists of custom resources are trees upstream, whose entries name their kind")
        #expect(hook.asked.count == before + 1, "a list is converted in one go")
        let table: TestServer.Reply = try await server.ask("GET", Self.new, accept: "application/json;as=Table;v=v1;g=meta.k8s.io")
        #expect(table["rows"]?.array?.count == 2)
        await hook.shutdown()
    }

    @Test func `patches, applies, status and watches work in the version that they speak`() async throws {
        let server = try await TestServer()
        let hook: WebhookServer = try await Self.converter()
        try await server.define(Self.definition(hook))
        let made: TestServer.Reply = try await server.ask("POST", Self.old, Self.address("a", "v1beta1", ["hostPort": "h:1"]))
        let watch: WatchRecord = try await server.watch(Self.new + "?resourceVersion=\(made.revision)")
        let patched: TestServer.Reply = try await server.ask("PATCH", Self.new + "/a", ["spec": ["port": "3"]], type: .mergePatch)
        #expect(patched["spec"] == ["host": "h", "port": "3"] && patched["metadata", "generation"] == 2, "\(patched)")
        let status: TestServer.Reply = try await server.ask(
            "PATCH", Self.new + "/a/status", ["status": ["seen": true]], type: .mergePatch)
        #expect(status["status"] == ["seen": true], "\(status)")
        let applied: TestServer.Reply = try await server.ask(
            "PATCH", Self.new + "/a?fieldManager=other&force=true", Self.address("a", "v1", ["host": "j"]), type: .applyYAML)
        #expect(applied["spec"] == ["host": "j", "port": "3"], "\(applied)")
        #expect(try await server.ask("GET", Self.old + "/a")["spec"] == ["hostPort": "j:3"])
        try await watch.expect(["MODIFIED a", "MODIFIED a", "MODIFIED a"])
        #expect(watch.events.allSatisfy { $0[["object", "apiVersion"]] == "example.com/v1" })
        #expect(watch.events.last?[["object", "spec"]] == ["host": "j", "port": "3"])
        await hook.shutdown()
    }

    private static let failed =
        "conversion for example.com/v1beta1, Kind=Address failed: conversion webhook for example.com/v1beta1, "
        + "Kind=Address failed: "

    private static let answers: [(JSON, String)] = [
        (["uid": "other", "result": ["status": "Success"]], "\", got \"other\""),
        (["result": ["status": "Success"], "convertedObjects": []], "returned 0 objects, expected 1"),
        (["result": ["status": "Failed"]], "response.result.status was 'Failed', not 'Success'"),
        (["result": [:]], "response.result.status was '', not 'Success'"),
    ]

    @Test(arguments: answers.indices) func `an answer that is none is told in upstream's words`(_ index: Int) async throws {
        let (answer, text): (JSON, String) = Self.answers[index]
        let server = try await TestServer()
        let hook = try await WebhookServer { _ in answer }
        try await server.define(Self.definition(hook))
        try await server.ask("POST", Self.old, Self.address("a", "v1beta1", ["hostPort": "h:1"]))
        for path in [Self.new + "/a", Self.new] {
            let refused: TestServer.Reply = try await server.ask("GET", path)
            let message: String = refused["message"]?.string ?? ""
            #expect(refused.code == 500 && refused["reason"] == nil, "\(refused)")
            #expect(message.hasPrefix("conversion for example.com/v1beta1, Kind=Address ") && message.hasSuffix(text), "\(message)")
        }
        await hook.shutdown()
    }

    private static let flaws: [(@Sendable (inout JSON) -> Void, String)] = [
        ({ $0["apiVersion"] = "example.com/v2" }, "invalid groupVersion (expected example.com/v1, received example.com/v2)"),
        ({ $0[["metadata", "name"]] = "other" }, "must have the same name: a != other"),
        ({ $0[["metadata", "uid"]] = "0" }, " != 0"),
        ({ $0["metadata"] = nil }, "must have the same name: a != "),
        ({ $0[["metadata", "labels"]] = ["a b": "c"] }, #"metadata.labels: Invalid value: "a b": \#(Names.qualifiedName("a b")[0])"#),
        ({ $0[["metadata", "labels"]] = ["a": 1] }, "metadata.labels[a] must be a string, but is int64 in converted object"),
        ({ $0[["metadata", "annotations"]] = "x" }, "invalid metadata.annotations of type string in converted object"),
        ({ $0["kind"] = "Other" }, "invalid kind (expected Address, received Other)"),
    ]

    @Test(arguments: flaws.indices)
    func `a webhook may change nothing of what an object is`(_ index: Int) async throws {
        let (spoil, text): (@Sendable (inout JSON) -> Void, String) = Self.flaws[index]
        let server = try await TestServer()
        let hook: WebhookServer = try await Self.converter(spoil)
        try await server.define(Self.definition(hook))
        try await server.ask("POST", Self.old, Self.address("a", "v1beta1", ["hostPort": "h:1"]))
        let refused: TestServer.Reply = try await server.ask("GET", Self.new + "/a")
        #expect(refused.code == 500)
        let message: String = refused["message"]?.string ?? ""
        #expect(
            message.hasPrefix("conversion for example.com/v1beta1, Kind=Address returned invalid ") && message.contains(" at index 1: ")
                && message.hasSuffix(text), "\(message)")
        await hook.shutdown()
    }

    @Test func `labels and annotations are the webhook's to change, other metadata is not`() async throws {
        let server = try await TestServer()
        let hook: WebhookServer = try await Self.converter { object in
            object[["metadata", "labels"]] = ["converted": "yes"]
            object[["metadata", "finalizers"]] = ["example.com/mine"]
        }
        try await server.define(Self.definition(hook))
        try await server.ask("POST", Self.old, Self.address("a", "v1beta1", ["hostPort": "h:1"]))
        let read: TestServer.Reply = try await server.ask("GET", Self.new + "/a")
        #expect(read["metadata", "labels"] == ["converted": "yes"] && read["metadata", "finalizers"] == nil)
        await hook.shutdown()
    }

    @Test func `a webhook that refuses or is gone is told, and its objects can still be deleted with their definition`() async throws {
        let server = try await TestServer()
        let hook = try await WebhookServer { _ in ["result": ["status": "Failed", "message": "not today"]] }
        try await server.define(Self.definition(hook))
        try await server.ask("POST", Self.old, Self.address("a", "v1beta1", ["hostPort": "h:1"]))
        let refused: TestServer.Reply = try await server.ask("GET", Self.new + "/a")
        #expect(refused.code == 500)
        #expect(
            refused["message"]?.string == Self.failed + "not today")
        await hook.shutdown()
        // Its port may be somebody else's by now.
        let closed = try ClosedPort()
        let place = "127.0.0.1:\(closed.number)"
        try await server.ask(
            "PATCH", CronTabs.definitions + "/addresses.example.com",
            ["spec": ["conversion": ["webhook": ["clientConfig": ["url": .string("https://\(place)/convert")]]]]], type: .mergePatch)
        try await eventually("nobody is there") {
            try await server.ask("GET", Self.new)["message"]?.string
                == Self.failed + "Post \"https://\(place)/convert?timeout=30s\": dial tcp \(place): connect: connection refused"
        }
        try await server.ask("DELETE", CronTabs.definitions + "/addresses.example.com")
        try await eventually("the definition is gone") {
            try await server.ask("GET", CronTabs.definitions + "/addresses.example.com").code == 404
        }
    }
}
