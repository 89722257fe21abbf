import API
import Machinery

/// Labels of namespaces, by name.
typealias Namespaces = [String: [String: String]]

/// Pods to be near to, or to avoid, and what near means: a term of inter-pod affinity, read once.
struct NeighbourTerm: Sendable, Hashable {
    /// Label of nodes; those with the same value are near to each other.
    let topologyKey: String
    private let pods: LabelMatch
    private let namespaces: Set<String>
    /// nil chooses no namespace beside those that are named.
    private let namespaceLabels: LabelMatch?

    /// - Parameter namespace: that of the pod which has the term; looked in when the term says nothing else.
    init(_ term: View<PodAffinityTerm>, namespace: String) {
        topologyKey = term.topologyKey
        pods = term.labelSelector?.match ?? .nothing
        let named: [String] = term.namespaces
        let selector: View<LabelSelector>? = term.namespaceSelector
        namespaces = named.isEmpty && selector == nil ? [namespace] : Set(named)
        namespaceLabels = selector?.match
    }

    /// True when it depends on the labels of namespaces.
    var choosesNamespaces: Bool { namespaceLabels != nil }

    /// True when the term speaks of this pod.
    func matches(_ pod: PodInfo, _ there: Namespaces) -> Bool {
        guard pods.matches(pod.labels) else { return false }
        if namespaces.contains(pod.key.namespace) { return true }
        guard let namespaceLabels else { return false }
        return namespaceLabels.matches(there[pod.key.namespace] ?? [:])
    }
}

/// A term with its importance; negative for what is to be avoided.
struct WeightedNeighbourTerm: Sendable {
    let weight: Int
    let term: NeighbourTerm
}
