package import Machinery

/// What a node uses now. Nobody writes such objects: the server asks the nodes when it is asked.
package struct NodeMetrics: Kind {
    package static let definition = Definition(NodeMetrics(), "metrics.v1beta1.NodeMetrics", "What a node uses now.")
    package static let names = KindNames(
        "NodeMetrics", group: "metrics.k8s.io", version: "v1beta1", plural: "nodes", singular: "", isNamespaced: false,
        verbs: [.get, .list])

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name of the node, with its labels.")
    package let timestamp = Field<Time?>("timestamp", 2, "When the measurement ended.", .written)
    package let window = Field<String>("window", 3, "How long it took, such as 15s.", .always)
    package let usage = Field<[String: Quantity]>("usage", 4, "Amounts by resource: cpu and memory.", .always)

    package static let columns: [Column<NodeMetrics>] = [
        .name,
        Column("cpu", .string, "Processors in use.") { metrics, _ in .string((metrics.usage["cpu"] ?? .zero).description) },
        Column("memory", .string, "Memory in use.") { metrics, _ in .string((metrics.usage["memory"] ?? .zero).description) },
        Column("window", .string, "How long the measurement took.") { metrics, _ in .string(metrics.window) },
    ]
}

/// What the containers of a pod use now. Nobody writes such objects: the server asks the nodes when it is asked.
package struct PodMetrics: Kind {
    package static let definition = Definition(
        PodMetrics(), "metrics.v1beta1.PodMetrics", "What the containers of a pod use now.")
    package static let names = KindNames(
        "PodMetrics", group: "metrics.k8s.io", version: "v1beta1", plural: "pods", singular: "", verbs: [.get, .list])

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name of the pod, with its labels.")
    package let timestamp = Field<Time?>("timestamp", 2, "When the measurement ended.", .written)
    package let window = Field<String>("window", 3, "How long it took, such as 15s.", .always)
    package let containers = Field<[ContainerMetrics]>("containers", 4, "The containers that run.", .always)

    package static let columns: [Column<PodMetrics>] = [
        .name,
        Column("cpu", .string, "Processors in use.") { metrics, _ in .string(metrics.total("cpu").description) },
        Column("memory", .string, "Memory in use.") { metrics, _ in .string(metrics.total("memory").description) },
        Column("window", .string, "How long the measurement took.") { metrics, _ in .string(metrics.window) },
    ]
}

extension View<PodMetrics> {
    /// Of all containers together.
    package func total(_ resource: String) -> Quantity { self.containers.reduce(.zero) { $0 + ($1.usage[resource] ?? .zero) } }
}

/// What one container uses now.
package struct ContainerMetrics: Schema {
    package static let definition = Definition(ContainerMetrics(), "metrics.v1beta1.ContainerMetrics", "What one container uses now.")

    package let name = Field<String>("name", 1, "The container.", .always)
    package let usage = Field<[String: Quantity]>("usage", 2, "Amounts by resource: cpu and memory.", .always)
}
