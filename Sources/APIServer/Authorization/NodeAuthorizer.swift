import API
import Machinery
import Store

/// Decides for node agents (`system:node:NAME` in `system:nodes`): what every node needs, its own Node, Lease and pods, and of
/// secrets, config maps, claims and service accounts those that its pods name.
///
/// Source: plugin/pkg/auth/authorizer/node.
struct NodeAuthorizer: Sendable {
    private let pods: PodReferences

    init(store: any Store) { pods = PodReferences(store: store) }

    /// The node that a user speaks for; nil for anybody else, empty for a node agent without a node's name.
    static func nodeName(_ user: UserInfo) -> String? {
        guard user.name.hasPrefix("system:node:"), user.groups.contains("system:nodes") else { return nil }
        return String(user.name.dropFirst("system:node:".count))
    }

    func decide(_ user: UserInfo, _ attributes: Attributes) -> Decision {
        guard let node = Self.nodeName(user) else { return .noOpinion() }
        guard !node.isEmpty else { return .noOpinion("unknown node for user \"\(user.name)\"") }
        guard attributes.isResource else { return .noOpinion() }
        switch (attributes.group, attributes.resource) {
        case ("", "secrets"): return readByName(node, attributes, PodReference.Kind.secret)
        case ("", "configmaps"): return readByName(node, attributes, PodReference.Kind.configMap)
        case ("", "persistentvolumeclaims"):
            if attributes.subresource == "status" { return claimStatus(node, attributes) }
            return readOne(node, attributes, PodReference.Kind.claim)
        case ("", "persistentvolumes"): return readOne(node, attributes, PodReference.Kind.volume)
        case ("resource.k8s.io", "resourceclaims"): return readOne(node, attributes, PodReference.Kind.resourceClaim)
        case ("", "serviceaccounts"): return token(node, attributes)
        case ("coordination.k8s.io", "leases"): return lease(node, attributes)
        case ("storage.k8s.io", "csinodes"): return csiNode(node, attributes)
        case ("", "nodes"): return ownNode(node, attributes)
        case ("", "pods"): return pod(node, attributes)
        default: return BootstrapPolicy.node.allows(attributes) ? .allowed() : .noOpinion()
        }
    }

    private func readByName(_ node: String, _ attributes: Attributes, _ kind: PodReference.Kind) -> Decision {
        guard ["get", "list", "watch"].contains(attributes.verb) else { return .noOpinion("can only read resources of this type") }
        guard attributes.subresource.isEmpty else { return .noOpinion("cannot read subresource") }
        guard !attributes.namespace.isEmpty else { return .noOpinion("can only read namespaced object of this type") }
        return related(node, attributes, kind)
    }

    private func readOne(_ node: String, _ attributes: Attributes, _ kind: PodReference.Kind) -> Decision {
        guard attributes.verb == "get" else { return .noOpinion("can only get individual resources of this type") }
        guard attributes.subresource.isEmpty else { return .noOpinion("cannot get subresource") }
        return related(node, attributes, kind)
    }

    private func related(_ node: String, _ attributes: Attributes, _ kind: PodReference.Kind) -> Decision {
        guard !attributes.name.isEmpty else { return .noOpinion("No Object name found") }
        let key = ObjectKey(namespace: attributes.namespace, name: attributes.name)
        return pods.name(kind, key, on: node)
            ? .allowed() : .noOpinion("no relationship found between node '\(node)' and this object")
    }

    private func claimStatus(_ node: String, _ attributes: Attributes) -> Decision {
        guard ["update", "patch"].contains(attributes.verb) else {
            return .noOpinion("can only get/update/patch this type")
        }
        return related(node, attributes, .claim)
    }

    private func token(_ node: String, _ attributes: Attributes) -> Decision {
        if attributes.verb == "get", attributes.subresource.isEmpty { return related(node, attributes, .serviceAccount) }
        guard attributes.verb == "create", !attributes.name.isEmpty else {
            return .noOpinion("can only create tokens for individual service accounts")
        }
        guard attributes.subresource == "token" else { return .noOpinion("can only create token subresource of serviceaccount") }
        return related(node, attributes, .serviceAccount)
    }

    private func lease(_ node: String, _ attributes: Attributes) -> Decision {
        guard ["get", "create", "update", "patch", "delete"].contains(attributes.verb) else {
            return .noOpinion("can only get, create, update, patch, or delete a node lease")
        }
        guard attributes.namespace == "kube-node-lease" else {
            return .noOpinion("can only access leases in the \"kube-node-lease\" system namespace")
        }
        guard attributes.verb == "create" || attributes.name == node else {
            return .noOpinion("can only access node lease with the same name as the requesting node")
        }
        return .allowed()
    }

    private func csiNode(_ node: String, _ attributes: Attributes) -> Decision {
        guard ["get", "create", "update", "patch", "delete"].contains(attributes.verb) else {
            return .noOpinion("can only get, create, update, patch, or delete a CSINode")
        }
        guard attributes.subresource.isEmpty else { return .noOpinion("cannot authorize CSINode subresources") }
        guard attributes.verb == "create" || attributes.name == node else {
            return .noOpinion("can only access CSINode with the same name as the requesting node")
        }
        return .allowed()
    }

    private func ownNode(_ node: String, _ attributes: Attributes) -> Decision {
        switch (attributes.subresource, attributes.verb) {
        case ("", "create"): return .allowed()
        case ("", "get"), ("", "list"), ("", "watch"), ("", "update"), ("", "patch"), ("status", "update"), ("status", "patch"):
            return attributes.name == node
                ? .allowed() : .noOpinion("node '\(node)' cannot read '\(attributes.name)', only its own Node object")
        default: return .noOpinion()
        }
    }

    private func pod(_ node: String, _ attributes: Attributes) -> Decision {
        switch (attributes.subresource, attributes.verb) {
        case ("", "get"): return related(node, attributes, .pod)
        case ("", "list"), ("", "watch"):
            let isOwn: Bool = Attributes.value(of: "spec.nodeName", in: attributes.fieldSelector) == node
            return isOwn ? .allowed() : .noOpinion("can only list/watch pods with spec.nodeName field selector")
        // NodeRestriction looks at the pod itself.
        case ("", "create"), ("", "delete"), ("status", "update"), ("status", "patch"), ("eviction", "create"): return .allowed()
        default: return .noOpinion()
        }
    }
}
