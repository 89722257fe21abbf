/// What the steps of a decision took; zero for one that was not needed.
struct StepTimes: Sendable {
    var filter: Duration = .zero
    var score: Duration = .zero
    var postFilter: Duration = .zero
}

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
    ///   - start: the step of the visits to begin with, so that all nodes have their turn; moved on by the nodes that were asked.
    static func make(
        for pod: PodInfo, _ snapshot: Snapshot, _ profile: Profile = Profile(), nominated: [(pod: PodInfo, node: String)] = [],
        start: inout Int, steps: inout StepTimes
    ) -> Decision {
        let began: ContinuousClock.Instant = .now
        let count: Int = snapshot.nodes.count
        let (fitting, unfit): ([Int], Unfit) = filter(
            pod, snapshot, profile, nominated: nominated, start: start, enough: enough(of: count, profile.percentageOfNodesToScore))
        let filtered: ContinuousClock.Instant = .now
        steps.filter = filtered - began
        defer { if fitting.count > 1 { steps.score = .now - filtered } }
        if count > 0 { start = (start + fitting.count + unfit.rejections.count) % count }
        guard let best = best(of: fitting, for: pod, snapshot, profile) else { return .nowhere(unfit) }
        return .node(snapshot.nodes[best].name)
    }

    /// The same from the first node on.
    static func make(
        for pod: PodInfo, _ snapshot: Snapshot, _ profile: Profile = Profile(), nominated: [(pod: PodInfo, node: String)] = []
    ) -> Decision {
        var start: Int = 0
        var steps = StepTimes()
        return make(for: pod, snapshot, profile, nominated: nominated, start: &start, steps: &steps)
    }

    /// How many nodes that fit are enough to choose from. Source: `numFeasibleNodesToFind` of pkg/scheduler/schedule_one.go.
    ///
    /// - Parameter percentage: of the nodes; nil or 0 takes the fewer, the larger the cluster is.
    static func enough(of count: Int, _ percentage: Int? = nil) -> Int {
        let share: Int = percentage.flatMap { $0 > 0 ? $0 : nil } ?? max(5, 50 - count / 125)
        guard count >= 100, share < 100 else { return count }
        return max(100, count * share / 100)
    }

    /// The nodes that no filter refuses, by their place in the snapshot, and why the others are refused.
    ///
    /// - Parameter enough: ends the search when so many were found.
    static func filter(
        _ pod: PodInfo, _ snapshot: Snapshot, _ profile: Profile, nominated: [(pod: PodInfo, node: String)] = [], start: Int = 0,
        enough: Int = .max
    ) -> (fitting: [Int], unfit: Unfit) {
        let count: Int = snapshot.nodes.count
        var unfit = Unfit(nodeCount: count)
        let chain = FilterChain(pod, snapshot, profile)
        if let verdict = chain.verdictForAll {
            unfit.verdict = verdict.text
            let rejection = Rejection(reasons: [verdict.text], isCurable: false, plugin: verdict.plugin)
            for node in snapshot.nodes { unfit.rejections[node.name] = rejection }
            return ([], unfit)
        }
        // A node must do with those pods and, as they may yet go elsewhere, without them.
        var full: (chain: FilterChain, snapshot: Snapshot)?
        if !nominated.isEmpty {
            var crowded: Snapshot = snapshot
            for (other, node) in nominated { crowded.add(other, to: node) }
            full = (FilterChain(pod, crowded, profile), crowded)
        }
        var fitting: [Int] = []
        fitting.reserveCapacity(min(enough, count))
        for step in 0..<count where fitting.count < enough {
            let index: Int = snapshot.visited((start + step) % count)
            let rejection: Rejection? =
                full.flatMap { $0.chain.rejection(of: $0.snapshot.nodes[index]) } ?? chain.rejection(of: snapshot.nodes[index])
            if let rejection {
                unfit.rejections[snapshot.nodes[index].name] = rejection
            } else {
                fitting.append(index)
            }
        }
        return (fitting, unfit)
    }

    /// What a plugin that has an opinion gives the nodes: in its own units, and from 0 to 100, not yet weighed.
    struct Opinion {
        let plugin: String
        let weight: Int
        let raw: [Double]
        let scores: [Double]
    }

    static func opinions(on nodes: [Int], for pod: PodInfo, _ snapshot: Snapshot, _ profile: Profile) -> [Opinion] {
        profile.scores.compactMap { plugin, weight in
            guard let scorer = plugin.init(pod, snapshot, nodes, profile.arguments) else { return nil }
            let raw: [Double] = scorer.scores(of: nodes, in: snapshot)
            return Opinion(plugin: plugin.name, weight: weight, raw: raw, scores: scorer.normalize(raw))
        }
    }

    private static func best(of nodes: [Int], for pod: PodInfo, _ snapshot: Snapshot, _ profile: Profile) -> Int? {
        guard nodes.count > 1 else { return nodes.first }
        var totals = [Double](repeating: 0, count: nodes.count)
        for opinion in opinions(on: nodes, for: pod, snapshot, profile) {
            let weight = Double(opinion.weight)
            for index in totals.indices { totals[index] += opinion.scores[index] * weight }
        }
        var best: Int = 0
        for index in totals.indices where totals[index] > totals[best] { best = index }
        return nodes[best]
    }
}
