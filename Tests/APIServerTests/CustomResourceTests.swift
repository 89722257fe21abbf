@testable import APIServer
import API
import Machinery
import TestSupport
import Testing

/// Custom resources over the life of their definition, against the server in process.
@Suite struct CustomResourceTests {
    @Test func `a definition is served as soon as it says so, with names, columns and subresources`() async throws {
        let server = try await TestServer()
        #expect(try await server.ask("GET", CronTabs.objects).code == 404)
        let made: TestServer.Reply = try await server.define()
        #expect(made["status", "storedVersions"] == ["v1"] && made["spec", "names", "listKind"] == "CronTabList")
        #expect(made["spec", "conversion"] == ["strategy": "None"])
        let created: TestServer.Reply = try await server.ask("POST", CronTabs.objects, CronTabs.object("a"))
        #expect(created.code == 201 && created["spec", "replicas"] == 1 && created["metadata", "generation"] == 1)
        let list: TestServer.Reply = try await server.ask("GET", CronTabs.objects)
        #expect(list["kind"] == "CronTabList" && list.names == ["a"])

        let discovery: JSON = try await server.document("/apis/stable.example.com/v1")
        #expect(
            (discovery["resources"]?.array ?? []).compactMap { $0["name"]?.string } == ["crontabs", "crontabs/scale", "crontabs/status"])
        #expect(discovery["resources"]?.array?.first?["shortNames"] == ["ct"])
        let openAPI: JSON = try await server.document("/openapi/v3/apis/stable.example.com/v1")
        let schema: JSON? = openAPI[["components", "schemas", "com.example.stable.v1.CronTab"]]
        #expect(schema?[["properties", "spec", "properties", "image", "description"]] == "What to run.")
        #expect(schema?["x-kubernetes-group-version-kind"] == [["group": "stable.example.com", "kind": "CronTab", "version": "v1"]])

