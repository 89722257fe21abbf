package import Machinery

/// A machine that runs pods.
package struct Node: Kind {
    package static let definition = Definition(Node(), "core.v1.Node", "A machine that runs pods.")
    package static let names = KindNames(
        "Node", group: "", plural: "nodes", short: ["no"], isNamespaced: false,
        subresources: [.proxy("NodeProxyOptions"), .status("Node")], takesStatus: true)
    package static let selectableFields: [SelectableField] = [SelectableField("spec.unschedulable", absent: "false")]

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<NodeSpec>("spec", 2, "What the administrator wants of the node.")
    package let status = Field<NodeStatus>("status", 3, "What was last seen of the node.")

    /// Source: `fieldIsDeprecatedWarnings` of pkg/registry/core/node.
    package static func warnings(_ node: View<Node>, from old: View<Node>?) -> [String] {
        let source: String =
            "spec.configSource: the spec.configSource field is deprecated in v1.22 and is removed from node objects in v1.24"
        let external: String = "spec.externalID: this field is deprecated, and is unused by Kubernetes"
        return (node.spec.configSource == nil ? [] : [source]) + (node.spec.externalID.isEmpty ? [] : [external])
    }
}

/// What the administrator wants of a node.
package struct NodeSpec: Schema {
    package static let definition = Definition(NodeSpec(), "core.v1.NodeSpec", "What the administrator wants of a node.")

    package let podCIDR = Field<String>("podCIDR", 1, "Range that pod addresses are taken from.")
    package let podCIDRs = Field<[String]>("podCIDRs", 7, "All such ranges, podCIDR first; one for each IP family.", .mergeSet)
    package let providerID = Field<String>("providerID", 3, "Identifier at the cloud provider, as PROVIDER://ID.")
    package let unschedulable = Field<Bool>("unschedulable", 4, "True keeps new pods away: the node is cordoned.")
    package let taints = Field<[Taint]>("taints", 5, "What keeps pods away that don't tolerate it.", .atomic)
    package let configSource = Field<NodeConfigSource?>("configSource", 6, "Out of use.")
    package let externalID = Field<String>("externalID", 2, "Out of use.")

    /// The singular field and the first of the plural one are the same thing.
    package static func setDefaults(_ spec: inout View<NodeSpec>) {
        if spec.podCIDRs.isEmpty, !spec.podCIDR.isEmpty {
            let range: String = spec.podCIDR
            spec.podCIDRs = [range]
        } else if spec.podCIDR.isEmpty, let first: String = spec.podCIDRs.first {
            spec.podCIDR = first
        }
    }
}

/// Where a node took its configuration from. Out of use.
package struct NodeConfigSource: Schema {
    package static let definition = Definition(
        NodeConfigSource(), "core.v1.NodeConfigSource", "Where a node took its configuration from. Out of use.")

    package let configMap = Field<ConfigMapNodeConfigSource?>("configMap", 2, "A ConfigMap.")
}

/// A ConfigMap with a node's configuration. Out of use.
package struct ConfigMapNodeConfigSource: Schema {
    package static let definition = Definition(
        ConfigMapNodeConfigSource(), "core.v1.ConfigMapNodeConfigSource", "A ConfigMap with a node's configuration. Out of use.")

    package let namespace = Field<String>("namespace", 1, "Its namespace.", .always)
    package let name = Field<String>("name", 2, "Its name.", .always)
    package let uid = Field<String>("uid", 3, "Its identifier.")
    package let resourceVersion = Field<String>("resourceVersion", 4, "Its revision.")
    package let kubeletConfigKey = Field<String>("kubeletConfigKey", 5, "The key that holds the configuration.", .always)
}
