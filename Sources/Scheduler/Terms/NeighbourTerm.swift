import API
import Machinery

/// Pods to be near to, or to avoid, and what near means: a term of inter-pod affinity, read once.
struct NeighbourTerm: Sendable {
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

    /// True when the term speaks of this pod.
    func matches(_ pod: PodInfo, _ snapshot: Snapshot) -> Bool {
        guard pods.matches(pod.labels) else { return false }
        if namespaces.contains(pod.key.namespace) { return true }
        guard let namespaceLabels else { return false }
        return namespaceLabels.matches(snapshot.namespaces[pod.key.namespace] ?? [:])
    }
}

/// A term with its importance; negative for what is to be avoided.
struct WeightedNeighbourTerm: Sendable {
    let weight: Int
    let term: NeighbourTerm
}

/// A value of a topology label: a node, a rack, a zone.
struct Place: Hashable, Sendable {
    let key: String
    let value: String

    init(_ key: String, _ value: String) {
        self.key = key
        self.value = value
    }
}
