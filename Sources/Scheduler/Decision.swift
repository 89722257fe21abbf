/// Where a pod goes.
enum Decision: Sendable {
    case node(String)
    case nowhere(Unfit)

    /// Asks all filters of the nodes, then the scores of those that are left; of equally good ones the first is taken.
    ///
    /// In a large cluster no more nodes are asked than it takes to have enough to choose from.
    ///
    /// - Parameters:
    ///   - nominated: more important pods that others were pushed out for, with their nodes: their room is theirs.
    ///   - start: where to begin, so that all nodes have their turn; moved on by the nodes that were asked.
    static func make(
        for pod: PodInfo, _ snapshot: Snapshot, nominated: [(pod: PodInfo, node: String)] = [], start: inout Int
    ) -> Decision {
        let (fitting, unfit): ([NodeInfo], Unfit) = filter(
            pod, snapshot, nominated: nominated, start: start, enough: enough(of: snapshot.nodes.count))
        if !snapshot.nodes.isEmpty { start = (start + fitting.count + unfit.rejections.count) % snapshot.nodes.count }
        guard let best = best(of: fitting, for: pod, snapshot) else { return .nowhere(unfit) }
        return .node(best.name)
    }

    /// The same from the first node on.
    static func make(for pod: PodInfo, _ snapshot: Snapshot, nominated: [(pod: PodInfo, node: String)] = []) -> Decision {
        var start: Int = 0
        return make(for: pod, snapshot, nominated: nominated, start: &start)
    }

    /// How many nodes that fit are enough to choose from. Source: `numFeasibleNodesToFind` of pkg/scheduler/schedule_one.go.
    static func enough(of count: Int) -> Int {
        guard count >= 100 else { return count }
        return max(100, count * max(5, 50 - count / 125) / 100)
    }

    /// The nodes that no filter refuses, and why the others are refused.
    ///
    /// - Parameter enough: ends the search when so many were found.
    static func filter(
        _ pod: PodInfo, _ snapshot: Snapshot, nominated: [(pod: PodInfo, node: String)] = [], start: Int = 0, enough: Int = .max
    ) -> (fitting: [NodeInfo], unfit: Unfit) {
        var chains: [(chain: FilterChain, snapshot: Snapshot)] = [(FilterChain(pod, snapshot), snapshot)]
        if !nominated.isEmpty {
            // A node must do with those pods and, as they may yet go elsewhere, without them.
            let full: Snapshot = nominated.reduce(snapshot) { $0.placing($1.pod, on: $1.node) }
            chains.insert((FilterChain(pod, full), full), at: 0)
        }
        var unfit = Unfit(nodeCount: snapshot.nodes.count)
        if let verdict = chains[0].chain.verdictForAll {
            unfit.verdict = verdict.text
            for node in snapshot.nodes {
                unfit.rejections[node.name] = Rejection(reasons: [verdict.text], isCurable: false, plugin: verdict.plugin)
            }
            return ([], unfit)
        }
        var fitting: [NodeInfo] = []
        let count: Int = snapshot.nodes.count
        for step in 0..<count where fitting.count < enough {
            let index: Int = (start + step) % count
            let rejection: Rejection? = chains.lazy.compactMap { $0.chain.rejection(of: $0.snapshot.nodes[index]) }.first
            if let rejection {
                unfit.rejections[snapshot.nodes[index].name] = rejection
            } else {
                fitting.append(snapshot.nodes[index])
            }
        }
        return (fitting, unfit)
    }

    /// What each plugin that has an opinion gives the nodes: in its own units, and from 0 to 100, not yet weighed.
    static func scores(
        of nodes: [NodeInfo], for pod: PodInfo, _ snapshot: Snapshot
    ) -> [(plugin: any Score.Type, raw: [Double], scores: [Double])] {
        Plugins.scores.compactMap { type in
            guard let scorer = type.init(pod, snapshot, nodes) else { return nil }
            let raw: [Double] = nodes.map { scorer.score($0) }
            return (type, raw, scorer.normalize(raw))
        }
    }

    private static func best(of nodes: [NodeInfo], for pod: PodInfo, _ snapshot: Snapshot) -> NodeInfo? {
        guard nodes.count > 1 else { return nodes.first }
        var totals: [Double] = nodes.map { _ in 0 }
        for (plugin, _, scores) in scores(of: nodes, for: pod, snapshot) {
            for index in totals.indices { totals[index] += scores[index] * Double(plugin.weight) }
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
    /// What holds for all nodes alike; nil where each was asked.
    var verdict: String?

    var plugins: Set<String> { Set(rejections.values.map { $0.plugin }) }

    /// `0/3 nodes are available: 1 Insufficient memory, 3 Insufficient cpu.`
    var message: String {
        guard nodeCount > 0 else { return "no nodes available to schedule pods" }
        if let verdict { return "0/\(nodeCount) nodes are available: \(verdict)." }
        return Self.message(nodeCount, rejections.values.map { $0.reasons })
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
