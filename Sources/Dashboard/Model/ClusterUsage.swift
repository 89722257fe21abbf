import API
package import Client
package import Machinery

/// What nodes and pods use now, where the cluster serves metrics.k8s.io.
package struct ClusterUsage: Sendable, Equatable {
    package struct Amounts: Sendable, Equatable {
        package var cpu: Quantity = .zero
        package var memory: Quantity = .zero

        package init(cpu: Quantity = .zero, memory: Quantity = .zero) {
            self.cpu = cpu
            self.memory = memory
        }

        init(_ usage: JSON?) {
            self.init(cpu: UsageText.amount(usage?["cpu"]), memory: UsageText.amount(usage?["memory"]))
        }

        static func + (one: Amounts, other: Amounts) -> Amounts {
            Amounts(cpu: one.cpu + other.cpu, memory: one.memory + other.memory)
        }
    }

    /// By name.
    package var nodes: [String: Amounts] = [:]
    /// By `namespace/name`.
    package var pods: [String: Amounts] = [:]
    /// What all nodes have together.
    package var capacity = Amounts()

    package init() {}

    /// `CPU 12%`, `MEM 40%`; empty where nothing is measured.
    package var shares: [(name: String, share: String)] {
        guard !nodes.isEmpty else { return [] }
        let used: Amounts = nodes.values.reduce(Amounts(), +)
        return [
            ("CPU", UsageText.share(used.cpu, capacity.cpu)), ("MEM", UsageText.share(used.memory, capacity.memory)),
        ]
    }

    /// The table with columns CPU and MEM, for pods and nodes that are measured.
    package func extended(_ table: ResourceTable, of resource: APIResource) -> ResourceTable {
        let isPod: Bool = resource.resource == Pod.names.resource
        let amounts: [String: Amounts] = isPod ? pods : resource.resource == Node.names.resource ? nodes : [:]
        // The columns stand behind those that are always shown.
        guard !amounts.isEmpty, let place = table.columns.firstIndex(where: { $0.name == "AGE" }) else { return table }
        var columns: [ResourceTable.Column] = table.columns
        columns.insert(contentsOf: [ResourceTable.Column("CPU"), ResourceTable.Column("MEM")], at: place)
        let rows: [ResourceTable.Row] = table.rows.values.map { row in
            let one: Amounts? = amounts[isPod ? "\(row.namespace)/\(row.name)" : row.name]
            var cells: [String] = row.cells
            let added: [String] = [one.map { UsageText.cpu($0.cpu) } ?? "", one.map { UsageText.memory($0.memory) } ?? ""]
            cells.insert(contentsOf: added, at: min(place, cells.count))
            return ResourceTable.Row(cells, object: row.object)
        }
        return ResourceTable(columns: columns, rows: rows)
    }

    /// Throws ``APIStatus`` where nobody serves metrics.
    package static func read(_ transport: any Transport) async throws -> ClusterUsage {
        func list(_ resource: GroupVersionResource) async throws -> [JSON] {
            let answer: JSON = try JSON(parsing: try await transport.send(APIRequest(.list, resource)).body)
            return answer["items"]?.array ?? []
        }
        var usage = ClusterUsage()
        for item in try await list(NodeMetrics.names.resource) {
            usage.nodes[item[["metadata", "name"]]?.string ?? ""] = Amounts(item["usage"])
        }
        for item in try await list(PodMetrics.names.resource) {
            let name: String = "\(item[["metadata", "namespace"]]?.string ?? "")/\(item[["metadata", "name"]]?.string ?? "")"
            usage.pods[name] = (item["containers"]?.array ?? []).map { Amounts($0["usage"]) }.reduce(Amounts(), +)
        }
        for node in try await list(Node.names.resource) { usage.capacity = usage.capacity + Amounts(node[["status", "allocatable"]]) }
        return usage
    }
}
