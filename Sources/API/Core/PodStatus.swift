package import Machinery

/// What was last seen of a pod.
package struct PodStatus: Schema {
    package static let definition = Definition(PodStatus(), "core.v1.PodStatus", "What was last seen of a pod.")

    package let phase = Field<String>("phase", 1, "Pending, Running, Succeeded, Failed or Unknown.")
    package let conditions = Field<[PodCondition]>(
        "conditions", 2, "Aspects of the state: PodScheduled, Initialized, ContainersReady, Ready and others.", .merge(key: "type"))
    package let message = Field<String>("message", 3, "Why the pod is in this state, for people.")
    package let reason = Field<String>("reason", 4, "The same in one word, such as Evicted.")
    package let hostIP = Field<String>("hostIP", 5, "Address of the node.")
    package let podIP = Field<String>("podIP", 6, "Address of the pod; empty before it has one.")
    package let startTime = Field<Time?>("startTime", 7, "When the node took note of the pod, before any image was pulled.")
    package let containerStatuses = Field<[ContainerStatus]>("containerStatuses", 8, "One for each container.", .atomic)
    package let qosClass = Field<String>("qosClass", 9, "Guaranteed, Burstable or BestEffort: who is stopped first when memory runs out.")
    package let initContainerStatuses = Field<[ContainerStatus]>(
        "initContainerStatuses", 10, "One for each init container, in their order.", .atomic)
    package let nominatedNodeName = Field<String>(
        "nominatedNodeName", 11, "Node on which less important pods are making room for this one.")
    package let podIPs = Field<[PodIP]>("podIPs", 12, "All addresses of the pod, podIP first; one for each IP family.", .merge(key: "ip"))
    package let ephemeralContainerStatuses = Field<[ContainerStatus]>(
        "ephemeralContainerStatuses", 13, "One for each ephemeral container.", .atomic)
    package let resize = Field<String>("resize", 14, "How far a change of resources has come. Replaced by conditions.")
    package let resourceClaimStatuses = Field<[PodResourceClaimStatus]>(
        "resourceClaimStatuses", 15, "The claims that were made for the pod.", .merge(key: "name"), .retainKeys)
    package let hostIPs = Field<[HostIP]>("hostIPs", 16, "All addresses of the node, hostIP first.", .merge(key: "ip"), .atomic)
    package let observedGeneration = Field<Int64>("observedGeneration", 17, "Generation of the pod that this status speaks of.")
    package let extendedResourceClaimStatus = Field<PodExtendedResourceClaimStatus?>(
        "extendedResourceClaimStatus", 18, "The claim that was made for extended resources.")
    package let allocatedResources = Field<[String: Quantity]>(
        "allocatedResources", 19, "Requests of the whole pod that the node has set aside.")
    package let resources = Field<ResourceRequirements?>("resources", 20, "Requests and limits of the whole pod that are in effect.")
    package let nodeAllocatableResourceClaimStatuses = Field<[NodeAllocatableResourceClaimStatus]>(
        "nodeAllocatableResourceClaimStatuses", 21, "What claims take of the node's own resources.", .atomic)
}

/// One aspect of a pod's state.
package struct PodCondition: Schema {
    package static let definition = Definition(PodCondition(), "core.v1.PodCondition", "One aspect of a pod's state.")

    package let type = Field<String>("type", 1, "Name of the aspect, such as Ready.", .always)
    package let status = Field<String>("status", 2, "True, False or Unknown.", .always)
    package let lastProbeTime = Field<Time?>("lastProbeTime", 3, "When it was checked last.", .written)
    package let lastTransitionTime = Field<Time?>("lastTransitionTime", 4, "When the status changed last.", .written)
    package let reason = Field<String>("reason", 5, "One word in CamelCase for why the status is what it is.")
    package let message = Field<String>("message", 6, "The same for people.")
    package let observedGeneration = Field<Int64>("observedGeneration", 7, "Generation of the pod that the condition speaks of.")
}

/// An address of a pod.
package struct PodIP: Schema {
    package static let definition = Definition(PodIP(), "core.v1.PodIP", "An address of a pod.")

    package let ip = Field<String>("ip", 1, "The address.", .always)
}

/// An address of a node.
package struct HostIP: Schema {
    package static let definition = Definition(HostIP(), "core.v1.HostIP", "An address of a node.")

    package let ip = Field<String>("ip", 1, "The address.", .always)
}

/// The ResourceClaim behind an entry of the pod's list.
package struct PodResourceClaimStatus: Schema {
    package static let definition = Definition(
        PodResourceClaimStatus(), "core.v1.PodResourceClaimStatus", "The ResourceClaim behind an entry of the pod's list.")

    package let name = Field<String>("name", 1, "Name of the entry.", .always)
    package let resourceClaimName = Field<String?>("resourceClaimName", 2, "The claim; absent when none was needed.")
}

/// The ResourceClaim that was made for the extended resources of a pod.
package struct PodExtendedResourceClaimStatus: Schema {
    package static let definition = Definition(
        PodExtendedResourceClaimStatus(), "core.v1.PodExtendedResourceClaimStatus",
        "The ResourceClaim that was made for the extended resources of a pod.")

    package let requestMappings = Field<[ContainerExtendedResourceRequest]>(
        "requestMappings", 1, "Which request of the claim is for which resource of which container.", .always, .atomic)
    package let resourceClaimName = Field<String>("resourceClaimName", 2, "The claim, in the pod's namespace.", .always)
}

/// A request of a claim for an extended resource of a container.
package struct ContainerExtendedResourceRequest: Schema {
    package static let definition = Definition(
        ContainerExtendedResourceRequest(), "core.v1.ContainerExtendedResourceRequest",
        "A request of a claim for an extended resource of a container.")

    package let containerName = Field<String>("containerName", 1, "The container.", .always)
    package let resourceName = Field<String>("resourceName", 2, "The extended resource.", .always)
    package let requestName = Field<String>("requestName", 3, "Name of the request within the claim.", .always)
}

/// What a claim takes of the node's own resources.
package struct NodeAllocatableResourceClaimStatus: Schema {
    package static let definition = Definition(
        NodeAllocatableResourceClaimStatus(), "core.v1.NodeAllocatableResourceClaimStatus",
        "What a claim takes of the node's own resources.")

    package let resourceClaimName = Field<String>("resourceClaimName", 1, "The claim.", .always)
    package let containers = Field<[String]>("containers", 2, "Containers that use it.", .listSet)
    package let resources = Field<[String: Quantity]>("resources", 3, "Amount, by resource.", .always)
}
