/// Only nodes near to the pods that this pod needs, away from those that it avoids, and from those that avoid it.
///
/// The first pod of a set that wants to be near to its own kind may go anywhere. Source: inter-pod affinity in the Kubernetes
/// documentation.
struct InterPodAffinity: Filter {
    static let name = "InterPodAffinity"
    static let retriedOn: ClusterChange = [.nodeLabels, .podPlaced, .podChanged, .podGone, .namespaceLabels]

    private let pod: PodInfo
    /// Where pods are that meet all terms of affinity.
    private var wanted: Set<Place> = []
    /// Where pods are that the pod avoids.
    private var avoided: Set<Place> = []
    /// Where pods are that avoid the pod.
    private var forbidden: Set<Place> = []
    private let wantsItself: Bool

    init?(_ pod: PodInfo, _ snapshot: Snapshot) {
        self.pod = pod
        wantsItself = pod.affinity.allSatisfy { $0.matches(pod, snapshot) }
        let speaks: Bool = !pod.affinity.isEmpty || !pod.antiAffinity.isEmpty
        for node in snapshot.nodes {
            for other in (speaks ? node.pods : node.choosyPods).values {
                for term in other.antiAffinity where term.matches(pod, snapshot) { Self.note(term, node, &forbidden) }
                for term in pod.antiAffinity where term.matches(other, snapshot) { Self.note(term, node, &avoided) }
                if !pod.affinity.isEmpty, pod.affinity.allSatisfy({ $0.matches(other, snapshot) }) {
                    for term in pod.affinity { Self.note(term, node, &wanted) }
                }
            }
        }
        if !speaks, forbidden.isEmpty { return nil }
    }

    func rejection(of node: NodeInfo) -> Rejection? {
        if !pod.affinity.isEmpty, !isNear(node) { return .incurable("node(s) didn't match pod affinity rules") }
        if contains(avoided, pod.antiAffinity, node) { return .curable("node(s) didn't match pod anti-affinity rules") }
        if forbidden.contains(where: { node.labels[$0.key] == $0.value }) {
            return .curable("node(s) didn't satisfy existing pods anti-affinity rules")
        }
        return nil
    }

    private func isNear(_ node: NodeInfo) -> Bool {
        var isNear: Bool = true
        for term in pod.affinity {
            guard let value = node.labels[term.topologyKey] else { return false }
            if !wanted.contains(Place(term.topologyKey, value)) { isNear = false }
        }
        return isNear || (wanted.isEmpty && wantsItself)
    }

    private func contains(_ places: Set<Place>, _ terms: [NeighbourTerm], _ node: NodeInfo) -> Bool {
        terms.contains { term in node.labels[term.topologyKey].map { places.contains(Place(term.topologyKey, $0)) } ?? false }
    }

    private static func note(_ term: NeighbourTerm, _ node: NodeInfo, _ places: inout Set<Place>) {
        if let value = node.labels[term.topologyKey] { places.insert(Place(term.topologyKey, value)) }
    }
}
