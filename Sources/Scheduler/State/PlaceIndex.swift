import API
import Machinery

/// Where pods are that somebody cares for, counted by place and kept up as pods come and go: what else would take a look at every pod.
///
/// A place is a value of a label of nodes. Terms that pods carry about others are always counted; pods that a decision asks for are counted
/// from the first decision on that asks for them.
struct PlaceIndex: Sendable {
    /// By value of the topology label. Places without such pods are there with 0 where nodes make them places.
    typealias Counts = [String: Int]

    /// Pods that avoid others, by the term that they carry: inter-pod anti-affinity that is required.
    private(set) var avoiding: [NeighbourTerm: Counts] = [:]
    /// Pods that need others.
    private(set) var seeking: [NeighbourTerm: Counts] = [:]
    /// Sums of the weights of pods that wish others near, or far.
    private(set) var wishing: [NeighbourTerm: Counts] = [:]

    private struct Entry: Sendable {
        var counts: Counts
        var used: Int
    }

    private var tallies: [PodTally: Entry] = [:]
    private var uses: Int = 0
    /// More than that many are not kept.
    private static let most: Int = 64

    /// A pod came to a node.
    mutating func add(_ pod: PodInfo, at node: NodeFacts, _ namespaces: Namespaces) { note(pod, node, namespaces, 1) }

    mutating func remove(_ pod: PodInfo, at node: NodeFacts, _ namespaces: Namespaces) { note(pod, node, namespaces, -1) }

    /// Nodes, their labels or taints, or labels of namespaces changed: what was counted is counted anew when it is asked for.
    mutating func forgetTallies() { if !tallies.isEmpty { tallies = [:] } }

    func counts(_ tally: PodTally) -> Counts? { tallies[tally]?.counts }

    /// Keeps a count from now on; the one that was not asked for the longest goes when there are too many.
    mutating func keep(_ tally: PodTally, _ counts: () -> Counts) {
        uses += 1
        if tallies[tally] != nil {
            tallies[tally]?.used = uses
            return
        }
        if tallies.count >= Self.most, let oldest = tallies.min(by: { $0.value.used < $1.value.used })?.key { tallies[oldest] = nil }
        tallies[tally] = Entry(counts: counts(), used: uses)
    }

    private mutating func note(_ pod: PodInfo, _ node: NodeFacts, _ namespaces: Namespaces, _ sign: Int) {
        if pod.isChoosy {
            for term in pod.antiAffinity { Self.count(term, node.labels, sign, &avoiding) }
            for term in pod.affinity { Self.count(term, node.labels, sign, &seeking) }
            for wish in pod.wishes { Self.count(wish.term, node.labels, sign * wish.weight, &wishing) }
        }
        guard !tallies.isEmpty else { return }
        // Chosen first: whoever walks over the counts and changes them copies them all.
        let touched: [PodTally] = tallies.keys.filter { $0.counts(pod, namespaces) }
        for tally in touched {
            guard let place = tally.place(of: node) else { continue }
            tallies[tally]?.counts[place, default: 0] += sign
        }
    }

    private static func count(_ term: NeighbourTerm, _ labels: [String: String], _ amount: Int, _ all: inout [NeighbourTerm: Counts]) {
        guard let place = labels[term.topologyKey] else { return }
        let count: Int = (all[term]?[place] ?? 0) + amount
        all[term, default: [:]][place] = count == 0 ? nil : count
        if all[term]?.isEmpty == true { all[term] = nil }
    }
}

/// Pods to be counted by place.
struct PodTally: Hashable, Sendable {
    enum Rule: Hashable, Sendable {
        /// Pods of a namespace that are there to stay.
        case members(namespace: String, LabelMatch)
        /// Pods that meet all of these terms.
        case neighbours([NeighbourTerm])
    }

    let rule: Rule
    let topologyKey: String
    /// Nodes without these labels are no places.
    var required: [String] = []
    /// Nodes that it doesn't allow are no places.
    var nodeRule: NodeRule?
    /// Nodes with other taints are no places; nil for all.
    var tolerations: [TolerationInfo]?

    func counts(_ pod: PodInfo, _ namespaces: Namespaces) -> Bool {
        switch rule {
        case .members(let namespace, let pods): pod.key.namespace == namespace && !pod.isTerminating && pods.matches(pod.labels)
        case .neighbours(let terms): terms.allSatisfy { $0.matches(pod, namespaces) }
        }
    }

    /// nil for a node that is no place.
    func place(of node: NodeFacts) -> String? {
        guard let place = node.value(of: PlaceLabel(topologyKey)), required.allSatisfy({ node.labels[$0] != nil }),
            nodeRule?.allows(name: node.name, labels: node.labels) ?? true
        else { return nil }
        if let tolerations, node.taints.contains(where: { $0.keepsAway(tolerations) }) { return nil }
        return place
    }
}
