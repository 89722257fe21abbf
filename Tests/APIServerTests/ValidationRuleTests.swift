import API
import Machinery
import TestSupport
import Testing

/// `x-kubernetes-validations` of custom resources. Outside source: the Kubernetes documentation of CustomResourceDefinitions, and the
/// texts of k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel.
@Suite struct ValidationRuleTests {
    /// CronTabs with rules at some places of the schema.
    private func definition(_ rules: [([String], JSON)], _ changes: [([String], JSON)] = []) -> JSON {
        var schema: JSON = CronTabs.schema
        for (path, value) in changes { schema[path] = value }
        for (path, value) in rules { schema[path + ["x-kubernetes-validations"]] = value }
        return CronTabs.definition([CronTabs.version("v1", isStorage: true, ["schema": ["openAPIV3Schema": schema]])])
    }

    private static let spec: [String] = ["properties", "spec"]
    private static let ports: [String] = spec + ["properties", "ports"]

    private func complaints(_ reply: TestServer.Reply) -> [String] {
        (reply["details", "causes"]?.array ?? []).map { "\($0["field"]?.string ?? ""): \($0["message"]?.string ?? "")" }
    }

    @Test func `a rule that is broken refuses the object in its own words`() async throws {
        let server = try await TestServer()
        let made: TestServer.Reply = try await server.define(
            definition([
                (
                    Self.spec,
                    [
                        ["rule": "self.replicas < 5"],
                        ["rule": "!has(self.image) || self.image.startsWith('registry/')", "message": "images come from the registry"],
                        [
                            "rule": "!has(self.hosts) || size(self.hosts) <= self.replicas",
                            "messageExpression": "'%d hosts for %d replicas'.format([size(self.hosts), self.replicas])",
                            "reason": "FieldValueForbidden", "fieldPath": ".hosts",
                        ],
                    ]
                ), ([], [["rule": "self.metadata.name.startsWith('a')"]]),
            ]))
        #expect(made.code == 201 && made.warnings.isEmpty, "\(made)")
        #expect(try await server.ask("POST", CronTabs.objects, CronTabs.object("a-good")).code == 201)
        let refused: TestServer.Reply = try await server.ask(
            "POST", CronTabs.objects,
            CronTabs.object("bad", ["replicas": 6, "image": "web", "hosts": ["a", "b", "c", "d", "e", "f", "g"]]))
        #expect(refused.code == 422)
        #expect(
            complaints(refused).sorted() == [
                #"<nil>: Invalid value: "object": failed rule: self.metadata.name.startsWith('a')"#,
                #"spec.hosts: Forbidden: 7 hosts for 6 replicas"#,
                #"spec: Invalid value: "object": failed rule: self.replicas < 5"#,
                #"spec: Invalid value: "object": images come from the registry"#,
            ], "\(complaints(refused))")
    }

    @Test func `rules on transitions see the value as it was`() async throws {
        let server = try await TestServer()
        try await server.define(
            definition([
                (Self.spec + ["properties", "color"], [["rule": "self == oldSelf", "message": "the colour stays"]]),
                (Self.ports + ["items"], [["rule": "!has(oldSelf.number) || self.number >= oldSelf.number"]]),
                (
                    Self.spec + ["properties", "replicas"],
                    [["rule": "!oldSelf.hasValue() || self <= oldSelf.value() * 2", "optionalOldSelf": true]]
                ),
            ]))
        let made: TestServer.Reply = try await server.ask(
            "POST", CronTabs.objects,
            CronTabs.object("a", ["color": "red", "replicas": 2, "ports": [["name": "x", "number": 1], ["name": "y", "number": 5]]]))
        #expect(made.code == 201, "\(made)")
        func patch(_ spec: JSON) async throws -> [String] {
            complaints(try await server.ask("PATCH", CronTabs.objects + "/a", ["spec": spec], type: .mergePatch))
        }
        #expect(try await patch(["color": "blue"]) == [#"spec.color: Invalid value: "string": the colour stays"#])
        #expect(
            try await patch(["replicas": 5]) == [
                #"spec.replicas: Invalid value: "integer": failed rule: !oldSelf.hasValue() || self <= oldSelf.value() * 2"#
            ])
        // Elements are told apart by their keys, not by their places.
        #expect(try await patch(["ports": [["name": "y", "number": 5], ["name": "x", "number": 2]]]) == [])
        #expect(
            try await patch(["ports": [["name": "y", "number": 4], ["name": "x", "number": 2]]]) == [
                #"spec.ports[0]: Invalid value: "object": failed rule: !has(oldSelf.number) || self.number >= oldSelf.number"#
            ])
    }

    @Test func `what an update leaves as it was is not held against it`() async throws {
        let server = try await TestServer()
        try await server.define(definition([]))
        try await server.ask("POST", CronTabs.objects, CronTabs.object("a", ["color": "red", "replicas": 9]))
        var stricter: JSON = definition([(Self.spec + ["properties", "replicas"], [["rule": "self < 5"]])])
        stricter[["metadata", "resourceVersion"]] = try await server.ask("GET", CronTabs.definitions + "/" + CronTabs.name)[
            "metadata", "resourceVersion"]
        #expect(try await server.ask("PUT", CronTabs.definitions + "/" + CronTabs.name, stricter).code == 200)
        try await eventually("the rule is in force") {
            try await server.ask("POST", CronTabs.objects, CronTabs.object("b", ["replicas": 7])).code == 422
        }
        let kept: TestServer.Reply = try await server.ask(
            "PATCH", CronTabs.objects + "/a", ["spec": ["color": "blue"]], type: .mergePatch)
        #expect(kept.code == 200)
        #expect(kept.warnings == [#"spec.replicas: Invalid value: "integer": failed rule: self < 5"#])
        #expect(
            try await server.ask("PATCH", CronTabs.objects + "/a", ["spec": ["replicas": 8]], type: .mergePatch).code == 422)
    }

    @Test(arguments: [
        (
            "self.nope > 1",
            "Invalid value: {\"Rule\":\"self.nope > 1\",\"Message\":\"\",\"MessageExpression\":\"\",\"Reason\":null,\"FieldPath\":\"\",\"OptionalOldSelf\":null}: "
                + "compilation failed: ERROR: <input>:1:5: undefined field 'nope'\n | self.nope > 1\n | ....^"
        ),
        ("self.replicas", "cel expression must evaluate to a bool"),
        ("self.replicas == 'a'", "found no matching overload for '_==_' applied to '(int, string)'"),
        (
            "self.hosts.all(a, self.hosts.all(b, a == b || a.contains(b)))",
            "Forbidden: estimated rule cost exceeds budget by factor of more than 100x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)"
        ),
    ])
    func `a definition whose rules can't be afforded or understood is refused`(_ rule: String, _ complaint: String) async throws {
        let server = try await TestServer()
        let refused: TestServer.Reply = try await server.define(definition([(Self.spec, [["rule": .string(rule)]])]))
        #expect(refused.code == 422)
        let place = "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule: "
        #expect(complaints(refused).contains { $0.hasPrefix(place) && $0.contains(complaint) }, "\(complaints(refused))")
    }

    @Test func `rules that speak of what can't be told are refused`() async throws {
        let server = try await TestServer()
        let refused: TestServer.Reply = try await server.define(
            definition([
                (Self.spec + ["properties", "hosts", "items"], [["rule": "self == oldSelf"]]),
                (Self.spec, [["rule": "self.replicas > 0", "optionalOldSelf": true, "fieldPath": ".nope", "messageExpression": "1"]]),
                (Self.spec + ["properties", "free"], [["rule": "self.x > 0"]]),
            ]))
        let found: [String] = complaints(refused)
        for expected in [
            "properties[spec].properties[hosts].items.x-kubernetes-validations[0].rule: Invalid value: \"self == oldSelf\": oldSelf cannot be used on the uncorrelatable portion of the schema within spec.validation.openAPIV3Schema.properties[spec].properties[hosts]",
            "properties[spec].x-kubernetes-validations[0].optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule",
            "properties[spec].x-kubernetes-validations[0].fieldPath: Invalid value: \".nope\": fieldPath must be a valid path: does not refer to a valid field",
            "messageExpression must evaluate to a string", "undefined field 'x'",
        ] {
            #expect(found.contains { $0.contains(expected) }, "\(expected) is not in \(found)")
        }
    }

    @Test func `an object that is wrong elsewhere is told that its rules were not looked at`() async throws {
        let server = try await TestServer()
        try await server.define(definition([(Self.spec, [["rule": "self.replicas < 5"]])]))
        let refused: TestServer.Reply = try await server.ask("POST", CronTabs.objects, CronTabs.object("a", ["replicas": "many"]))
        #expect(
            complaints(refused).contains { $0.hasPrefix("<nil>: Invalid value: null: some validation rules were not checked") },
            "\(refused)")
    }

    @Test func `a rule that costs too much for one object refuses it`() async throws {
        let server = try await TestServer()
        try await server.define(
            definition(
                [(Self.spec, [["rule": "!has(self.hosts) || self.hosts.all(a, self.hosts.all(b, self.hosts.all(c, a + b != c)))"]])],
                [(Self.spec + ["properties", "hosts", "maxItems"], 60), (Self.spec + ["properties", "hosts", "items", "maxLength"], 5)]))
        let hosts: JSON = .array((0..<60).map { .string("h\($0)") })
        let refused: TestServer.Reply = try await server.ask("POST", CronTabs.objects, CronTabs.object("a", ["hosts": hosts]))
        #expect(
            complaints(refused).contains {
                $0.contains(
                    "'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit"
                )
            }, "\(refused)")
    }
}
