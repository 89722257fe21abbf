import API
import Machinery
import Testing

/// Rules of definitions, with the texts of Kubernetes v1.36.
@Suite struct CustomResourceDefinitionTests {
    static let schema: JSON = ["type": "object", "properties": ["spec": ["type": "object", "properties": ["a": ["type": "string"]]]]]

    static func definition(_ change: (inout JSON) -> Void) -> JSON {
        var json: JSON = [
            "metadata": ["name": "tabs.example.com"],
            "spec": [
                "group": "example.com", "scope": "Namespaced", "names": ["plural": "tabs", "kind": "Tab"],
                "versions": [["name": "v1", "served": true, "storage": true, "schema": ["openAPIV3Schema": schema]]],
            ],
        ]
        change(&json)
        return json
    }

    static func problems(_ change: (inout JSON) -> Void) throws -> [String] {
        var findings = DecodingFindings()
        var json: JSON = try CustomResourceDefinition.definition.schema.decode(definition(change), findings: &findings)
        CustomResourceDefinition.definition.schema.applyDefaults(&json)
        var view = View<CustomResourceDefinition>(json)
        CustomResourceDefinition.prepareForCreate(&view)
        var problems = Problems()
        CustomResourceDefinition.definition.schema.validate(view.json, .root, &problems)
        return problems.all.map(\.description)
    }

    static func problems(schema: JSON) throws -> [String] {
        try problems {
            $0[["spec", "versions"]] = [["name": "v1", "served": true, "storage": true, "schema": ["openAPIV3Schema": schema]]]
        }
    }

    @Test func `a good definition is good`() throws { #expect(try Self.problems { _ in } == []) }

    @Test func `names, group, scope and versions`() throws {
        #expect(
            try Self.problems { $0[["metadata", "name"]] = "tab.example.com" } == [
                #"metadata.name: Invalid value: "tab.example.com": must be spec.names.plural+"."+spec.group"#
            ])
        #expect(try Self.problems { $0[["spec", "scope"]] = "Everywhere" }.first?.hasPrefix("spec.scope: Unsupported value") == true)
        #expect(
            try Self.problems { $0[["spec", "versions"]] = [] }.contains {
                $0.hasSuffix("must have exactly one version marked as storage version")
            })
        #expect(
            try Self.problems {
                $0[["spec", "versions"]] = [["name": "v1", "served": true, "storage": true]]
            } == ["spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required"])
        #expect(
            try Self.problems {
                $0[["metadata", "name"]] = "tabs.things.k8s.io"
                $0[["spec", "group"]] = "things.k8s.io"
            } == [
                "metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "
                    + #""api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111"#
            ])
    }

    static let prefix = "spec.validation.openAPIV3Schema"
    static let schemas: [(schema: JSON, problems: [String])] = [
        (
            ["type": "object", "properties": ["spec": [:]]],
            ["properties[spec].type: Required value: must not be empty for specified object fields"]
        ),
        (["properties": [:]], ["type: Required value: must not be empty at the root"]),
        (
            ["type": "object", "properties": ["a": ["type": "array"]]],
            ["properties[a].items: Required value: must be specified"]
        ),
        (
            ["type": "object", "properties": ["a": ["type": "string", "pattern": "("]]],
            [
                "properties[a].pattern: Invalid value: \"(\": must be a valid regular expression, but isn't: "
                    + "error parsing regexp: missing closing ): `(`"
            ]
        ),
        (
            ["type": "object", "properties": ["a": ["type": "integer", "default": "x"]]],
            [
                #"properties[a].default: Invalid value: "string": spec.validation.openAPIV3Schema.properties[a].default "#
                    + #"in body must be of type integer: "string""#
            ]
        ),
        (
            ["type": "object", "properties": ["a": ["type": "object", "default": ["b": 1]]]],
            [#"properties[a].default: Invalid value: {"b":1}: must not have unknown fields"#]
        ),
        (
            ["type": "object", "properties": ["a": ["type": "string", "anyOf": [["type": "string"]]]]],
            ["properties[a].anyOf[0].type: Forbidden: must be empty to be structural"]
        ),
        (
            ["type": "object", "anyOf": [["properties": ["b": ["minimum": 1]]]]],
            ["properties[b]: Required value: because it is defined in spec.validation.openAPIV3Schema.anyOf[0].properties[b]"]
        ),
        (
            [
                "type": "object",
                "properties": [
                    "a": [
                        "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"],
                        "items": ["type": "object", "properties": ["k": ["type": "string"]]],
                    ]
                ],
            ],
            [
                "properties[a].items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, "
                    + "so it must have a default or be a required property"
            ]
        ),
        (
            ["type": "object", "properties": ["metadata": ["type": "object", "properties": ["labels": ["type": "object"]]]]],
            [
                "properties[metadata]: Forbidden: must not specify anything other than name and generateName, "
                    + "but metadata is implicitly specified"
            ]
        ),
    ]

    @Test(arguments: schemas.indices) func `schemas must be structural`(_ index: Int) throws {
        #expect(try Self.problems(schema: Self.schemas[index].schema) == Self.schemas[index].problems.map { Self.prefix + "." + $0 })
    }

    @Test func `a schema survives the way through its declaration`() throws {
        let json: JSON = Self.definition {
            $0[["spec", "versions"]] = [
                [
                    "name": "v1", "served": true, "storage": true,
                    "schema": [
                        "openAPIV3Schema": [
                            "type": "object",
                            "properties": [
                                "a": ["type": "object", "additionalProperties": true],
                                "b": ["type": "array", "items": ["type": "string", "enum": ["x", nil], "default": false]],
                                "c": ["type": "number", "minimum": 0, "multipleOf": .number("0.5"), "maxLength": 0],
                            ],
                        ]
                    ],
                ]
            ]
        }
        var findings = DecodingFindings()
        let decoded: JSON = try CustomResourceDefinition.definition.schema.decode(json, findings: &findings)
        #expect(findings.unknownFields.isEmpty)
        #expect(decoded[["spec", "versions"]] == json[["spec", "versions"]])
    }
}
