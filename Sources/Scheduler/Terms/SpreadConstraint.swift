import API
import Machinery

/// How evenly the pods of a set are to be spread over one kind of place, read once.
struct SpreadConstraint: Sendable {
    let topologyKey: String
    let maxSkew: Int
    let minDomains: Int
    /// False for a wish.
    let isRequired: Bool
    /// Leave nodes out that the pod's own selector and affinity exclude.
    let honoursAffinity: Bool
    /// Leave nodes out whose taints the pod doesn't tolerate.
    let honoursTaints: Bool
    private let pods: LabelMatch

    init(_ constraint: View<TopologySpreadConstraint>) {
        topologyKey = constraint.topologyKey
        maxSkew = constraint.maxSkew
        minDomains = constraint.minDomains ?? 1
        isRequired = constraint.whenUnsatisfiable == "DoNotSchedule"
        honoursAffinity = constraint.nodeAffinityPolicy != "Ignore"
        honoursTaints = constraint.nodeTaintsPolicy == "Honor"
        pods = constraint.labelSelector?.match ?? .nothing
    }

    func selects(_ pod: PodInfo) -> Bool { pods.matches(pod.labels) }

    /// Pods on a node that count: those of the namespace which are there to stay.
    func count(on node: NodeInfo, namespace: String) -> Int {
        node.pods.values.count { $0.key.namespace == namespace && !$0.isTerminating && selects($0) }
    }

    /// True when the pods of a node count for a pod.
    func includes(_ node: NodeInfo, for pod: PodInfo) -> Bool {
        (!honoursAffinity || pod.wants(node)) && (!honoursTaints || !node.taints.contains { $0.keepsAway(pod.tolerations) })
    }
}
