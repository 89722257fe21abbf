import API
import Machinery
import TestSupport
import Testing

/// What a strict reader refuses of a body, and what others are warned of. Outside source: texts and order that upstream's own test expects,
/// test/integration/apiserver/field_validation_test.go.
@Suite struct FieldValidationTests {
    private static let invalid =
        #"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"dupename","name":"web","labels":{"app":"web"},"#
        + #""unknownMeta":"m"},"spec":{"unknown1":"a","unknownDupe":"b","unknownDupe":"c","paused":true,"paused":false,"selector":"#
        + #"{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"c","image":"i","#
        + #""unknownNested":"d","imagePullPolicy":"Always","imagePullPolicy":"Never"}]}}}}"#

    @Test func `a JSON text is complained of in its order`() async throws {
        let server = try await TestServer()
        let expected: [String] = [
            #"duplicate field "metadata.name""#, #"unknown field "metadata.unknownMeta""#, #"unknown field "spec.unknown1""#,
            #"unknown field "spec.unknownDupe""#, #"duplicate field "spec.paused""#,
            #"unknown field "spec.template.spec.containers[0].unknownNested""#,
            #"duplicate field "spec.template.spec.containers[0].imagePullPolicy""#,
        ]
        let bytes = Array(Self.invalid.utf8)
        let strict: TestServer.Reply = try await server.ask("POST", Place.deployments + "?fieldValidation=Strict", bytes: bytes)
        #expect(strict.code == 400)
        #expect(strict["message"]?.string?.hasSuffix("strict decoding error: " + expected.joined(separator: ", ")) == true, "\(strict)")
        #expect(try await server.ask("POST", Place.deployments, bytes: bytes).warnings == expected)
    }

    @Test func `a YAML text is complained of by its lines, then by name`() async throws {
        let server = try await TestServer()
        let text = """
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: dupename
              name: web
              unknownMeta: m
            spec:
              unknown1: a
              paused: true
              paused: false
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: c, image: i, unknownNested: d}]}
            """
        let lines: [String] = [#"line 5: key "name" already set in map"#, #"line 10: key "paused" already set in map"#]
        let unknown: [String] = [
            #"unknown field "metadata.unknownMeta""#, #"unknown field "spec.template.spec.containers[0].unknownNested""#,
            #"unknown field "spec.unknown1""#,
        ]
        let bytes = Array(text.utf8)
        let strict: TestServer.Reply = try await server.ask(
            "POST", Place.deployments + "?fieldValidation=Strict", bytes: bytes, type: .yaml)
        let all: String = (["yaml: unmarshal errors:\n  " + lines.joined(separator: "\n  ")] + unknown).joined(separator: ", ")
        #expect(strict["message"]?.string?.hasSuffix("strict decoding error: " + all) == true, "\(strict)")
        #expect(try await server.ask("POST", Place.deployments, bytes: bytes, type: .yaml).warnings == lines + unknown)
    }

    private static let patches: [(APIRequest.ContentType, String, [String], String)] = [
        (
            .mergePatch, #"{"spec":{"unknown1":1,"paused":true,"paused":false,"template":{"zzz":1}}}"#,
            [#"duplicate field "spec.paused""#, #"unknown field "spec.template.zzz""#, #"unknown field "spec.unknown1""#],
            #" "" is invalid: patch: Invalid value: "{\"apiVersion\":\"apps/v1\","#
        ),
        (
            .strategicMergePatch, #"{"spec":{"unknown1":1,"paused":true,"paused":false}}"#,
            [#"duplicate field "spec.paused""#, #"unknown field "spec.unknown1""#],
            #" "" is invalid: patch: Invalid value: "map[spec:map[paused:false unknown1:1]]": "#
        ),
        (
            .jsonPatch, #"[{"op":"add","path":"/spec/unknown1","value":1,"foo":1},{"op":"add","path":"/a","path":"/spec/b","value":1}]"#,
            [
                #"json patch unknown field "[0].foo""#, #"json patch duplicate field "[1].path""#, #"unknown field "spec.b""#,
                #"unknown field "spec.unknown1""#,
            ], #" "" is invalid: patch: Invalid value: "{\"apiVersion\":\"apps/v1\","#
        ),
    ]

    @Test(arguments: patches.indices) func `a patch is complained of by what stands twice, then by name, and is shown`(
        _ index: Int
    ) async throws {
        let (type, text, expected, opening): (APIRequest.ContentType, String, [String], String) = Self.patches[index]
        let server = try await TestServer()
        try await server.ask("POST", Place.deployments, Sample.deployment("web"))
        let path: String = Place.deployments + "/web?dryRun=All"
        let strict: TestServer.Reply = try await server.ask("PATCH", path + "&fieldValidation=Strict", bytes: Array(text.utf8), type: type)
        let message: String = strict["message"]?.string ?? ""
        #expect(strict.code == 422 && strict["reason"] == "Invalid")
        #expect(message.hasPrefix(opening) && message.hasSuffix("strict decoding error: " + expected.joined(separator: ", ")), "\(message)")
        #expect(try await server.ask("PATCH", path, bytes: Array(text.utf8), type: type).warnings == expected)
    }

    @Test func `a custom resource is complained of by what stands twice, then by metadata, members and embedded metadata`() async throws {
        let server = try await TestServer()
        try await server.define()
        let text =
            #"{"apiVersion":"stable.example.com/v1","kind":"CronTab","metadata":{"name":"b","name":"a","bogus":1},"spec":{"zzz":1,"#
            + #""cronSpec":"* * * * *","cronSpec":"* * * * *","ports":[{"name":"p","more":1}]}}"#
        let strict: TestServer.Reply = try await server.ask("POST", CronTabs.objects + "?fieldValidation=Strict", bytes: Array(text.utf8))
        let expected =
            #"duplicate field "metadata.name", duplicate field "spec.cronSpec", unknown field "metadata.bogus", "#
            + #"unknown field "spec.ports[0].more", unknown field "spec.zzz""#
        #expect(strict["message"]?.string?.hasSuffix("strict decoding error: " + expected) == true, "\(strict)")
    }
}
