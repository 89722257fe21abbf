import Machinery

/// How pods that ask for one scheduler are placed: which plugins, in which order, with which weights.
///
/// A pod names its profile in `spec.schedulerName`. Source of the lists: the default configuration of kube-scheduler.
package struct Profile: Sendable {
    /// The name that pods give as their `schedulerName` when they say nothing.
    package static let defaultName = "default-scheduler"

    package var schedulerName: String = defaultName
    /// Of the nodes, how many that fit are enough to choose from; nil takes fewer, the larger the cluster is.
    var percentageOfNodesToScore: Int?
    var arguments = PluginArguments()

    var preEnqueues: [any PreEnqueue.Type] = [SchedulingGates.self]
    var queueSort: any QueueSort.Type = PrioritySort.self
    /// PreFilter and Filter. NodeName is not among them: a pod that names its node never comes here.
    var filters: [any Filter.Type] = [
        NodeUnschedulable.self,
        TaintToleration.self,
        NodeAffinityRule.self,
        NodePorts.self,
        NodeResourcesFit.self,
        VolumeRestrictions.self,
        NodeVolumeLimits.self,
        VolumeBinding.self,
        VolumeZone.self,
        PodTopologySpread.self,
        InterPodAffinity.self,
        DynamicResources.self,
        SchedulingGroups.self,
    ]
    var postFilters: [any PostFilter.Type] = [DefaultPreemption.self]
    /// PreScore and Score, each with its importance.
    var scores: [(plugin: any Score.Type, weight: Int)] = [
        (TaintPreference.self, 3),
        (NodePreference.self, 2),
        (FitPreference.self, 1),
        (SpreadPreference.self, 2),
        (NeighbourPreference.self, 2),
        (BalancedAllocation.self, 1),
        (ImageLocality.self, 1),
    ]
    var reserves: [any Reserve.Type] = [VolumeReservation.self, DeviceReservation.self]
    var permits: [any Permit.Type] = []
    var preBinds: [any PreBind.Type] = [VolumeReservation.self, DeviceReservation.self]
    var binds: [any Bind.Type] = [DefaultBinder.self]

    package init() {}

    /// True when an event may help a pod that these plugins refused; any change of the nodes when there was none to ask.
    func mayHelp(_ pod: PodInfo, _ event: ClusterEvent, refusedBy names: Set<String>, _ snapshot: Snapshot) -> Bool {
        guard !names.isEmpty else { return event.node != nil }
        return filters.contains { names.contains($0.name) && $0.events.contains(event.kind) && $0.mayHelp(pod, event, snapshot) }
    }

    /// False when an event can help no pod that these plugins refused.
    func hears(_ event: ClusterEvent, refusedBy names: Set<String>) -> Bool {
        guard !names.isEmpty else { return event.node != nil }
        return filters.contains { names.contains($0.name) && $0.events.contains(event.kind) }
    }
}

/// What the plugins of a profile were told. Source: the `*Args` types of kubescheduler.config.k8s.io/v1.
struct PluginArguments: Sendable {
    /// How free and used shares of a node become a score.
    enum Strategy: Sendable, Equatable {
        case leastAllocated
        case mostAllocated
        /// Points of a line, by rising use in percent: the score from 0 to 10.
        case requestedToCapacityRatio([Point])

        struct Point: Sendable, Equatable {
            let utilization: Int
            let score: Int
        }
    }

    var strategy: Strategy = .leastAllocated
    /// Resources that count for the strategy, with their weights.
    var strategyResources: [(name: String, weight: Int64)] = [("cpu", 1), ("memory", 1)]
    /// Resources that no node needs to have.
    var ignoredResources: Set<String> = []
    /// Resources whose shares are to be alike.
    var balancedResources: [String] = ["cpu", "memory"]
    /// What a required affinity of another pod counts as a wish in return.
    var hardPodAffinityWeight: Int = 1
    var ignoresPreferredTermsOfExistingPods = false
    /// What pods of a set get that say nothing about spreading; empty for nothing.
    var defaultConstraints: [SpreadConstraint] = SpreadConstraint.systemDefaults
    /// True for those that every cluster has.
    var usesSystemDefaults = true
    /// What nodes must have for all pods of the profile, and what they had better have.
    var addedAffinity: AddedAffinity?
    var volumeBindTimeout: Duration = .seconds(600)
    /// How many nodes are looked at for room that could be made.
    var minCandidateNodesPercentage: Int = 10
    var minCandidateNodesAbsolute: Int = 100
}
