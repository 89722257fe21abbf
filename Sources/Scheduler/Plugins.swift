/// Every plugin, in the order in which it is asked. Source: the default configuration of kube-scheduler.
enum Plugins {
    static let filters: [any Filter.Type] = [
        DeviceClaims.self,
        NodeUnschedulable.self,
        TaintToleration.self,
        NodeAffinityRule.self,
        NodePorts.self,
        NodeResourcesFit.self,
        VolumeRestrictions.self,
        VolumeBinding.self,
        VolumeZone.self,
        PodTopologySpread.self,
        InterPodAffinity.self,
    ]

    static let scores: [any Score.Type] = [
        TaintPreference.self,
        NodePreference.self,
        LeastAllocated.self,
        BalancedAllocation.self,
        SpreadPreference.self,
        NeighbourPreference.self,
        ImageLocality.self,
    ]

    /// What may help a pod that these plugins refused; anything when there was no node to refuse.
    static func retriedOn(_ names: Set<String>) -> ClusterChange {
        guard !names.isEmpty else { return .anything }
        // A new node is news for everyone.
        return filters.reduce(into: .nodeAdded) { changes, filter in
            if names.contains(filter.name) { changes.formUnion(filter.retriedOn) }
        }
    }
}
