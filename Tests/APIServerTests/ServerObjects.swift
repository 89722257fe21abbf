import Machinery
import TestSupport

/// Small objects for the server's tests, as a client would send them.
enum Sample {
    static func configMap(_ name: String, labels: JSON = [:], data: JSON = ["key": "value"]) -> JSON {
        ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name), "labels": labels], "data": data]
    }

    static func pod(_ name: String, labels: JSON = [:]) -> JSON {
        [
            "apiVersion": "v1", "kind": "Pod", "metadata": ["name": .string(name), "labels": labels],
            "spec": ["containers": [["name": "main", "image": "host/sh", "command": ["sh", "-c", "true"]]]],
        ]
    }

    static func deployment(_ name: String, replicas: Int64 = 1) -> JSON {
        [
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": .string(name)],
            "spec": [
                "replicas": .int(replicas), "selector": ["matchLabels": ["app": .string(name)]],
                "template": [
                    "metadata": ["labels": ["app": .string(name)]],
                    "spec": ["containers": [["name": "main", "image": "host/sh", "command": ["sh"]]]],
                ],
            ],
        ]
    }

    static func service(_ name: String, _ spec: JSON = [:]) -> JSON {
        var full: JSON = ["selector": ["app": .string(name)], "ports": [["port": 80]]]
        for member in spec.object?.members ?? [] { full[member.key] = member.value }
        return ["apiVersion": "v1", "kind": "Service", "metadata": ["name": .string(name)], "spec": full]
    }
}

/// Where the objects of the tests stand.
enum Place {
    static let configMaps = "/api/v1/namespaces/default/configmaps"
    static let pods = "/api/v1/namespaces/default/pods"
    static let services = "/api/v1/namespaces/default/services"
    static let deployments = "/apis/apps/v1/namespaces/default/deployments"
    static let budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"
    static let namespaces = "/api/v1/namespaces"
}

extension TestServer.Reply {
    /// The revision that the answer carries; 0 without one.
    var revision: Int { self["metadata", "resourceVersion"]?.string.flatMap { Int($0) } ?? 0 }

    /// Names of the objects of a list, in its order.
    var names: [String] { (json["items"]?.array ?? []).compactMap { $0[["metadata", "name"]]?.string } }
}
