package import Machinery

/// What `get nodes` prints. Source: `printNode` of pkg/printers/internalversion/printers.go.
extension Node {
    package static var columns: [Column<Node>] {
        [
            .name,
            Column("Status", .string, "Whether the node is ready and takes pods.") { node, _ in .string(status(node)) },
            Column("Roles", .string, "From the labels node-role.kubernetes.io/NAME.") { node, _ in
                let roles: [String] = roles(node)
                return .string(roles.isEmpty ? "<none>" : roles.joined(separator: ","))
            },
            .age,
            Column("Version", .string, "Version of the kubelet.") { node, _ in .string(node.status.nodeInfo.kubeletVersion) },
            Column("Internal-IP", .string, "Address within the cluster.", priority: 1) { node, _ in
                .string(node.address("InternalIP") ?? "<none>")
            },
            Column("External-IP", .string, "Address for the outside.", priority: 1) { node, _ in
                .string(node.address("ExternalIP") ?? "<none>")
            },
            Column("OS-Image", .string, "Name of the distribution.", priority: 1) { node, _ in
                .string(known(node.status.nodeInfo.osImage))
            },
            Column("Kernel-Version", .string, "Version of the kernel.", priority: 1) { node, _ in
                .string(known(node.status.nodeInfo.kernelVersion))
            },
            Column("Container-Runtime", .string, "Runtime and its version.", priority: 1) { node, _ in
                .string(known(node.status.nodeInfo.containerRuntimeVersion))
            },
        ]
    }

    package static var unshown: JSONOmissions { [["metadata", "managedFields"], ["metadata", "annotations"], ["status", "images"]] }

    /// `Ready`, `NotReady,SchedulingDisabled`
    package static func status(_ node: View<Node>) -> String {
        let ready: String
        switch node.condition("Ready")?.status {
        case nil: ready = "Unknown"
        case "True": ready = "Ready"
        default: ready = "NotReady"
        }
        return node.spec.unschedulable ? ready + ",SchedulingDisabled" : ready
    }

    /// Sorted and unique. Source: `findNodeRoles`.
    package static func roles(_ node: View<Node>) -> [String] {
        var roles: Set<String> = []
        for (label, value) in node.metadata.labels {
            let prefix: String = "node-role.kubernetes.io/"
            if label.hasPrefix(prefix), label.count > prefix.count { roles.insert(String(label.dropFirst(prefix.count))) }
            if label == "kubernetes.io/role", !value.isEmpty { roles.insert(value) }
        }
        return roles.sorted()
    }

    private static func known(_ text: String) -> String { text.isEmpty ? "<unknown>" : text }
}