        let table: TestServer.Reply = try await server.ask(
            "GET", CronTabs.objects, accept: "application/json;as=Table;v=v1;g=meta.k8s.io")
        #expect((table["columnDefinitions"]?.array ?? []).compactMap { $0["name"]?.string } == ["Name", "Spec", "Replicas", "Age"])
        #expect(table["rows"]?.array?.first?["cells"] == ["a", "* * * * */5", 1, "0s"])
    }

    @Test func `version 2 of OpenAPI names no members of what may have any`() async throws {
        let server = try await TestServer()
        try await server.define(
            CronTabs.definition([
                CronTabs.version(
                    "v1", isStorage: true,
                    [
                        "schema": [
                            "openAPIV3Schema": [
                                "type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties": ["spec": ["type": "object"]],
                            ]
                        ], "selectableFields": nil,
                    ])
            ]))
        let swagger: JSON = try await server.document("/openapi/v2")
        #expect(
            swagger[["definitions", "com.example.stable.v1.CronTab"]]
                == [
                    "type": "object",
                    "x-kubernetes-group-version-kind": [["group": "stable.example.com", "kind": "CronTab", "version": "v1"]],
                ])
    }

    @Test func `the schema prunes, defaults and refuses`() async throws {
        let server = try await TestServer()
        try await server.define()
        let made: TestServer.Reply = try await server.ask(
            "POST", CronTabs.objects,
            CronTabs.object("a", ["bogus": 1, "free": ["any": ["thing": 1]], "note": nil, "image": nil, "port": "http"]))
        #expect(made.code == 201 && made.warnings == [#"unknown field "spec.bogus""#])
        #expect(made["spec"] == ["cronSpec": "* * * * */5", "free": ["any": ["thing": 1]], "note": nil, "port": "http", "replicas": 1])
        let strict: TestServer.Reply = try await server.ask(
            "POST", CronTabs.objects + "?fieldValidation=Strict", CronTabs.object("b", ["bogus": 1]))
        #expect(strict.code == 400)
        #expect(
            strict["message"]
                == #"CronTab in version "v1" cannot be handled as a CronTab: strict decoding error: unknown field "spec.bogus""#)
        let bad: TestServer.Reply = try await server.ask("POST", CronTabs.objects, CronTabs.object("b", ["replicas": "many"]))
        #expect(bad.code == 422)
        #expect(
            bad["message"]
                == .string(
                    #"CronTab.stable.example.com "b" is invalid: [spec.replicas: Invalid value: "string": "#
                        + #"spec.replicas in body must be of type integer: "string", .spec.replicas: Invalid value: 0: "#
                        + ".spec.replicas accessor error: many is of the type string, expected int64]"))
    }

    @Test func `an object of another kind or version is refused`() async throws {
        let server = try await TestServer()
        try await server.define()
        var other: JSON = CronTabs.object("a")
        other["kind"] = "Other"
        let kind: TestServer.Reply = try await server.ask("POST", CronTabs.objects, other)
        #expect(kind.code == 422)
        #expect(kind["message"] == #"CronTab.stable.example.com "a" is invalid: kind: Invalid value: "Other": must be CronTab"#)
        let version: TestServer.Reply = try await server.ask("POST", CronTabs.objects, CronTabs.object("a", version: "v2"))
        #expect(version.code == 400)
        #expect(
            version["message"]?.string == "the API version in the data (stable.example.com/v2) does not match the expected API version "
                + "(stable.example.com/v1)")
    }

    @Test func `status and scale are written apart, and generation counts the spec`() async throws {
        let server = try await TestServer()
        try await server.define()
        var object: JSON = CronTabs.object("a")
        object["status"] = ["replicas": 7]
        #expect(try await server.ask("POST", CronTabs.objects, object)["status"] == nil)
        let status: TestServer.Reply = try await server.ask(
            "PATCH", CronTabs.objects + "/a/status", ["spec": ["replicas": 9], "status": ["replicas": 2, "selector": "app=a"]],
            type: .mergePatch)
        #expect(status["status", "replicas"] == 2 && status["spec", "replicas"] == 1 && status["metadata", "generation"] == 1)
        let scale: TestServer.Reply = try await server.ask("GET", CronTabs.objects + "/a/scale")
        #expect(scale["spec"] == ["replicas": 1] && scale["status"] == ["replicas": 2, "selector": "app=a"])
        try await server.ask("PATCH", CronTabs.objects + "/a/scale", ["spec": ["replicas": 3]], type: .mergePatch)
        let scaled: TestServer.Reply = try await server.ask("GET", CronTabs.objects + "/a")
        #expect(scaled["spec", "replicas"] == 3 && scaled["metadata", "generation"] == 2)
    }

    @Test func `strategic merge is refused, merge and apply work by the declared keys`() async throws {
        let server = try await TestServer()
        try await server.define()
        try await server.ask("POST", CronTabs.objects, CronTabs.object("a"))
        #expect(try await server.ask("PATCH", CronTabs.objects + "/a", ["spec": [:]], type: .strategicMergePatch).code == 415)
        for (manager, port) in [("one", "http"), ("two", "https")] {
            let applied: TestServer.Reply = try await server.ask(
                "PATCH", CronTabs.objects + "/b?fieldManager=" + manager,
                CronTabs.object("b", ["ports": [["name": .string(port), "number": 80]]]), type: .applyYAML)
            #expect(applied.code < 300, "\(applied)")
        }
        let both: TestServer.Reply = try await server.ask("GET", CronTabs.objects + "/b")
        #expect((both["spec", "ports"]?.array ?? []).compactMap { $0["name"]?.string } == ["http", "https"])
        let conflict: TestServer.Reply = try await server.ask(
            "PATCH", CronTabs.objects + "/b?fieldManager=three", CronTabs.object("b", ["cronSpec": "1 * * * *"]), type: .applyYAML)
        #expect(conflict.code == 409)
    }

    @Test func `fields that the definition names select in lists and watches`() async throws {
        let server = try await TestServer()
        try await server.define()
        try await server.ask("POST", CronTabs.objects, CronTabs.object("red", ["color": "red"]))
        try await server.ask("POST", CronTabs.objects, CronTabs.object("blue", ["color": "blue"]))
        #expect(try await server.ask("GET", CronTabs.objects + "?fieldSelector=spec.color%3Dred").names == ["red"])
        #expect(try await server.ask("GET", CronTabs.objects + "?fieldSelector=spec.image%3Dx").code == 400)
    }

    @Test func `two versions are one object, each with its own name`() async throws {
        let server = try await TestServer()
        try await server.define(
            CronTabs.definition([
                CronTabs.version("v1beta1", isStorage: false, ["deprecated": true]), CronTabs.version("v1", isStorage: true),
            ]))
        let beta: String = CronTabs.objects.replacing("/v1/", with: "/v1beta1/")
        let made: TestServer.Reply = try await server.ask("POST", beta, CronTabs.object("a", version: "v1beta1"))
        #expect(made["apiVersion"] == "stable.example.com/v1beta1")
        #expect(made.warnings == ["stable.example.com/v1beta1 CronTab is deprecated; use stable.example.com/v1 CronTab"])
        #expect(try await server.ask("GET", CronTabs.objects + "/a")["apiVersion"] == "stable.example.com/v1")
        let list: TestServer.Reply = try await server.ask("GET", beta)
        #expect(list["apiVersion"] == "stable.example.com/v1beta1" && list.names == ["a"])
        let watch: WatchRecord = try await server.watch(beta + "?resourceVersion=\(list.revision)")
        try await server.ask("PATCH", CronTabs.objects + "/a", ["spec": ["replicas": 4]], type: .mergePatch)
        try await eventually("the change is told in the watched version") { watch.events.count == 1 }
        #expect(watch.events.first?[["object", "apiVersion"]] == "stable.example.com/v1beta1")

        // Another storage version: what is stored stays readable, and moves with its next write.
        try await server.ask(
            "PATCH", CronTabs.definitions + "/" + CronTabs.name,
            [
                "spec": [
                    "versions": [CronTabs.version("v1beta1", isStorage: true), CronTabs.version("v1", isStorage: false)]
                ]
            ], type: .mergePatch)
        let definition: TestServer.Reply = try await server.ask("GET", CronTabs.definitions + "/" + CronTabs.name)
        #expect(definition["status", "storedVersions"] == ["v1", "v1beta1"])
        try await eventually("the storage version hash changes") {
            let resources: JSON = try await server.document("/apis/stable.example.com/v1")
            return resources["resources"]?.array?.first?["storageVersionHash"]
                == .string(
                    DiscoveryDocuments.storageVersionHash(
                        KindNames("CronTab", group: "stable.example.com", version: "v1beta1", plural: "crontabs")))
        }
        #expect(try await server.ask("GET", CronTabs.objects + "/a")["spec", "replicas"] == 4)
    }

    @Test func `a new default shows in objects that were stored before`() async throws {
        let server = try await TestServer()
        try await server.define()
        try await server.ask("POST", CronTabs.objects, CronTabs.object("a"))
        var schema: JSON = CronTabs.schema
        schema[["properties", "spec", "properties", "image", "default"]] = "busybox"
        try await server.ask(
            "PATCH", CronTabs.definitions + "/" + CronTabs.name,
            ["spec": ["versions": [CronTabs.version("v1", isStorage: true, ["schema": ["openAPIV3Schema": schema]])]]], type: .mergePatch)
        try await eventually("the default is read") {
            try await server.ask("GET", CronTabs.objects + "/a")["spec", "image"] == "busybox"
        }
    }

    @Test func `what became invalid may stay as it is, and not change to something else that is invalid`() async throws {
        let server = try await TestServer()
        try await server.define()
        let ports: JSON = [["name": "http", "number": 80], ["name": "other", "number": 1]]
        try await server.ask("POST", CronTabs.objects, CronTabs.object("a", ["image": "nginx", "note": "x", "ports": ports]))
        var schema: JSON = CronTabs.schema
        schema[["properties", "spec", "properties", "image", "maxLength"]] = 3
        schema[["properties", "spec", "properties", "note", "minLength"]] = 5
        schema[["properties", "spec", "properties", "ports", "items", "properties", "number", "minimum"]] = 1000
        try await server.ask(
            "PATCH", CronTabs.definitions + "/" + CronTabs.name,
            ["spec": ["versions": [CronTabs.version("v1", isStorage: true, ["schema": ["openAPIV3Schema": schema]])]]], type: .mergePatch)
        try await eventually("the new schema holds") {
            try await server.ask("POST", CronTabs.objects + "?dryRun=All", CronTabs.object("b", ["image": "nginx"])).code == 422
        }
        let kept: TestServer.Reply = try await server.ask(
            "PATCH", CronTabs.objects + "/a", ["spec": ["replicas": 2, "note": "long enough"]], type: .mergePatch)
        #expect(kept.code == 200 && kept["spec", "image"] == "nginx", "\(kept)")
        let moved: TestServer.Reply = try await server.ask(
            "PATCH", CronTabs.objects + "/a",
            ["spec": ["ports": [["name": "new", "number": 2000], ["name": "http", "number": 80]]]], type: .mergePatch)
        #expect(moved.code == 200, "an element of a map is known by its key: \(moved)")
        let changed: TestServer.Reply = try await server.ask(
            "PATCH", CronTabs.objects + "/a", ["spec": ["image": "httpd"]], type: .mergePatch)
        #expect(changed.code == 422)
        #expect(
            changed["message"] == #"CronTab.stable.example.com "a" is invalid: spec.image: Too long: may not be more than 3 bytes"#)
    }

    @Test func `a watch ends when its resource is no longer served as it was`() async throws {
        let server = try await TestServer()
        let made: TestServer.Reply = try await server.define()
        try await server.ask("POST", CronTabs.objects, CronTabs.object("a"))
        let first: WatchRecord = try await server.watch(CronTabs.objects)
        try await first.expect(["ADDED a"])
        try await server.ask(
            "PATCH", CronTabs.definitions + "/" + CronTabs.name, ["metadata": ["labels": ["some": "label"]]], type: .mergePatch)
        try await server.ask("PATCH", CronTabs.objects + "/a", ["spec": ["replicas": 2]], type: .mergePatch)
        try await first.expect(["ADDED a", "MODIFIED a"])
        #expect(!first.isEnded, "a label of the definition changes nothing")
        let more: JSON = ["additionalPrinterColumns": [["name": "Image", "type": "string", "jsonPath": ".spec.image"]]]
        try await server.ask(
            "PATCH", CronTabs.definitions + "/" + CronTabs.name,
            ["spec": ["versions": [CronTabs.version("v1", isStorage: true, more)]]], type: .mergePatch)
        try await eventually("the first watch ends") { first.isEnded }

        let second: WatchRecord = try await server.watch(CronTabs.objects + "?resourceVersion=\(made.revision)")
        try await server.ask("DELETE", CronTabs.definitions + "/" + CronTabs.name)
        try await second.expect(["ADDED a", "MODIFIED a", "DELETED a"])
        try await eventually("the second watch ends") { second.isEnded }
    }

    @Test func `names that another definition has are not accepted until it goes`() async throws {
        let server = try await TestServer()
        try await server.define()
        var second: JSON = CronTabs.definition(short: ["ct", "tt"])
        second[["metadata", "name"]] = "tabs.stable.example.com"
        second[["spec", "names"]] = ["plural": "tabs", "singular": "tab", "kind": "CronTab", "shortNames": ["tt"]]
        try await server.ask("POST", CronTabs.definitions, second)
        let place: String = CronTabs.definitions + "/tabs.stable.example.com"
        try await eventually("the conflict is told") {
            try await server.ask("GET", place).condition("NamesAccepted")?["reason"] == "ListKindConflict"
        }
        let told: TestServer.Reply = try await server.ask("GET", place)
        #expect(told.condition("NamesAccepted")?["message"] == #""CronTabList" is already in use"#)
        #expect(told.condition("Established")?["reason"] == "NotAccepted")
        #expect(try await server.ask("GET", "/apis/stable.example.com/v1/tabs").code == 404)
        try await server.ask("DELETE", CronTabs.definitions + "/" + CronTabs.name)
        try await eventually("the second one has the names") { try await server.ask("GET", place).isEstablished }
        #expect(try await server.ask("GET", "/apis/stable.example.com/v1/tabs").code == 200)
    }

    @Test func `a definition takes its objects with it, those with finalizers last`() async throws {
        let server = try await TestServer()
        try await server.define()
        var held: JSON = CronTabs.object("held")
        held[["metadata", "finalizers"]] = ["example.com/hold"]
        try await server.ask("POST", CronTabs.objects, held)
        try await server.ask("POST", CronTabs.objects, CronTabs.object("free"))
        let deleted: TestServer.Reply = try await server.ask("DELETE", CronTabs.definitions + "/" + CronTabs.name)
        #expect(deleted["metadata", "finalizers"] == ["customresourcecleanup.apiextensions.k8s.io"])
        try await eventually("what nothing holds is gone") { try await server.ask("GET", CronTabs.objects).names == ["held"] }
        let refused: TestServer.Reply = try await server.ask("POST", CronTabs.objects, CronTabs.object("late"))
        #expect(refused.code == 405)
        #expect(refused["message"] == "create not allowed while custom resource definition is terminating")
        try await server.ask("PATCH", CronTabs.objects + "/held", ["metadata": ["finalizers": nil]], type: .mergePatch)
        try await eventually("the definition is gone") {
            try await server.ask("GET", CronTabs.definitions + "/" + CronTabs.name).code == 404
        }
        try await eventually("and so is its resource") { try await server.ask("GET", CronTabs.objects).code == 404 }
    }

    @Test func `what is stored is served by the next server at once`() async throws {
        let server = try await TestServer()
        try await server.define()
        try await server.ask("POST", CronTabs.objects, CronTabs.object("a"))
        let next: APIServer = try server.another()
        let resource = GroupVersionResource(group: "stable.example.com", version: "v1", resource: "crontabs")
        #expect(next.type(of: resource)?.names.kind == "CronTab")
    }

    /// Go compares texts by their bytes, Swift by what they look like: keys that Swift takes for the same are two.
    @Test(arguments: [0, 40]) func `texts of other bytes are other keys, values and elements, however alike they look`(
        _ others: Int
    ) async throws {
        let server = try await TestServer()
        try await server.define()
        let (one, two): (String, String) = ("caf\u{e9}", "cafe\u{301}")
        var free: JSON = [one: "1", two: "2"]
        for index in 0..<others { free["key\(index)"] = "x" }
        var both: JSON = CronTabs.object("a", ["free": free, "hosts": [.string(one), .string(two)]])
        // Refused, but read first: annotations have plainer names.
        both[["metadata", "annotations"]] = [one: "1", two: "2"]
        #expect(try await server.ask("POST", CronTabs.objects, both).code == 422)
        both[["metadata", "annotations"]] = nil
        let made: TestServer.Reply = try await server.ask("POST", CronTabs.objects, both)
        #expect(made.code == 201 && made["spec", "free", one] == "1" && made["spec", "free", two] == "2", "\(made)")
        let owned: JSON? = made["metadata", "managedFields"]?.array?.first?[["fieldsV1", "f:spec", "f:free"]]
        #expect(owned?["f:" + one] != nil && owned?["f:" + two] != nil)

        let path: String = CronTabs.objects + "/a"
        let changed: TestServer.Reply = try await server.ask(
            "PATCH", path, ["spec": ["free": [one: .string(two)]]], type: .mergePatch)
        let again: TestServer.Reply = try await server.ask("PATCH", path, ["spec": ["free": [one: .string(one)]]], type: .mergePatch)
        #expect(made.revision != changed.revision && changed.revision != again.revision, "another spelling is another value")
        let gone: TestServer.Reply = try await server.ask("PATCH", path, ["spec": ["free": [one: nil]]], type: .mergePatch)
        #expect(gone["spec", "free", one] == nil && gone["spec", "free", two] == "2")

        let applied: JSON = [
            "apiVersion": "stable.example.com/v1", "kind": "CronTab", "metadata": ["name": "a"], "spec": ["free": [one: "3"]],
        ]
        let taken: TestServer.Reply = try await server.ask("PATCH", path + "?fieldManager=me", applied, type: .applyYAML)
        #expect(taken["spec", "free", one] == "3" && taken["spec", "free", two] == "2", "\(taken)")
    }
}
