import Machinery
import Testing

@testable import CLI

/// Manifests for servers that do not validate. Texts of kubectl 1.37 on Kubernetes 1.20.
@Suite struct SchemaCheckTests {
    private static let document: JSON = [
        "definitions": [
            "core.Pod": [
                "type": "object", "x-kubernetes-group-version-kind": [["group": "", "version": "v1", "kind": "Pod"]],
                "properties": [
                    "apiVersion": ["type": "string"], "kind": ["type": "string"], "metadata": ["$ref": "#/definitions/meta"],
                    "spec": ["$ref": "#/definitions/core.PodSpec"],
                ],
            ],
            "meta": [
                "properties": ["labels": ["type": "object", "additionalProperties": ["type": "string"]], "any": ["type": "object"]]
            ],
            "core.PodSpec": [
                "type": "object", "required": ["containers"],
                "properties": [
                    "containers": ["type": "array", "items": ["$ref": "#/definitions/core.Container"]], "hostPID": ["type": "boolean"],
                    "port": ["type": "integer"],
                ],
            ],
            "core.Container": [
                "type": "object", "required": ["name"], "x-kubernetes-preserve-unknown-fields": true,
                "properties": ["name": ["type": "string"], "ports": ["type": "array", "items": ["type": "integer"]]],
            ],
        ]
    ]

    private func problems(_ spec: JSON, metadata: JSON = [:]) -> [String] {
        SchemaCheck(Self.document).problems(["apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec])
    }

    @Test func `fields that nobody knows and fields that are missing are named with both places`() {
        #expect(problems(["containers": [["name": "a", "free": 1]]]).isEmpty)
        #expect(
            problems(["foo": 1, "containers": [[:]]]) == [
                "ValidationError(Pod.spec.containers[0]): missing required field \"name\" in core.Container",
                "ValidationError(Pod.spec): unknown field \"foo\" in core.PodSpec",
            ])
        #expect(problems(["containers": .null]) == ["ValidationError(Pod.spec): missing required field \"containers\" in core.PodSpec"])
    }

    @Test func `values of another type`() {
        let spec: JSON = ["containers": [["name": 5, "ports": "x"], .null], "hostPID": "true", "port": .number("1.5")]
        #expect(
            problems(spec, metadata: ["labels": ["a": .null, "b": []], "any": ["x": [1]]]) == [
                "unknown object type \"nil\" in Pod.metadata.labels.a",
                "ValidationError(Pod.metadata.labels.b): invalid type for meta.labels: got \"array\", expected \"string\"",
                "ValidationError(Pod.spec.containers[0].ports): invalid type for core.Container.ports: got \"string\", expected \"array\"",
                "ValidationError(Pod.spec.containers): unknown object type \"nil\" in Pod.spec.containers[1]",
                "ValidationError(Pod.spec.hostPID): invalid type for core.PodSpec.hostPID: got \"string\", expected \"boolean\"",
            ])
        #expect(problems([]) == ["ValidationError(Pod.spec): invalid type for core.PodSpec: got \"array\", expected \"map\""])
    }

    @Test func `each item of a list, and kinds without a definition`() {
        let bad: JSON = ["apiVersion": "v1", "kind": "Pod", "spek": 1]
        let other: JSON = ["apiVersion": "x/v1", "kind": "Pod", "spek": 1]
        #expect(
            SchemaCheck(Self.document).problems(["apiVersion": "v1", "kind": "List", "items": [bad, other, ["kind": 1]]]) == [
                "ValidationError(Pod): unknown field \"spek\" in core.Pod", "apiVersion not set", "kind isn't string type",
            ])
        #expect(SchemaCheck(Self.document).problems(["apiVersion": "v1", "kind": "List"]) == ["invalid object to validate"])
    }

    @Test(arguments: [("1", "24+", true), ("1", "25", false), ("1", "37+", false), ("", "", true), ("2", "0", false)])
    func `servers since 1.25 validate`(major: String, minor: String, isOld: Bool) {
        #expect(ManifestValidation.isOld(["major": .string(major), "minor": .string(minor)]) == isOld)
    }

    @Test func `what the document says of a kind counts, and for custom kinds what it says of namespaces`() {
        func patch(_ kind: String, _ parameters: JSON) -> JSON {
            let type: JSON = ["group": "", "version": "v1", "kind": .string(kind)]
            return ["patch": ["parameters": parameters, "x-kubernetes-group-version-kind": type]]
        }
        let document: JSON = [
            "paths": [
                "/a": patch("Namespace", [["$ref": "#/parameters/validation-x"]]), "/b": patch("Pod", [["name": "dryRun"]]),
            ],
            "parameters": ["validation-x": ["name": "fieldValidation", "in": "query"]],
        ]
        #expect(!ManifestValidation.hasParameter(document, "v1", "Pod"))
        #expect(ManifestValidation.hasParameter(document, "example.com/v1", "Widget"))
        #expect(!ManifestValidation.hasParameter([:], "example.com/v1", "Widget"))
    }
}
