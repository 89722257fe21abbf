/// Where a pod goes.
enum Decision: Sendable {
    case node(String)
    case nowhere(Unfit)

    /// Asks all filters of all nodes, then the scores of those that are left; of equally good ones the first by name.
    ///
    /// - Parameter nominated: more important pods that others were pushed out for, with their nodes: their room is theirs.
    static func make(for pod: PodInfo, _ snapshot: Snapshot, nominated: [(pod: PodInfo, node: String)] = []) -> Decision {
        var chains: [(chain: FilterChain, snapshot: Snapshot)] = [(FilterChain(pod, snapshot), snapshot)]
        if !nominated.isEmpty {
            // A node must do with those pods and, as they may yet go elsewhere, without them.
            let full: Snapshot = nominated.reduce(snapshot) { $0.placing($1.pod, on: $1.node) }
            chains.insert((FilterChain(pod, full), full), at: 0)
        }
        var unfit = Unfit(nodeCount: snapshot.nodes.count)
        var fitting: [NodeInfo] = []
        for index in snapshot.nodes.indices {
            let rejection: Rejection? = chains.lazy.compactMap { $0.chain.rejection(of: $0.snapshot.nodes[index]) }.first
            if let rejection {
                unfit.rejections[snapshot.nodes[index].name] = rejection
            } else {
                fitting.append(snapshot.nodes[index])
            }
        }
        guard let best = best(of: fitting, for: pod, snapshot) else { return .nowhere(unfit) }
        return .node(best.name)
    }

    private static func best(of nodes: [NodeInfo], for pod: PodInfo, _ snapshot: Snapshot) -> NodeInfo? {
        guard nodes.count > 1 else { return nodes.first }
        var totals: [Double] = nodes.map { _ in 0 }
        for type in Plugins.scores {
            guard let scorer = type.init(pod, snapshot, nodes) else { continue }
            let scores: [Double] = scorer.normalize(nodes.map { scorer.score($0) })
            for index in totals.indices { totals[index] += scores[index] * Double(type.weight) }
        }
        var best: Int = 0
        for index in totals.indices where totals[index] > totals[best] { best = index }
        return nodes[best]
    }
}

/// Why a pod fits nowhere.
struct Unfit: Sendable {
    let nodeCount: Int
    /// By name of the node.
    var rejections: [String: Rejection] = [:]

    var plugins: Set<String> { Set(rejections.values.map(\.plugin)) }

    /// `0/3 nodes are available: 1 Insufficient memory, 3 Insufficient cpu.`
    var message: String {
        guard nodeCount > 0 else { return "no nodes available to schedule pods" }
        return Self.message(nodeCount, rejections.values.map(\.reasons))
    }

    /// Source: `FitError` of pkg/scheduler/framework.
    static func message(_ nodeCount: Int, _ reasons: [[String]]) -> String {
        var counts: [String: Int] = [:]
        for reason in reasons.joined() { counts[reason, default: 0] += 1 }
        let parts: [String] = counts.map { "\($0.value) \($0.key)" }.sorted()
        let start: String = "0/\(nodeCount) nodes are available:"
        return parts.isEmpty ? start : start + " " + parts.joined(separator: ", ") + "."
    }
}
