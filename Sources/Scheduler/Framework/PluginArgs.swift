import API
import Machinery

// What plugins may be told in a file. Source: kubescheduler.config.k8s.io/v1, types_pluginargs.go.

struct NodeResourcesFitArgs: Schema {
    static let definition = Definition(
        NodeResourcesFitArgs(), "kubescheduler.config.v1.NodeResourcesFitArgs", "Arguments of NodeResourcesFit.")

    let ignoredResources = Field<[String]>("ignoredResources", 1, "Resources that no node needs to have.")
    let scoringStrategy = Field<ScoringStrategy?>("scoringStrategy", 2, "How use becomes a score.")
}

struct ScoringStrategy: Schema {
    static let definition = Definition(ScoringStrategy(), "kubescheduler.config.v1.ScoringStrategy", "How use becomes a score.")

    let type = Field<String>(
        "type", 1, "Which nodes are better.", default: "LeastAllocated",
        .oneOf("LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"))
    let resources = Field<[ResourceWeight]>("resources", 2, "Resources that count.")
    let requestedToCapacityRatio = Field<RatioShape?>("requestedToCapacityRatio", 3, "The line from use to score.")
}

struct ResourceWeight: Schema {
    static let definition = Definition(ResourceWeight(), "kubescheduler.config.v1.ResourceSpec", "A resource and its weight.")

    let name = Field<String>("name", 1, "Name of the resource.", .required)
    let weight = Field<Int64?>("weight", 2, "Its importance.", .atLeast(1), .atMost(100))
}

struct RatioShape: Schema {
    static let definition = Definition(RatioShape(), "kubescheduler.config.v1.RequestedToCapacityRatioParam", "A line from use to score.")

    let shape = Field<[RatioPoint]>("shape", 1, "Its points, by rising use.")
}

struct RatioPoint: Schema {
    static let definition = Definition(RatioPoint(), "kubescheduler.config.v1.UtilizationShapePoint", "A point of a line.")

    let utilization = Field<Int32>("utilization", 1, "Use in percent.", .always, .atLeast(0), .atMost(100))
    let score = Field<Int32>("score", 2, "Score from 0 to 10.", .always, .atLeast(0), .atMost(10))
}

struct BalancedAllocationArgs: Schema {
    static let definition = Definition(
        BalancedAllocationArgs(), "kubescheduler.config.v1.NodeResourcesBalancedAllocationArgs",
        "Arguments of NodeResourcesBalancedAllocation.")

    let resources = Field<[ResourceWeight]>("resources", 1, "Resources whose shares are to be alike.")
}

struct InterPodAffinityArgs: Schema {
    static let definition = Definition(
        InterPodAffinityArgs(), "kubescheduler.config.v1.InterPodAffinityArgs", "Arguments of InterPodAffinity.")

    let hardPodAffinityWeight = Field<Int32?>(
        "hardPodAffinityWeight", 1, "What a required affinity counts as a wish in return.", .atLeast(0), .atMost(100))
    let ignorePreferredTermsOfExistingPods = Field<Bool>(
        "ignorePreferredTermsOfExistingPods", 2, "Pods without wishes of their own disregard others'.")
}

struct NodeAffinityArgs: Schema {
    static let definition = Definition(NodeAffinityArgs(), "kubescheduler.config.v1.NodeAffinityArgs", "Arguments of NodeAffinity.")

    let addedAffinity = Field<NodeAffinity?>("addedAffinity", 1, "Node affinity of all pods of the profile.")
}

struct PodTopologySpreadArgs: Schema {
    static let definition = Definition(
        PodTopologySpreadArgs(), "kubescheduler.config.v1.PodTopologySpreadArgs", "Arguments of PodTopologySpread.")

    let defaultConstraints = Field<[TopologySpreadConstraint]>("defaultConstraints", 1, "For pods that have none.")
    let defaultingType = Field<String?>("defaultingType", 2, "System, or List for those that are given.", .oneOf("System", "List"))
}

struct VolumeBindingArgs: Schema {
    static let definition = Definition(VolumeBindingArgs(), "kubescheduler.config.v1.VolumeBindingArgs", "Arguments of VolumeBinding.")

    let bindTimeoutSeconds = Field<Int64?>("bindTimeoutSeconds", 1, "How long claims may take to get their volumes.", .atLeast(0))
}

struct DefaultPreemptionArgs: Schema {
    static let definition = Definition(
        DefaultPreemptionArgs(), "kubescheduler.config.v1.DefaultPreemptionArgs", "Arguments of DefaultPreemption.")

    let minCandidateNodesPercentage = Field<Int32?>(
        "minCandidateNodesPercentage", 1, "Of the nodes, how many with victims are enough.", .atLeast(0), .atMost(100))
    let minCandidateNodesAbsolute = Field<Int32?>("minCandidateNodesAbsolute", 2, "At least so many.", .atLeast(0))
}
