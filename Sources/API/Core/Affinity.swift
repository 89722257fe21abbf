package import Machinery

/// Which nodes and which neighbours a pod wants or avoids.
package struct Affinity: Schema {
    package static let definition = Definition(Affinity(), "core.v1.Affinity", "Which nodes and which neighbours a pod wants or avoids.")

    package let nodeAffinity = Field<NodeAffinity?>("nodeAffinity", 1, "Which nodes it wants.")
    package let podAffinity = Field<PodAffinity?>("podAffinity", 2, "Which pods it wants to be near.")
    package let podAntiAffinity = Field<PodAntiAffinity?>("podAntiAffinity", 3, "Which pods it avoids.")
}

/// Which nodes a pod wants.
package struct NodeAffinity: Schema {
    package static let definition = Definition(NodeAffinity(), "core.v1.NodeAffinity", "Which nodes a pod wants.")

    package let requiredDuringSchedulingIgnoredDuringExecution = Field<NodeSelector?>(
        "requiredDuringSchedulingIgnoredDuringExecution", 1, "What a node must have.")
    package let preferredDuringSchedulingIgnoredDuringExecution = Field<[PreferredSchedulingTerm]>(
        "preferredDuringSchedulingIgnoredDuringExecution", 2, "What a node had better have; weights are added up.", .atomic)
}

/// A wish for a node, with its weight.
package struct PreferredSchedulingTerm: Schema {
    package static let definition = Definition(
        PreferredSchedulingTerm(), "core.v1.PreferredSchedulingTerm", "A wish for a node, with its weight.")

    package let weight = Field<Int32>("weight", 1, "Importance from 1 to 100.", .always, .weight)
    package let preference = Field<NodeSelectorTerm>(
        "preference", 2, "The wish; one without conditions fits every node and changes nothing.", .always)
}

/// Which pods a pod wants to be near.
package struct PodAffinity: Schema {
    package static let definition = Definition(PodAffinity(), "core.v1.PodAffinity", "Which pods a pod wants to be near.")

    package let requiredDuringSchedulingIgnoredDuringExecution = Field<[PodAffinityTerm]>(
        "requiredDuringSchedulingIgnoredDuringExecution", 1, "What must hold when the pod is placed.", .atomic)
    package let preferredDuringSchedulingIgnoredDuringExecution = Field<[WeightedPodAffinityTerm]>(
        "preferredDuringSchedulingIgnoredDuringExecution", 2, "What had better hold; weights are added up.", .atomic)
}

/// Which pods a pod avoids.
package struct PodAntiAffinity: Schema {
    package static let definition = Definition(PodAntiAffinity(), "core.v1.PodAntiAffinity", "Which pods a pod avoids.")

    package let requiredDuringSchedulingIgnoredDuringExecution = Field<[PodAffinityTerm]>(
        "requiredDuringSchedulingIgnoredDuringExecution", 1, "What must hold when the pod is placed.", .atomic)
    package let preferredDuringSchedulingIgnoredDuringExecution = Field<[WeightedPodAffinityTerm]>(
        "preferredDuringSchedulingIgnoredDuringExecution", 2, "What had better hold; weights are added up.", .atomic)
}

/// A wish for neighbours, with its weight.
package struct WeightedPodAffinityTerm: Schema {
    package static let definition = Definition(
        WeightedPodAffinityTerm(), "core.v1.WeightedPodAffinityTerm", "A wish for neighbours, with its weight.")

    package let weight = Field<Int32>("weight", 1, "Importance from 1 to 100.", .always, .weight)
    package let podAffinityTerm = Field<PodAffinityTerm>("podAffinityTerm", 2, "The wish.", .always)
}

/// Pods to be near to, or to avoid, and what near means.
package struct PodAffinityTerm: Schema {
    package static let definition = Definition(
        PodAffinityTerm(), "core.v1.PodAffinityTerm", "Pods to be near to, or to avoid, and what near means.")

    package let labelSelector = Field<LabelSelector?>("labelSelector", 1, "The pods; none when absent.")
    package let namespaces = Field<[String]>(
        "namespaces", 2, "Namespaces to look in; the pod's own when this and namespaceSelector are absent.", .atomic)
    package let topologyKey = Field<String>("topologyKey", 3, "Label of nodes: those with the same value are near to each other.", .always)
    package let namespaceSelector = Field<LabelSelector?>(
        "namespaceSelector", 4, "Namespaces to look in, by label; an empty selector means all.")
    package let matchLabelKeys = Field<[String]>(
        "matchLabelKeys", 5, "Labels whose values are taken from the pod itself and added to the selector.", .atomic)
    package let mismatchLabelKeys = Field<[String]>("mismatchLabelKeys", 6, "The same, but the values must differ.", .atomic)
}
