import FoundationEssentials
import Sandbox
import Synchronization

/// The addresses of each node's pods: one /24 a node, kept with the node's data, so that it has the same one at each start.
final class NodeRanges: Sendable {
    private let profile: ClusterProfile
    private let network: ClusterNetwork
    private let lock = Mutex(())

    init(_ profile: ClusterProfile, _ network: ClusterNetwork) {
        self.profile = profile
        self.network = network
    }

    /// The range of a node, whose first address is the node's own in the cluster's network from here on. The first node has
    /// ``ClusterAddresses/pods``; each further one the lowest that no other has.
    func range(of node: NodeFolders) -> String {
        lock.withLock { _ in
            let number: Int = known(node) ?? free()
            if node.state != profile.firstNode.state, known(node) == nil { keep(number, node) }
            if network.isOwn {
                // Without it the node's pods reach nobody, which their probes and events tell.
                try? network.addAddress(ClusterAddresses.gateway(ofNode: number))
            }
            return ClusterAddresses.pods(ofNode: number)
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
