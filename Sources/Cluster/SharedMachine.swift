import API
import Client
import Machinery
import Sandbox

/// Several nodes that share this machine in equal parts.
struct SharedMachine {
    /// The others are called after it: `local-2`, `local-3`.
    let first: FirstNode
    let count: Int

    /// Makes the Node objects that are missing, and says of each how much of the machine it has.
    func mark(_ client: Client) async throws {
        for number in 1...count {
            let name: String = number == 1 ? first.name : "\(first.name)-\(number)"
            if var node = try await client.find(Node.self, ObjectKey(namespace: "", name: name)) {
                guard node.metadata.annotations[NodeMarks.capacity] != share else { continue }
                node.metadata.annotations[NodeMarks.capacity] = share
                try await client.update(node)
            } else if number == 1 {
                try await client.create(first.object { $0.metadata.annotations = [NodeMarks.capacity: share] })
            } else {
                try await client.create(
                    Node.new(name) {
                        $0.metadata.labels = [NodeMarks.kind: NodeMarks.Kind.process.rawValue]
                        $0.metadata.annotations = [NodeMarks.capacity: share]
                    })
            }
        }
    }

    /// In thousandths of a processor and whole MiB.
    private var share: String { "cpu=\(Host.processors * 1000 / count)m,memory=\((Host.memory >> 20) / Int64(count))Mi" }
}

extension SharedMachine {
    /// What each node uses of the machine that all of them measured: what its own pods use, and an equal part of the rest.
    static func divide(_ nodes: [(node: View<NodeMetrics>, pods: [View<PodMetrics>])]) -> [View<NodeMetrics>] {
        guard nodes.count > 1 else { return nodes.map(\.node) }
        func used(_ name: String, _ pods: [View<PodMetrics>]) -> Int128 {
            pods.reduce(0) { sum, pod in pod.containers.reduce(sum) { $0 + ($1.usage[name]?.nanos ?? 0) } }
        }
        let all: [View<PodMetrics>] = nodes.flatMap(\.pods)
        return nodes.map { node, pods in
            var node: View<NodeMetrics> = node
            node.usage = Dictionary(
                uniqueKeysWithValues: node.usage.map { name, whole in
                    let rest: Int128 = max(0, whole.nanos - used(name, all)) / Int128(nodes.count)
                    // Memory in whole KiB, as it is measured.
                    let step: Int128 = name == "memory" ? 1024 * 1_000_000_000 : 1
                    return (name, Quantity(nanos: (used(name, pods) + rest) / step * step, format: whole.format))
                })
            return node
        }
    }
}
