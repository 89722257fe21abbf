@testable import APIServer
import Machinery
import Testing

/// Outside source: managedFields and messages as a Kubernetes v1.36 API server writes them for the same requests.
@Suite struct ApplyTests {
    let schema: ObjectSchema = TestWorkload.definition.schema
    let now = Time(seconds: 1_700_000_000)

    /// One minute each.
    func at(_ minute: Int64) -> Time { Time(seconds: 1_700_000_000 + 60 * minute) }

    func object(_ rest: String) throws -> JSON {
        try json(#"{"apiVersion":"apps/v1","kind":"Workload","metadata":{"name":"web","namespace":"default"},"# + rest + "}")
    }

    func apply(
        _ live: JSON?, _ rest: String, by manager: String, force: Bool = false, subresource: String = "", minute: Int64 = 0
    ) throws -> JSON {
        try ManagedFields.apply(
            live: live, applied: object(rest), manager: manager, force: force, subresource: subresource, schema: schema, now: at(minute))
    }

    func fields(_ object: JSON, of manager: String, _ operation: String = "Apply", subresource: String? = nil) -> String? {
        object["metadata"]?["managedFields"]?.array?.first {
            $0["manager"]?.string == manager && $0["operation"]?.string == operation && $0["subresource"]?.string == subresource
        }?["fieldsV1"]?.text()
    }

    static let minimal = #""spec":{"replicas":3,"selector":{"matchLabels":{"app":"web"}},"containers":[{"name":"c","image":"nginx"}]}"#

    @Test func `an apply that creates owns what it sets`() throws {
        let created: JSON = try apply(nil, Self.minimal, by: "kubectl")
        #expect(
            fields(created, of: "kubectl")
                == #"{"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{".":{},"f:image":{},"f:name":{}}},"f:replicas":{},"f:selector":{}}}"#)
        #expect(created["spec"]?["replicas"] == 3)
        #expect(created["metadata"]?["managedFields"]?.array?.first?["time"] == "2023-11-14T22:13:20Z")
    }

    @Test func `a create by update owns defaults and structs as Kubernetes writes them`() throws {
        let created: JSON = ManagedFields.update(
            old: nil,
            new: try object(
                """
                "spec":{"replicas":1,"selector":{"matchLabels":{"a":"b"}},"strategy":{"type":"R","rollingUpdate":{"maxSurge":1}},
                "containers":[{"name":"c","ports":[{"containerPort":80,"protocol":"TCP"}],"resources":{}}]},"status":{}
                """),
            manager: "kubectl-create", schema: schema, now: now)
        let expected: JSON = try json(
            """
            {"f:spec":{"f:containers":{"k:{\\"name\\":\\"c\\"}":{".":{},"f:name":{},
              "f:ports":{".":{},"k:{\\"containerPort\\":80,\\"protocol\\":\\"TCP\\"}":{".":{},"f:containerPort":{},"f:protocol":{}}},
              "f:resources":{}}},
              "f:replicas":{},"f:selector":{},"f:strategy":{"f:rollingUpdate":{".":{},"f:maxSurge":{}},"f:type":{}}}}
            """)
        #expect(fields(created, of: "kubectl-create", "Update") == expected.text())
    }

    @Test func `creators of objects that are alike own the same, and of others what is theirs`() throws {
        let env: String = #""env":[{"name":"A","value":"1"},{"name":"B","value":"2"}]"#
        let specs: [String] = [
            #""containers":[{"name":"c","image":"nginx",\#(env)}]"#, #""containers":[{"name":"c","image":"busybox",\#(env)}]"#,
            #""containers":[{"name":"d","image":"nginx",\#(env)}]"#, #""containers":[{"name":"d","image":"",\#(env)}]"#,
            #""containers":[{"name":"d","image":"nginx"}]"#, #""containers":[{"name":"d","image":"nginx","args":["a"]}]"#,
            #""containers":[{"name":"d","image":"nginx","args":["b","c"]}]"#, #""containers":[{"name":"d","image":"nginx","args":[]}]"#,
            #""paused":true"#, #""paused":false"#, #""replicas":1"#, #""replicas":0"#, #""replicas":null"#, #""unknown":{"a":[1]}"#,
            #""unknown":{"a":{}}"#, #""selector":{"matchLabels":{"a":"b"}}"#, #""strategy":{"type":"R","rollingUpdate":{"maxSurge":1}}"#,
        ]
        for spec in specs + specs.reversed() {
            let new: JSON = try object(#""spec":{\#(spec)}"#)
            let made: JSON = ManagedFields.update(old: nil, new: new, manager: "m", schema: schema, now: now)
            // What is ignored here is in none of them, so that this is found out afresh.
            let afresh: JSON = ManagedFields.update(
                old: nil, new: new, manager: "m", schema: schema, ignoring: FieldSet(paths: [["none"]]), now: now)
            #expect(made == afresh, "\(spec)")
        }
    }

    @Test func `what another manager owns is a conflict with its name and path`() throws {
        let live: JSON = ManagedFields.update(
            old: nil, new: try object(Self.minimal), manager: "kubectl-client-side-apply", schema: schema, now: now)
        let error = #expect(throws: ApplyError.self) { try apply(live, #""spec":{"replicas":5}"#, by: "me") }
        guard case .conflict(let conflict)? = error else { throw Failure() }
        #expect(
            conflict.message
                == #"Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: .spec.replicas"#)
        #expect(conflict.conflicts.map(\.message) == [#"conflict with "kubectl-client-side-apply" using apps/v1"#])

        let two = #expect(throws: ApplyError.self) {
            try apply(live, #""spec":{"replicas":5,"containers":[{"name":"c","image":"busybox"}]}"#, by: "me")
        }
        guard case .conflict(let conflicts)? = two else { throw Failure() }
        #expect(
            conflicts.message == """
                Apply failed with 2 conflicts: conflicts with "kubectl-client-side-apply" using apps/v1:
                - .spec.containers[name="c"].image
                - .spec.replicas
                """)
    }

    struct Failure: Error {}

    @Test func `force takes the field from its owner`() throws {
        let live: JSON = try apply(nil, Self.minimal, by: "a")
        let forced: JSON = try apply(live, #""spec":{"replicas":5}"#, by: "b", force: true, minute: 1)
        #expect(forced["spec"]?["replicas"] == 5)
        #expect(fields(forced, of: "b") == #"{"f:spec":{"f:replicas":{}}}"#)
        #expect(fields(forced, of: "a")?.contains("replicas") == false)
    }

    @Test func `the same value is shared, and leaves with its last owner`() throws {
        var live: JSON = try apply(nil, Self.minimal, by: "a")
        live = try apply(live, #""spec":{"replicas":3}"#, by: "b", minute: 1)
        live = try apply(live, #""spec":{"containers":[{"name":"c","image":"nginx"}]}"#, by: "a", minute: 2)
        #expect(live["spec"]?["replicas"] == 3)
        #expect(live["spec"]?["selector"] == nil)
        live = try apply(live, #""spec":{"paused":true}"#, by: "b", minute: 3)
        #expect(live["spec"]?["replicas"] == nil)
    }

    @Test func `an element that is applied no longer goes unless others own part of it`() throws {
        var live: JSON = try apply(nil, #""spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"2"}]}"#, by: "one")
        live = try apply(live, #""spec":{"containers":[{"name":"b","args":["x"]}]}"#, by: "two", minute: 1)
        live = try apply(live, #""spec":{"containers":[]}"#, by: "one", minute: 2)
        #expect(live["spec"]?["containers"] == (try json(#"[{"name":"b","args":["x"]}]"#)))
        #expect(fields(live, of: "one") == nil)
    }

    @Test func `applied elements stand in their order among those of others`() throws {
        var live: JSON = try apply(nil, #""spec":{"containers":[{"name":"a"},{"name":"b"},{"name":"c"}]}"#, by: "one")
        live = try apply(live, #""spec":{"containers":[{"name":"c"},{"name":"new"},{"name":"a"}]}"#, by: "two", minute: 1)
        #expect(live["spec"]?["containers"]?.array?.compactMap { $0["name"]?.string } == ["b", "c", "new", "a"])
    }

    @Test func `a key with a default names the same element`() throws {
        var live: JSON = try apply(
            nil, #""spec":{"containers":[{"name":"a","ports":[{"containerPort":80,"protocol":"TCP"}]}]}"#, by: "one")
        live = try apply(live, #""spec":{"containers":[{"name":"a","ports":[{"containerPort":80,"hostPort":1}]}]}"#, by: "two", minute: 1)
        #expect(
            live["spec"]?["containers"]?.array?.first?["ports"]
                == (try json(#"[{"containerPort":80,"protocol":"TCP","hostPort":1}]"#)))
    }

    @Test func `the same apply again changes nothing, not even the time`() throws {
        let live: JSON = try apply(nil, Self.minimal, by: "a")
        #expect(try apply(live, Self.minimal, by: "a", minute: 9) == live)
    }

    @Test func `an update takes what it changes and frees what it removes`() throws {
        let live: JSON = try apply(nil, Self.minimal, by: "a")
        var next: JSON = live
        next[["spec", "replicas"]] = 7
        next[["spec", "selector"]] = nil
        let updated: JSON = ManagedFields.update(old: live, new: next, manager: "b", schema: schema, now: at(1))
        #expect(fields(updated, of: "b", "Update") == #"{"f:spec":{"f:replicas":{}}}"#)
        #expect(fields(updated, of: "a") == #"{"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{".":{},"f:image":{},"f:name":{}}}}}"#)
        #expect(ManagedFields.update(old: updated, new: updated, manager: "c", schema: schema, now: at(2)) == updated)
    }

    @Test func `who updates again what it updated before keeps its fields, and takes them from others`() throws {
        func scaled(_ live: JSON, to replicas: Int64, minute: Int64) -> JSON {
            var next: JSON = live
            next[["spec", "replicas"]] = .int(replicas)
            return ManagedFields.update(old: live, new: next, manager: "scaler", schema: schema, now: at(minute))
        }
        var live: JSON = scaled(try apply(nil, Self.minimal, by: "a"), to: 7, minute: 1)
        live = try apply(live, #""spec":{"replicas":7}"#, by: "b", minute: 2)
        #expect(fields(live, of: "b") == #"{"f:spec":{"f:replicas":{}}}"#)
        live = scaled(live, to: 8, minute: 3)
        let entries: [JSON] = live["metadata"]?["managedFields"]?.array ?? []
        #expect(entries.compactMap { $0["manager"]?.string } == ["a", "scaler"])
        #expect(fields(live, of: "scaler", "Update") == #"{"f:spec":{"f:replicas":{}}}"#)
        #expect(entries.last?["time"] == at(3).json)
    }

    @Test func `status is owned through its subresource only`() throws {
        let live: JSON = try apply(nil, Self.minimal, by: "a")
        var next: JSON = live
        next["status"] = ["replicas": 3]
        next[["spec", "replicas"]] = 9
        let updated: JSON = ManagedFields.update(
            old: live, new: next, manager: "controller", subresource: "status", schema: schema, now: at(1))
        #expect(fields(updated, of: "controller", "Update", subresource: "status") == #"{"f:status":{"f:replicas":{}}}"#)
        #expect(
            fields(ManagedFields.update(old: live, new: next, manager: "x", schema: schema, now: at(1)), of: "x", "Update")
                == #"{"f:spec":{"f:replicas":{}}}"#)
    }

    @Test func `one empty entry resets ownership, an empty list keeps it`() throws {
        let live: JSON = try apply(nil, Self.minimal, by: "a")
        var next: JSON = live
        next[["metadata", "managedFields"]] = [[:]]
        #expect(ManagedFields.update(old: live, new: next, manager: "b", schema: schema, now: at(1))["metadata"]?["managedFields"] == nil)
        next[["metadata", "managedFields"]] = []
        #expect(ManagedFields.update(old: live, new: next, manager: "b", schema: schema, now: at(1)) == live)
    }

    @Test func `more than ten updaters are merged into one`() throws {
        var live: JSON = try apply(nil, Self.minimal, by: "a")
        for index: Int64 in 0..<15 {
            var next: JSON = live
            next[["metadata", "labels"]] = next["metadata"]?["labels"] ?? [:]
            next[["metadata", "labels", "l\(index)"]] = "1"
            live = ManagedFields.update(old: live, new: next, manager: "m\(index)", schema: schema, now: at(index))
        }
        let managers: [String] = live["metadata"]?["managedFields"]?.array?.compactMap { $0["manager"]?.string } ?? []
        #expect(managers == ["a", "ancient-changes"] + (6..<15).map { "m\($0)" })
    }

    @Test func `kubectl takes over from its client-side apply`() throws {
        let applied: JSON = try object(Self.minimal)
        var first: JSON = applied
        first[["metadata", "annotations"]] = [LastApplied.annotation: .string(applied.text() + "\n")]
        let live: JSON = ManagedFields.update(old: nil, new: first, manager: "kubectl-client-side-apply", schema: schema, now: now)
        let next = #""spec":{"replicas":4,"selector":{"matchLabels":{"app":"web"}},"containers":[{"name":"c","image":"nginx"}]}"#
        let result: JSON = try apply(live, next, by: "kubectl", minute: 1)
        #expect(result["spec"]?["replicas"] == 4)
        #expect(result["metadata"]?["annotations"]?[LastApplied.annotation]?.string?.contains(#""replicas":4"#) == true)
        #expect(throws: ApplyError.self) { try apply(live, next, by: "somebody", minute: 1) }
    }

    @Test(arguments: [
        (#""spec":{"foo":1}"#, ".spec.foo: field not declared in schema"),
        (#""spec":{"replicas":"3"}"#, ".spec.replicas: expected numeric (int or float), got string"),
        (
            #""spec":{"containers":[{"name":"a","image":8}]}"#,
            #".spec.containers[name="a"].image: expected string, got &value.valueUnstructured{Value:8}"#
        ),
        (
            #""spec":{"containers":[{"image":"a"}]}"#,
            #".spec.containers: element 0: associative list with keys has an element that omits key field "name" (and "#
                + #"doesn't have default value)"#
        ),
        (#""spec":{"containers":[{"name":"a"},{"name":"a"}]}"#, #".spec.containers: duplicate entries for key [name="a"]"#),
    ]) func `a configuration that does not fit is refused in Kubernetes' words`(_ rest: String, _ message: String) throws {
        let error = #expect(throws: ApplyError.self) { try apply(nil, rest, by: "a") }
        guard case .mismatch(let text)? = error else { throw Failure() }
        #expect(text == "failed to create typed patch object (default/web; apps/v1, Kind=Workload): " + message)
    }

    @Test func `a field set reads and writes FieldsV1`() throws {
        let text = #"{"f:a":{".":{},"f:b":{}},"k:{\"name\":\"x\"}":{},"v:\"y\"":{},"i:3":{}}"#
        let set: FieldSet = try #require(FieldSet(try json(text)))
        #expect(set.json.text() == text)
        #expect(set.paths.map { FieldPath.text($0) } == [".a", ".a.b", #"[name="x"]"#, #"[="y"]"#, "[3]"])
        #expect(FieldSet(try json(#"{"x:a":{}}"#)) == nil)
        #expect(set.subtracting(set).isEmpty)
        #expect(set.intersection(set) == set)
    }
}
