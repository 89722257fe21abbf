import API
import Machinery

/// The object of the cluster's first node, for those who have something to say of it before its kubelet registers it.
enum FirstNode {
    /// The node belongs to the cluster and can't be taken away, so it bears no mark by which others leave its addresses alone: it has them
    /// from the start.
    static func new(_ name: String, _ families: [IPFamily], _ fill: (inout View<Node>) -> Void = { _ in }) -> View<Node> {
        Node.new(name) {
            $0.spec.podCIDRs = families.map { ClusterAddresses.pods(ofNode: 0, $0) }
            $0.spec.podCIDR = $0.spec.podCIDRs[0]
            fill(&$0)
        }
    }
}
