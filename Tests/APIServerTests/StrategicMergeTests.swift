import Machinery
import Testing

/// Outside source: k8s.io/apimachinery/pkg/util/strategicpatch/patch_test.go and the documentation of kubectl patch.
@Suite struct StrategicMergeTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let object: String
        let patch: String
        let result: String
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(
            name: "null deletes", object: #"{"spec":{"replicas":3,"paused":true}}"#, patch: #"{"spec":{"paused":null}}"#,
            result: #"{"spec":{"replicas":3}}"#),
        Case(
            name: "nulls of new objects vanish", object: "{}", patch: #"{"metadata":{"labels":{"a":null,"b":"1"}}}"#,
            result: #"{"metadata":{"labels":{"b":"1"}}}"#),
        Case(
            name: "elements merge by key", object: #"{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"2"}]}}"#,
            patch: #"{"spec":{"containers":[{"name":"b","args":["x"]},{"name":"c"}]}}"#,
            result: #"{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"2","args":["x"]},{"name":"c"}]}}"#),
        Case(
            name: "an element is deleted", object: #"{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}"#,
            patch: #"{"spec":{"containers":[{"$patch":"delete","name":"a"}]}}"#, result: #"{"spec":{"containers":[{"name":"b"}]}}"#),
        Case(
            name: "a list is replaced", object: #"{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}"#,
            patch: #"{"spec":{"containers":[{"name":"c"},{"$patch":"replace"}]}}"#, result: #"{"spec":{"containers":[{"name":"c"}]}}"#),
        Case(
            name: "a map is replaced", object: #"{"metadata":{"labels":{"a":"1"}}}"#,
            patch: #"{"metadata":{"labels":{"$patch":"replace","b":"2"}}}"#, result: #"{"metadata":{"labels":{"b":"2"}}}"#),
        Case(
            name: "a map is emptied",
            object: #"{"metadata":{"labels":{"a":"1"}}}"#, patch: #"{"metadata":{"labels":{"$patch":"delete"}}}"#,
            result: #"{"metadata":{"labels":{}}}"#),
        Case(
            name: "an atomic list is replaced", object: #"{"spec":{"containers":[{"name":"a","args":["x","y"]}]}}"#,
            patch: #"{"spec":{"containers":[{"name":"a","#
                + #""args":["z"]}]}}"#, result: #"{"spec":{"containers":[{"name":"a","args":["z"]}]}}"#),
        Case(
            name: "plain values join a set", object: #"{"metadata":{"finalizers":["a","b"]}}"#,
            patch: #"{"metadata":{"finalizers":["b","c"]}}"#, result: #"{"metadata":{"finalizers":["a","b","c"]}}"#),
        Case(
            name: "plain values leave a set", object: #"{"metadata":{"finalizers":["a","b","c"]}}"#,
            patch: #"{"metadata":{"$deleteFromPrimitiveList/finalizers":["b"]}}"#, result: #"{"metadata":{"finalizers":["a","c"]}}"#),
        Case(
            name: "retained keys", object: #"{"spec":{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1}}}}"#,
            patch: #"{"spec":{"strategy":{"$retainKeys":["type"],"#
                + #""type":"Recreate"}}}"#, result: #"{"spec":{"strategy":{"type":"Recreate"}}}"#),
        Case(
            name: "element order", object: #"{"spec":{"containers":[{"name":"a"},{"name":"x"},{"name":"b"}]}}"#,
            patch: #"{"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"c"},{"name":"a"}],"containers":[{"name":"c"}]}}"#,
            result: #"{"spec":{"containers":[{"name":"x"},{"name":"b"},{"name":"c"},{"name":"a"}]}}"#),
        Case(
            name: "ports merge by containerPort",
            object: #"{"spec":{"containers":[{"name":"a","ports":[{"containerPort":80,"protocol":"TCP"}]}]}}"#,
            patch: #"{"spec":{"containers":[{"name":"a","ports":[{"containerPort":80,"hostPort":8080}]}]}}"#,
            result: #"{"spec":{"containers":[{"name":"a","ports":[{"containerPort":80,"protocol":"TCP","hostPort":8080}]}]}}"#),
    ]

    @Test(arguments: cases) func `a patch gives what Kubernetes gives`(_ example: Case) throws {
        let result: JSON = try StrategicMergePatch.apply(
            json(example.patch), to: json(example.object), schema: TestWorkload.definition.schema)
        #expect(result == (try json(example.result)), "\(result)")
    }

    @Test(arguments: [
        (#"{"spec":{"containers":[{"image":"x"}]}}"#, "map: map[image:x] does not contain declared merge key: name"),
        (#"{"spec":{"containers":[{"name":"a","$patch":"merge"}]}}"#, "merging lists cannot yet be specified in the patch"),
        (#"{"spec":{"$patch":"what"}}"#, "unknown patch type: what in map: map[$patch:what]"),
        (#"{"spec":{"strategy":{"$retainKeys":["type"],"rollingUpdate":{}}}}"#, "patch content doesn't match retainKeys list"),
        (#"{"spec":{"strategy":{"$retainKeys":"type"}}}"#, "invalid patch format of retainKeys"),
        (#"{"metadata":{"$deleteFromPrimitiveList":["a"]}}"#, "invalid patch format of primitive list"),
        ("[]", "invalid JSON document"),
    ]) func `a bad patch is refused in Kubernetes' words`(_ patch: String, _ message: String) throws {
        let object: JSON = try json(
            #"{"metadata":{"finalizers":["a"]},"spec":{"strategy":{"type":"a"},"containers":[{"name":"a","image":"x"}]}}"#)
        let error = #expect(throws: StrategicMergeError.self) {
            try StrategicMergePatch.apply(json(patch), to: object, schema: TestWorkload.definition.schema)
        }
        #expect(error?.description == message)
    }

    static let diffs: [Case] = [
        Case(name: "no change", object: #"{"spec":{"replicas":1}}"#, patch: "{}", result: #"{"spec":{"replicas":1}}"#),
        Case(
            name: "a change and a deletion", object: #"{"spec":{"replicas":1,"paused":true}}"#,
            patch: #"{"spec":{"replicas":2,"paused":null}}"#, result: #"{"spec":{"replicas":2}}"#),
        Case(
            name: "an element of a list", object: #"{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b"}]}}"#,
            patch: #"{"spec":{"$setElementOrder/containers":[{"name":"a"},{"name":"c"}],"containers":[{"name":"a","#
                + #""image":"2"},{"name":"c"},{"$patch":"delete","name":"b"}]}}"#,
            result: #"{"spec":{"containers":[{"name":"a","image":"2"},{"name":"c"}]}}"#),
        Case(
            name: "plain values", object: #"{"metadata":{"finalizers":["a","b"]}}"#,
            patch: #"{"metadata":{"$deleteFromPrimitiveList/finalizers":["a"],"$setElementOrder/finalizers":["b","c"],"#
                + #""finalizers":["c"]}}"#,
            result: #"{"metadata":{"finalizers":["b","c"]}}"#),
        Case(
            name: "retained keys", object: #"{"spec":{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1}}}}"#,
            patch: #"{"spec":{"strategy":{"$retainKeys":["type"],"rollingUpdate":null,"type":"Recreate"}}}"#,
            result: #"{"spec":{"strategy":{"type":"Recreate"}}}"#),
    ]

    @Test(arguments: diffs) func `the patch between two objects leads from one to the other`(_ example: Case) throws {
        let schema: ObjectSchema = TestWorkload.definition.schema
        let (old, new): (JSON, JSON) = (try json(example.object), try json(example.result))
        let patch: JSON = try StrategicMergePatch.twoWay(old, new, schema: schema)
        #expect(patch == (try json(example.patch)), "\(patch)")
        #expect(try StrategicMergePatch.apply(patch, to: old, schema: schema) == new)
    }

    @Test func `a three-way patch keeps what others added and deletes what was applied before`() throws {
        let schema: ObjectSchema = TestWorkload.definition.schema
        let original: JSON = try json(
            #"{"metadata":{"labels":{"a":"1","gone":"1"}},"spec":{"containers":[{"name":"a","image":"1"},{"name":"old"}]}}"#)
        let modified: JSON = try json(#"{"metadata":{"labels":{"a":"2"}},"spec":{"containers":[{"name":"a","image":"2"}]}}"#)
        let current: JSON = try json(
            """
            {"metadata":{"labels":{"a":"1","gone":"1","other":"1"}},
             "spec":{"replicas":5,"containers":[{"name":"a","image":"1","args":["x"]},{"name":"old"},{"name":"sidecar"}]}}
            """)
        let patch: JSON = try StrategicMergePatch.threeWay(original: original, modified: modified, current: current, schema: schema)
        #expect(
            patch
                == (try json(
                    """
                    {"metadata":{"labels":{"a":"2","gone":null}},
                     "spec":{"$setElementOrder/containers":[{"name":"a"}],
                             "containers":[{"name":"a","image":"2"},{"name":"old","$patch":"delete"}]}}
                    """)),
            "\(patch)")
        #expect(
            try StrategicMergePatch.apply(patch, to: current, schema: schema)
                == (try json(
                    """
                    {"metadata":{"labels":{"a":"2","other":"1"}},
                     "spec":{"replicas":5,"containers":[{"name":"a","image":"2","args":["x"]},{"name":"sidecar"}]}}
                    """)))
    }
}
