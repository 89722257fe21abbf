import Machinery

/// The contexts of a kubeconfig as a table.
enum ContextTable {
    static func table(_ contexts: [ClusterFacts], current: String) -> ResourceTable {
        ResourceTable(
            columns: ["NAME", "CLUSTER", "USER", "NAMESPACE", "CURRENT"].map { ResourceTable.Column($0) },
            rows: contexts.map { context in
                ResourceTable.Row(
                    [context.context, context.server, context.user, context.namespace, context.context == current ? "*" : ""],
                    object: ["metadata": ["name": .string(context.context)]])
            })
    }
}
