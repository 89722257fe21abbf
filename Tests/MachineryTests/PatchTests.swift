import Machinery
import Testing

@Suite struct PatchTests {
    static func apply(_ patch: String, _ document: String) throws -> JSON {
        try JSONPatch(JSON(parsing: patch)).applied(to: JSON(parsing: document))
    }

    @Test(arguments: [
        (#"[{"op":"add","path":"/a","value":1}]"#, "{}", #"{"a":1}"#),
        (#"[{"op":"add","path":"/a/1","value":9}]"#, #"{"a":[1,2]}"#, #"{"a":[1,9,2]}"#),
        (#"[{"op":"add","path":"/a/-","value":9}]"#, #"{"a":[1]}"#, #"{"a":[1,9]}"#),
        (#"[{"op":"add","path":"","value":9}]"#, "{}", "9"),
        (#"[{"op":"remove","path":"/a/-1"}]"#, #"{"a":[1,2]}"#, #"{"a":[1]}"#),
        (#"[{"op":"remove","path":"/a~1b/~0"}]"#, #"{"a/b":{"~":1}}"#, #"{"a/b":{}}"#),
        (#"[{"op":"replace","path":"/a/0/b","value":null}]"#, #"{"a":[{"b":1}]}"#, #"{"a":[{"b":null}]}"#),
        (#"[{"op":"move","from":"/a","path":"/b/c"}]"#, #"{"a":1,"b":{}}"#, #"{"b":{"c":1}}"#),
        (#"[{"op":"copy","from":"/a","path":"/b"}]"#, #"{"a":[1]}"#, #"{"a":[1],"b":[1]}"#),
        (
            #"[{"op":"test","path":"/a","value":{"x":1,"y":2}},{"op":"test","path":"/z","value":null}]"#, #"{"a":{"y":2,"x":1}}"#,
            #"{"a":{"y":2,"x":1}}"#
        ),
        (#"[{"op":"test","path":"/a/1","value":"x"},{"op":"replace","path":"/a/1","value":"y"}]"#, #"{"a":[0,"x"]}"#, #"{"a":[0,"y"]}"#),
    ])
    func `RFC 6902 operations apply`(patch: String, document: String, expected: String) throws {
        #expect(try Self.apply(patch, document) == JSON(parsing: expected))
    }

    @Test(arguments: [
        (#"[{"op":"add","path":"/x/y","value":1}]"#, #"add operation does not apply: doc is missing path: "/x/y": missing value"#),
        (#"[{"op":"remove","path":"/x"}]"#, "error in remove for path: '/x': Unable to remove nonexistent key: x: missing value"),
        (#"[{"op":"replace","path":"/x","value":1}]"#, "replace operation does not apply: doc is missing key: /x: missing value"),
        (#"[{"op":"test","path":"/a","value":2}]"#, "testing value /a failed: test failed"),
        (#"[{"op":"test","path":"/x","value":2}]"#, "testing value /x failed: test failed"),
        (
            #"[{"op":"add","path":"/l/9","value":2}]"#,
            "error in add for path: '/l/9': Unable to access invalid index: 9: invalid index referenced"
        ),
        (
            #"[{"op":"remove","path":"/l/x"}]"#,
            "error in remove for path: '/l/x': value was not a proper array index: 'x': strconv.Atoi: parsing \"x\": invalid syntax"
        ),
        (#"[{"op":"copy","from":"/x","path":"/y"}]"#, "error in copy for path: '/x': unable to get nonexistent key: x: missing value"),
        (#"[{"op":"jump","path":"/x"}]"#, "Unexpected kind: jump"),
        (#"{}"#, "json: cannot unmarshal object into Go value of type jsonpatch.Patch"),
        (#"[1]"#, "json: cannot unmarshal number into Go value of type jsonpatch.Operation"),
        (#"[{"op":"add","path":"x","value":1}]"#, #"add operation does not apply: doc is missing path: "x": missing value"#),
        (#"[{"op":"replace","path":"x","value":1}]"#, "replace operation does not apply: doc is missing path: x: missing value"),
        (#"[{"op":"remove"}]"#, "remove operation failed to decode path: missing value"),
        (#"[{"op":"copy","path":"/x"}]"#, "copy operation failed to decode from: missing value"),
    ])
    func `what does not apply is refused in Kubernetes' words`(patch: String, expected: String) {
        #expect(performing: { try Self.apply(patch, #"{"a":1,"l":[1]}"#) }, throws: { "\($0)" == expected })
    }

    @Test func `patches have limits`() throws {
        let operation: JSON = ["op": "remove", "path": "/a"]
        #expect(
            performing: { try JSONPatch(.array(Array(repeating: operation, count: 10_001))) },
            throws: { "\($0)" == "The allowed maximum operations in a JSON patch is 10000, got 10001" })
        let copy: JSON = ["op": "copy", "from": "/x", "path": "/a"]
        let document: JSON = ["x": .string(String(repeating: "y", count: 100_000))]
        #expect(try JSONPatch(.array(Array(repeating: copy, count: 31))).applied(to: document)["a"] == document["x"])
        #expect(
            performing: { _ = try JSONPatch(.array(Array(repeating: copy, count: 32))).applied(to: document) },
            throws: { "\($0)".hasPrefix("unable to copy, the accumulated size increase of copy operation is 3200064, exceeding the limit") }
        )
    }

    @Test(arguments: [
        (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"b"}"#, #"{"a":null}"#, "{}"),
        (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
        (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#), (#"["a","b"]"#, #"["c"]"#, #"["c"]"#),
        (#"{"a":"foo"}"#, "null", "null"), (#"{"e":null}"#, #"{"a":1}"#, #"{"e":null,"a":1}"#),
        ("[1,2]", #"{"a":"b","c":null}"#, #"{"a":"b"}"#),
        ("{}", #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
    ])
    func `RFC 7386 patches apply`(document: String, patch: String, expected: String) throws {
        #expect(try MergePatch.apply(JSON(parsing: patch), to: JSON(parsing: document)) == JSON(parsing: expected))
    }

    @Test(arguments: [
        (#"{"a":1,"b":{"c":1,"d":2},"e":[1]}"#, #"{"a":1,"b":{"c":3},"e":[2],"f":"x"}"#, #"{"b":{"d":null,"c":3},"e":[2],"f":"x"}"#),
        (#"{"a":{"b":1}}"#, #"{"a":5}"#, #"{"a":5}"#), ("{}", "{}", "{}"), (#"{"a":1}"#, "{}", #"{"a":null}"#),
    ])
    func `a diff turns one into the other`(original: String, modified: String, expected: String) throws {
        let patch: JSON = try MergePatch.diff(from: JSON(parsing: original), to: JSON(parsing: modified))
        #expect(try patch == JSON(parsing: expected))
        #expect(try MergePatch.apply(patch, to: JSON(parsing: original)) == JSON(parsing: modified))
    }
}
