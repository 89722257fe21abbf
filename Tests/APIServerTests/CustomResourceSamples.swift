import API
import Machinery
import TestSupport

/// Definitions for the tests, in the form in which a user would write them.
enum CronTabs {
    static let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    static let name = "crontabs.stable.example.com"
    static let objects = "/apis/stable.example.com/v1/namespaces/default/crontabs"

    static let schema: JSON = [
        "type": "object", "description": "Runs something again and again.",
        "properties": [
            "spec": [
                "type": "object", "required": ["cronSpec"],
                "properties": [
                    "cronSpec": ["type": "string", "pattern": #"^(\d+|\*)(/\d+)?(\s+(\d+|\*)(/\d+)?){4}$"#],
                    "image": ["type": "string", "description": "What to run."],
                    "replicas": ["type": "integer", "minimum": 1, "maximum": 10, "default": 1],
                    "color": ["type": "string", "enum": ["red", "blue"]],
                    "port": ["x-kubernetes-int-or-string": true, "anyOf": [["type": "integer"], ["type": "string"]]],
                    "free": ["type": "object", "x-kubernetes-preserve-unknown-fields": true],
                    "note": ["type": "string", "nullable": true],
                    "hosts": ["type": "array", "x-kubernetes-list-type": "set", "items": ["type": "string"]],
                    "ports": [
                        "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                        "items": [
                            "type": "object", "required": ["name"],
                            "properties": ["name": ["type": "string"], "number": ["type": "integer", "format": "int32"]],
                        ],
                    ],
                ],
            ],
            "status": [
                "type": "object", "properties": ["replicas": ["type": "integer"], "selector": ["type": "string"]],
            ],
        ],
    ]

    static func version(_ name: String, isStorage: Bool, _ more: JSON = [:]) -> JSON {
        var version: JSON = [
            "name": .string(name), "served": true, "storage": .bool(isStorage), "schema": ["openAPIV3Schema": schema],
            "subresources": [
                "status": [:],
                "scale": [
                    "specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas", "labelSelectorPath": ".status.selector",
                ],
            ],
            "additionalPrinterColumns": [
                ["name": "Spec", "type": "string", "jsonPath": ".spec.cronSpec"],
                ["name": "Replicas", "type": "integer", "jsonPath": ".spec.replicas", "priority": 1],
                ["name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"],
            ],
            "selectableFields": [["jsonPath": ".spec.color"]],
        ]
        for member in more.object?.members ?? [] { version[member.key] = member.value }
        return version
    }

    static func definition(_ versions: [JSON] = [version("v1", isStorage: true)], short: [JSON] = ["ct"]) -> JSON {
        [
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": ["name": .string(name)],
            "spec": [
                "group": "stable.example.com", "scope": "Namespaced", "versions": .array(versions),
                "names": [
                    "plural": "crontabs", "singular": "crontab", "kind": "CronTab", "shortNames": .array(short), "categories": ["all"],
                ],
            ],
        ]
    }

    static func object(_ name: String, _ spec: JSON = [:], version: String = "v1") -> JSON {
        var full: JSON = ["cronSpec": "* * * * */5"]
        for member in spec.object?.members ?? [] { full[member.key] = member.value }
        return [
            "apiVersion": .string("stable.example.com/" + version), "kind": "CronTab", "metadata": ["name": .string(name)], "spec": full,
        ]
    }
}

extension TestServer {
    /// Creates a definition and returns when it is established.
    @discardableResult
    func define(_ definition: JSON = CronTabs.definition()) async throws -> Reply {
        let name: String = definition[["metadata", "name"]]?.string ?? ""
        let made: Reply = try await ask("POST", CronTabs.definitions, definition)
        guard made.code == 201 else { return made }
        try await eventually("\(name) is established") {
            try await self.ask("GET", CronTabs.definitions + "/" + name).isEstablished
        }
        return made
    }
}

extension TestServer.Reply {
    var isEstablished: Bool { View<CustomResourceDefinition>(json).isTrue("Established") }

    func condition(_ type: String) -> JSON? { (self["status", "conditions"]?.array ?? []).first { $0["type"]?.string == type } }
}
