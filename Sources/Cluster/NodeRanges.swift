import FoundationEssentials
import Sandbox
import Synchronization

/// The addresses of each node's pods: a range of each family that the cluster has, numbered by what is kept with the node's data, so that
/// it has the same ones at each start.
final class NodeRanges: Sendable {
    private let profile: ClusterProfile
    private let network: ClusterNetwork
    private let lock = Mutex(())

    init(_ profile: ClusterProfile, _ network: ClusterNetwork) {
        self.profile = profile
        self.network = network
    }

    /// The ranges of a node, whose first addresses are the node's own in the cluster's network from here on. The first node has number 0;
    /// each further one the lowest that no other has.
    func ranges(of node: NodeFolders) -> [String] {
        lock.withLock { _ in
            let number: Int = known(node) ?? free()
            if node.state != profile.firstNode.state, known(node) == nil { keep(number, node) }
            for family in network.families where network.isOwn {
                // Without it the node's pods reach nobody, which their probes and events tell.
                try? network.addAddress(ClusterAddresses.gateway(ofNode: number, family))
            }
            return network.families.map { ClusterAddresses.pods(ofNode: number, $0) }
        }
    }

    private func known(_ node: NodeFolders) -> Int? {
        if node.state == profile.firstNode.state { return 0 }
        return FileManager.default.contents(atPath: node.state + "/range").flatMap { Int(String(decoding: $0, as: UTF8.self)) }
    }

    private func free() -> Int {
        let taken: Set<Int> = Set(profile.furtherNodes.compactMap { known(profile.furtherNode($0)) })
        return (1...255).first { !taken.contains($0) } ?? 255
    }

    private func keep(_ number: Int, _ node: NodeFolders) {
        // A number that could not be written is given anew at the next start; its pods begin anew then.
        try? Data(String(number).utf8).write(to: URL(filePath: node.state + "/range"))
    }
}
