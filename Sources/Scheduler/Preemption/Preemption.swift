import API
import Machinery

/// Who has to make room for a more important pod.
///
/// On each node that a refusal might be cured on, all less important pods are taken away in thought, and as many as possible are
/// put back, the most important first and those first that a disruption budget protects. Of the nodes, the one counts whose victims
/// break the fewest budgets, then are the least important, the fewest and the youngest. Source: DefaultPreemption of kube-scheduler.
struct Preemption: Sendable {
    enum Outcome: Sendable {
        case victims(Victims)
        /// Why nobody has to go, as the event says it after `preemption: `.
        case nobody(String)
        /// Others were asked to go already and are on their way.
        case wait(String)
    }

    let attempt: FailedAttempt

    private var pod: PodInfo { attempt.pod }
    private var unfit: Unfit { attempt.unfit }

    func plan() -> Outcome {
        guard pod.mayPreempt else { return .nobody("not eligible due to preemptionPolicy=Never.") }
        if isOnTheWay { return .wait("not eligible due to a terminating pod on the nominated node.") }
        var best: Victims?
        var reasons: [[String]] = []
        var found: Int = 0
        // Changed in thought, node by node, and set right again.
        var snapshot: Snapshot = attempt.snapshot
        for (other, node) in attempt.nominated { snapshot.add(other, to: node) }
        for index in snapshot.nodes.indices where found < enough {
            guard unfit.rejections[snapshot.nodes[index].name]?.isCurable == true else {
                reasons.append(["Preemption is not helpful for scheduling"])
                continue
            }
            switch victims(on: index, &snapshot) {
            case .success(let victims):
                found += 1
                if best.map({ victims.isBetter(than: $0) }) ?? true { best = victims }
            case .failure(let rejection): reasons.append(rejection.reasons)
            }
        }
        if let best { return .victims(best) }
        return .nobody(Unfit.message(unfit.nodeCount, reasons))
    }

    /// How many nodes with victims are enough to choose from.
    private var enough: Int {
        let arguments: PluginArguments = attempt.profile.arguments
        return max(attempt.snapshot.nodes.count * arguments.minCandidateNodesPercentage / 100, arguments.minCandidateNodesAbsolute)
    }

    /// True while a pod that was pushed out for this one still ends on the node that was to be its own.
    private var isOnTheWay: Bool {
        guard !attempt.nominatedNode.isEmpty, unfit.rejections[attempt.nominatedNode]?.isCurable == true,
            let node = attempt.snapshot.node(attempt.nominatedNode)
        else { return false }
        return node.pods.values.contains { $0.isTerminating && $0.priority < pod.priority && $0.wasPreempted }
    }

    private func victims(on index: Int, _ snapshot: inout Snapshot) -> Result<Victims, Rejection> {
        let name: String = snapshot.nodes[index].name
        let candidates: [PodInfo] = snapshot.nodes[index].pods.values.filter { $0.priority < pod.priority }
            .sorted { ($1.priority, $0.start, $0.uid) < ($0.priority, $1.start, $1.uid) }
        guard !candidates.isEmpty else { return .failure(.incurable("No preemption victims found for incoming pod")) }
        for pod in candidates { snapshot.remove(pod, from: name) }
        defer { for pod in candidates { snapshot.add(pod, to: name) } }
        if let rejection = rejection(of: index, snapshot) { return .failure(rejection) }

        var allowances: [Int] = attempt.budgets.map { $0.allowed }
        var protected: [PodInfo] = []
        var others: [PodInfo] = []
        for pod in candidates {
            var breaks: Bool = false
            for (index, budget) in attempt.budgets.enumerated() where budget.protects(pod) {
                allowances[index] -= 1
                if allowances[index] < 0 { breaks = true }
            }
            if breaks { protected.append(pod) } else { others.append(pod) }
        }
        var victims = Victims(node: name)
        for (other, breaks) in protected.map({ ($0, true) }) + others.map({ ($0, false) }) {
            snapshot.add(other, to: name)
            guard rejection(of: index, snapshot) != nil else { continue }
            snapshot.remove(other, from: name)
            victims.pods.append(other)
            if breaks { victims.brokenBudgets += 1 }
        }
        return .success(victims)
    }

    private func rejection(of index: Int, _ snapshot: Snapshot) -> Rejection? {
        FilterChain(pod, snapshot, attempt.profile).rejection(of: snapshot.nodes[index])
    }
}

/// Pushes less important pods out. Source: the plugin of that name.
enum DefaultPreemption: PostFilter {
    static let name = "DefaultPreemption"

    static func rescue(_ attempt: FailedAttempt) -> Preemption.Outcome? { Preemption(attempt: attempt).plan() }
}

extension Rejection: Error {}

/// Pods of one node that have to go.
struct Victims: Sendable {
    let node: String
    var pods: [PodInfo] = []
    var brokenBudgets: Int = 0

    /// Source: `pickOneNodeForPreemption` of pkg/scheduler/framework/preemption.
    func isBetter(than other: Victims) -> Bool {
        if brokenBudgets != other.brokenBudgets { return brokenBudgets < other.brokenBudgets }
        if highest != other.highest { return highest < other.highest }
        if sum != other.sum { return sum < other.sum }
        if pods.count != other.pods.count { return pods.count < other.pods.count }
        return oldest > other.oldest
    }

    private var highest: Int { pods.map { $0.priority }.max() ?? .min }
    /// Raised above 0 each, so that fewer are better whatever their signs.
    private var sum: Int { pods.reduce(0) { $0 + $1.priority + Int(Int32.max) + 1 } }
    /// When the one that runs longest of the most important ones began.
    private var oldest: Int64 { pods.filter { $0.priority == highest }.map { $0.start }.min() ?? .max }
}

/// What a disruption budget still allows.
struct Budget: Sendable {
    let namespace: String
    let allowed: Int
    private let selector: LabelMatch
    /// Names of pods that it gave leave to already.
    private let released: Set<String>

    init(_ budget: View<PodDisruptionBudget>) {
        namespace = budget.namespace
        allowed = budget.status.disruptionsAllowed
        selector = budget.spec.selector?.match ?? .nothing
        released = Set(budget.status.disruptedPods.keys)
    }

    func protects(_ pod: PodInfo) -> Bool {
        pod.key.namespace == namespace && !pod.labels.isEmpty && selector.matches(pod.labels) && !released.contains(pod.key.name)
    }
}

extension PodInfo {
    static let preemptionReason = "PreemptionByScheduler"
}
