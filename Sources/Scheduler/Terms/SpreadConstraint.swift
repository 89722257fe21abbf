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
    let pods: LabelMatch

    init(_ constraint: View<TopologySpreadConstraint>) {
        topologyKey = constraint.topologyKey
        maxSkew = constraint.maxSkew
        minDomains = constraint.minDomains ?? 1
        isRequired = constraint.whenUnsatisfiable == "DoNotSchedule"
        honoursAffinity = constraint.nodeAffinityPolicy != "Ignore"
        honoursTaints = constraint.nodeTaintsPolicy == "Honor"
        pods = constraint.labelSelector?.match ?? .nothing
    }

    private init(_ constraint: SpreadConstraint, over pods: LabelMatch) {
        topologyKey = constraint.topologyKey
        maxSkew = constraint.maxSkew
        minDomains = constraint.minDomains
        isRequired = constraint.isRequired
        honoursAffinity = constraint.honoursAffinity
        honoursTaints = constraint.honoursTaints
        self.pods = pods
    }

    private init(wishing topologyKey: String, maxSkew: Int) {
        self.topologyKey = topologyKey
        self.maxSkew = maxSkew
        minDomains = 1
        isRequired = false
        honoursAffinity = true
        honoursTaints = false
        pods = .nothing
    }

    /// What pods of a set wish that say nothing themselves. Source: `systemDefaultConstraints` of the plugin PodTopologySpread.
    static let systemDefaults: [SpreadConstraint] = [
        SpreadConstraint(wishing: "kubernetes.io/hostname", maxSkew: 3),
        SpreadConstraint(wishing: "topology.kubernetes.io/zone", maxSkew: 5),
    ]

    /// The same for other pods.
    func over(_ pods: LabelMatch) -> SpreadConstraint { SpreadConstraint(self, over: pods) }

    func selects(_ pod: PodInfo) -> Bool { pods.matches(pod.labels) }
}
