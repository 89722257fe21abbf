import API
import Machinery
import Testing

/// Pruning, defaulting and validation by the schema of a definition. The texts are those of Kubernetes v1.36.
@Suite struct StructuralSchemaTests {
    static func problems(_ schema: JSON, _ value: JSON) -> [String] {
        var problems = Problems()
        let root = StructuralSchema(["type": "object", "properties": ["spec": schema]])
        root.validate(["spec": value], .root, &problems)
        root.validateListTypes(["spec": value], .root, &problems)
        return problems.all.map(\.description)
    }

    static let texts: [(schema: JSON, value: JSON, problems: [String])] = [
        (
            ["type": "integer"], "string",
            [#"spec: Invalid value: "string": spec in body must be of type integer: "string""#]
        ),
        (["type": "integer"], .number("1.5"), [#"spec: Invalid value: "number": spec in body must be of type integer: "number""#]),
        (["type": "integer"], .number("2.0"), []),
        (["type": "string"], 3, [#"spec: Invalid value: "integer": spec in body must be of type string: "integer""#]),
        (["type": "string"], nil, [#"spec: Invalid value: "null": spec in body must be of type string: "null""#]),
        (["type": "string", "nullable": true], nil, []),
        (["type": "integer", "maximum": 10], 11, ["spec: Invalid value: 11: spec in body should be less than or equal to 10"]),
        (["type": "integer", "minimum": 1], 0, ["spec: Invalid value: 0: spec in body should be greater than or equal to 1"]),
        (
            ["type": "number", "minimum": 1, "exclusiveMinimum": true], 1,
            ["spec: Invalid value: 1: spec in body should be greater than 1"]
        ),
        (["type": "integer", "multipleOf": 5], 7, ["spec: Invalid value: 7: spec in body should be a multiple of 5"]),
        (["type": "string", "pattern": "^a+$"], "b", [#"spec: Invalid value: "b": spec in body should match '^a+$'"#]),
        (["type": "string", "minLength": 2], "b", [#"spec: Invalid value: "b": spec in body should be at least 2 chars long"#]),
        (["type": "string", "maxLength": 2], "bcd", ["spec: Too long: may not be more than 2 bytes"]),
        (["type": "string", "enum": ["a", "b"]], "c", [#"spec: Unsupported value: "c": supported values: "a", "b""#]),
        (
            ["type": "string", "format": "date-time"], "today",
            [#"spec: Invalid value: "today": spec in body must be of type date-time: "today""#]
        ),
        (["type": "string", "format": "ipv4"], "10.0.0.1", []),
        (["type": "object", "required": ["a"], "properties": ["a": ["type": "string"]]], [:], ["spec.a: Required value"]),
        (
            ["type": "object", "additionalProperties": ["type": "integer"]], ["a": "x"],
            [#"spec.a: Invalid value: "string": spec.a in body must be of type integer: "string""#]
        ),
        (
            ["type": "array", "items": ["type": "object", "properties": ["a": ["type": "boolean"]]]], [["a": 1]],
            [#"spec[0].a: Invalid value: "integer": spec[0].a in body must be of type boolean: "integer""#]
        ),
        (["type": "array", "maxItems": 1, "items": ["type": "integer"]], [1, 2], ["spec: Too many: 2: must have at most 1 items"]),
        (
            ["type": "array", "minItems": 1, "items": ["type": "integer"]], [],
            ["spec: Invalid value: 0: spec in body should have at least 1 items"]
        ),
        (
            ["type": "array", "x-kubernetes-list-type": "set", "items": ["type": "string"]], ["a", "b", "a"],
            [#"spec[2]: Duplicate value: "a""#]
        ),
        (
            [
                "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                "items": ["type": "object", "properties": ["name": ["type": "string"]]],
            ], [["name": "a"], ["name": "a"]],
            [#"spec[1]: Duplicate value: {"name":"a"}"#]
        ),
        (
            ["type": "object", "properties": ["a": ["type": "integer"]], "anyOf": [["required": ["a"]], ["required": ["b"]]]], [:],
            [#"<nil>: Invalid value: "": "spec" must validate at least one schema (anyOf)"#, "spec.a: Required value"]
        ),
        (
            ["type": "integer", "oneOf": [["minimum": 1], ["maximum": 10]]], 5,
            [#"<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found 2 valid alternatives"#]
        ),
        (
            ["type": "integer", "not": ["enum": [5]]], 5,
            [#"<nil>: Invalid value: "": "spec" must not validate the schema (not)"#]
        ),
        (["x-kubernetes-int-or-string": true], "http", []),
        (
            ["x-kubernetes-int-or-string": true], true,
            [#"spec: Invalid value: "boolean": spec in body must be of type integer,string: "boolean""#]
        ),
    ]

    @Test(arguments: texts.indices) func `what is wrong is told in Kubernetes' words`(_ index: Int) {
        let (schema, value, expected): (JSON, JSON, [String]) = Self.texts[index]
        #expect(Self.problems(schema, value) == expected)
    }

    @Test func `members that no schema names are dropped, but not where it says to keep them`() {
        let schema = StructuralSchema([
            "type": "object",
            "properties": [
                "known": ["type": "object", "properties": ["a": ["type": "integer"]]],
                "open": ["type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties": ["b": ["type": "object"]]],
                "map": ["type": "object", "additionalProperties": ["type": "object", "properties": ["c": ["type": "integer"]]]],
                "list": ["type": "array", "items": ["type": "object", "properties": ["d": ["type": "integer"]]]],
            ],
        ])
        var object: JSON = [
            "apiVersion": "v1", "known": ["a": 1, "x": 2], "open": ["b": ["x": 1], "y": 2], "map": ["k": ["c": 1, "x": 2]],
            "list": [["d": 1], ["x": 2]], "more": 1,
        ]
        var unknown: [String] = []
        schema.pruneRoot(&object, &unknown)
        #expect(unknown == ["known.x", "open.b.x", "map.k.x", "list[1].x", "more"])
        #expect(
            object == [
                "apiVersion": "v1", "known": ["a": 1], "open": ["b": [:], "y": 2], "map": ["k": ["c": 1]], "list": [["d": 1], [:]],
            ])
    }

    @Test func `defaults take the place of what is absent, and of null where null is not allowed`() {
        let schema = StructuralSchema([
            "type": "object",
            "properties": [
                "absent": ["type": "integer", "default": 1], "null": ["type": "integer", "default": 2],
                "allowed": ["type": "integer", "nullable": true, "default": 3], "gone": ["type": "integer"],
                "inner": ["type": "object", "default": [:], "properties": ["a": ["type": "string", "default": "x"]]],
                "list": ["type": "array", "items": ["type": "object", "properties": ["b": ["type": "boolean", "default": true]]]],
            ],
        ])
        var object: JSON = ["null": nil, "allowed": nil, "gone": nil, "list": [[:]]]
        schema.applyDefaults(&object)
        let wanted: JSON = ["null": 2, "allowed": nil, "list": [["b": true]], "absent": 1, "inner": ["a": "x"]]
        #expect(object == wanted)
        schema.applyDefaults(&object)
        #expect(object == wanted, "a second time changes nothing")
    }
}
