import API

/// Only nodes near to the pods that this pod needs, away from those that it avoids, and from those that avoid it.
///
/// The first pod of a set that wants to be near to its own kind may go anywhere. Source: inter-pod affinity in the Kubernetes
/// documentation.
struct InterPodAffinity: Filter {
    static let name = "InterPodAffinity"
    static let events: Set<ClusterEvent.Kind> = [
        .nodeAdded, .nodeChanged, .podPlaced, .podChanged, .podGone, .itself, .namespaceChanged,
    ]

    static func mayHelp(_ pod: PodInfo, _ event: ClusterEvent, _ snapshot: Snapshot) -> Bool {
        let namespaces: Namespaces = snapshot.namespaces
        func isWanted(_ other: PodInfo) -> Bool {
            !pod.affinity.isEmpty && pod.affinity.allSatisfy { $0.matches(other, namespaces) }
        }
        func isAvoided(_ other: PodInfo) -> Bool {
            pod.antiAffinity.contains { $0.matches(other, namespaces) } || other.antiAffinity.contains { $0.matches(pod, namespaces) }
        }
        let terms: [NeighbourTerm] = pod.affinity + pod.antiAffinity
        return switch event {
        case .podPlaced(let other): isWanted(other)
        case .podGone(let other): isAvoided(other)
        case .podChanged(let before, let after): !isWanted(before) && isWanted(after) || isAvoided(before) && !isAvoided(after)
        case .itself: event.changesItself { $0.labels }
        case .nodeAdded(let node): terms.isEmpty || terms.contains { node.labels[$0.topologyKey] != nil }
        // Others' terms may be of any label.
        case .nodeChanged(let before, let after): before.labels != after.labels
        case .namespaceChanged: terms.contains { $0.choosesNamespaces }
        default: false
        }
    }

    private let pod: PodInfo
    /// Where pods are that meet all terms of affinity, for each term.
    private let wanted: [(label: PlaceLabel, counts: PlaceIndex.Counts)]
    /// Where pods are that the pod avoids, for each term.
    private let avoided: [(label: PlaceLabel, counts: PlaceIndex.Counts)]
    /// Where pods are that avoid the pod, by topology label.
    private let forbidden: [(label: PlaceLabel, counts: PlaceIndex.Counts)]
    /// True when no pod meets the terms, but this one does.
    private let isFirst: Bool

    init?(_ pod: PodInfo, _ snapshot: Snapshot, _ arguments: PluginArguments) {
        forbidden = snapshot.places.avoiding.compactMap { term, counts in
            term.matches(pod, snapshot.namespaces) ? (PlaceLabel(term.topologyKey), counts) : nil
        }
        if pod.affinity.isEmpty, pod.antiAffinity.isEmpty, forbidden.isEmpty { return nil }
        self.pod = pod
        wanted = pod.affinity.map { (PlaceLabel($0.topologyKey), snapshot.counts(of: pod.affinity, by: $0.topologyKey)) }
        avoided = pod.antiAffinity.map { (PlaceLabel($0.topologyKey), snapshot.counts(of: [$0], by: $0.topologyKey)) }
        isFirst =
            !pod.affinity.isEmpty && wanted.allSatisfy { $0.counts.values.allSatisfy { $0 == 0 } }
            && pod.affinity.allSatisfy { $0.matches(pod, snapshot.namespaces) }
    }

    func rejection(of node: NodeInfo) -> Rejection? {
        if !pod.affinity.isEmpty, !isNear(node) { return .incurable("node(s) didn't match pod affinity rules") }
        for (label, counts) in avoided {
            if let value = node.facts.value(of: label), counts[value] ?? 0 > 0 {
                return .curable("node(s) didn't match pod anti-affinity rules")
            }
        }
        for (label, counts) in forbidden {
            if let value = node.facts.value(of: label), counts[value] ?? 0 > 0 {
                return .curable("node(s) didn't satisfy existing pods anti-affinity rules")
            }
        }
        return nil
    }

    private func isNear(_ node: NodeInfo) -> Bool {
        var isNear: Bool = true
        for (label, counts) in wanted {
            guard let value = node.facts.value(of: label) else { return false }
            if counts[value] ?? 0 == 0 { isNear = false }
        }
        return isNear || isFirst
    }
}
