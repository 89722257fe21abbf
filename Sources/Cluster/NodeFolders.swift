import Client
import FoundationEssentials
import Glibc
import Kubelet
import Sandbox

/// Where a node keeps what its pods leave on disk.
///
///     <cluster>/node, <cluster>/pods                        of the first node
///     <cluster>/nodes/<name>/state, <cluster>/nodes/<name>/pods   of each further one
struct NodeFolders: Sendable {
    /// Sandboxes and volumes.
    let state: String
    /// Container logs.
    let logs: String

    /// Makes the folders, mode 0700.
    func make() throws {
        for path in [state, logs] { try LocalFile.makeFolder(path) }
    }
}

extension ClusterProfile {
    private var furtherFolder: String { folder + "/nodes" }

    var firstNode: NodeFolders { NodeFolders(state: nodeFolder, logs: podLogsFolder) }

    func furtherNode(_ name: String) -> NodeFolders {
        NodeFolders(state: "\(furtherFolder)/\(name)/state", logs: "\(furtherFolder)/\(name)/pods")
    }

    /// Names of the nodes beside the first that have a folder.
    var furtherNodes: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: furtherFolder)) ?? []).sorted() }

    /// Throws ``SandboxError`` that names what can't be removed.
    func removeFurtherNode(_ name: String) throws(SandboxError) {
        let folder = "\(furtherFolder)/\(name)"
        do throws(SandboxError) {
            try removeFolder(folder)
        } catch {
            // Files of identities that exist in the cluster only.
            try ClusterNetwork(networkConfiguration).remove(folder)
        }
    }

    /// Ends the pods of all nodes, while no kubelet runs.
    func endAllPods() async {
        for node in [firstNode] + furtherNodes.map({ furtherNode($0) }) { await Kubelet.endPods(stateFolder: node.state) }
    }
}
