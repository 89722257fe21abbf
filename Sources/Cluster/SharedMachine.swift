import API
import Client
import Machinery
import Sandbox

/// Several nodes that share this machine in equal parts.
struct SharedMachine {
    /// Name of the first node; the others are called after it: `local-2`, `local-3`.
    let first: String
    let count: Int

    /// Makes the Node objects that are missing, and says of each how much of the machine it has.
    func mark(_ client: Client) async throws {
        for number in 1...count {
            let name: String = number == 1 ? first : "\(first)-\(number)"
            var node: View<Node>
            if let known = try await client.find(Node.self, ObjectKey(namespace: "", name: name)) {
                guard known.metadata.annotations[NodeMarks.capacity] != share else { continue }
                node = known
                node.metadata.annotations[NodeMarks.capacity] = share
                try await client.update(node)
            } else {
                try await client.create(
                    Node.new(name) {
                        // The first node belongs to the cluster and can't be taken away.
                        if number > 1 { $0.metadata.labels = [NodeMarks.kind: NodeMarks.Kind.process.rawValue] }
                        $0.metadata.annotations = [NodeMarks.capacity: share]
                    })
            }
        }
    }

    /// In thousandths of a processor and whole MiB.
    private var share: String { "cpu=\(Host.processors * 1000 / count)m,memory=\((Host.memory >> 20) / Int64(count))Mi" }
}
