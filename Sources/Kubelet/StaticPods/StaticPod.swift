import API
import Images
import Machinery

/// Pods that come from a file or an address instead of the API, and ``ControlPlanePod``; the API sees a mirror of each.
///
/// Source: pkg/kubelet/config (`applyDefaults`, `generatePodName`) and pkg/kubelet/types.
enum StaticPod {
    static let sourceAnnotation = "kubernetes.io/config.source"
    static let hashAnnotation = "kubernetes.io/config.hash"
    static let seenAnnotation = "kubernetes.io/config.seen"
    static let mirrorAnnotation = "kubernetes.io/config.mirror"

    /// The pods of a document: one pod or a list of them, YAML or JSON. Throws ``ConfigError``.
    ///
    /// - Parameters:
    ///   - kind: `file` or `http`.
    ///   - place: path or address, which makes equal texts of two places two pods.
    static func read(_ bytes: [UInt8], kind: String, place: String, node: String, now: Time) throws(ConfigError) -> [View<Pod>] {
        let documents: [JSON]
        do { documents = try YAML.documents(bytes).map(\.json) } catch { throw ConfigError("\(place): \(error)") }
        var pods: [View<Pod>] = []
        for document in documents where !document.isNull {
            let items: [JSON]
            switch document["kind"]?.string {
            case "Pod": items = [document]
            case "PodList", "List": items = document["items"]?.array ?? []
            default: throw ConfigError("\(place): the kind is \(document["kind"]?.string ?? "missing"), not Pod")
            }
            for item in items { pods.append(try make(item, kind: kind, place: place, node: node, now: now)) }
        }
        return pods
    }

    /// - Parameter json: a pod without defaults.
    static func make(_ json: JSON, kind: String, place: String, node: String, now: Time) throws(ConfigError) -> View<Pod> {
        var json: JSON = json
        guard let name = json[["metadata", "name"]]?.string, !name.isEmpty else { throw ConfigError("\(place): the pod has no name") }
        let hash = String(Digest(of: Array("\(node) \(place) ".utf8) + json.serialized()).hex.prefix(32))
        json["apiVersion"] = "v1"
        json["kind"] = "Pod"
        json["status"] = nil
        Pod.definition.schema.applyDefaults(&json)
        var pod = View<Pod>(json)
        pod.metadata.name = "\(name)-\(node)"
        if pod.metadata.namespace.isEmpty { pod.metadata.namespace = "default" }
        pod.metadata.uid = hash
        pod.metadata.annotations[sourceAnnotation] = kind
        pod.metadata.annotations[hashAnnotation] = hash
        pod.metadata.annotations[seenAnnotation] = now.description
        pod.spec.nodeName = node
        // It is nobody's to evict: the node itself wants it.
        let everything = View<Toleration> {
            $0.operator = "Exists"
            $0.effect = "NoExecute"
        }
        if !pod.spec.tolerations.contains(everything) { pod.spec.tolerations.append(everything) }
        pod.status.phase = "Pending"
        return pod
    }

    /// What the API is to show of a static pod. Source: pkg/kubelet/pod/mirror_client.go.
    static func mirror(of pod: View<Pod>, node: View<Node>) -> View<Pod> {
        var mirror: View<Pod> = pod
        mirror.json["status"] = nil
        mirror.json[["metadata", "uid"]] = nil
        mirror.metadata.annotations[mirrorAnnotation] = pod.metadata.uid
        mirror.json[["metadata", "ownerReferences"]] = [
            [
                "apiVersion": "v1", "kind": "Node", "name": .string(node.name), "uid": .string(node.metadata.uid), "controller": true,
            ]
        ]
        return mirror
    }
}

extension View<Pod> {
    /// Whether the pod is the node's own, and not the API's.
    var isStatic: Bool {
        let annotations: [String: String] = self.metadata.annotations
        return annotations[StaticPod.sourceAnnotation].map { $0 != "api" } ?? false && annotations[StaticPod.mirrorAnnotation] == nil
    }
}
