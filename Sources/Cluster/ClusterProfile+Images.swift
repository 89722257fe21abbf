package import Images
import Kubelet
import Sandbox

/// Whether a text is an address that may give static pods.
package enum ManifestAddress {
    package static func isGood(_ text: String) -> Bool { StaticPodAddress(text) != nil }
}

/// The images of a cluster, whether it runs or not.
extension ClusterProfile {
    /// Throws ``ClusterError`` when there is no such cluster.
    package func imageStore() throws -> ImageStore {
        guard hasFolder else { throw ClusterError("there is no cluster \(name) in \(folder). Start one: swkube start") }
        return try ImageStore(folder: imagesFolder)
    }

    /// Manifests of images that containers of any of its nodes run from.
    package func imagesInUse() -> Set<Digest> {
        ([firstNode] + furtherNodes.map { furtherNode($0) }).reduce(into: []) { used, node in
            used.formUnion(Kubelet.imagesInUse(stateFolder: node.state))
        }
    }

    /// What images must be made for to run here.
    package static var platform: Platform { Platform(architecture: Host.architecture) }
}
