import API
import Machinery

/// How many pods each ReplicaSet of a Deployment shall have next. Pure.
///
/// Source: pkg/controller/deployment/rolling.go, recreate.go, sync.go, util/deployment_util.go.
struct DeploymentPlan {
    let deployment: View<Deployment>
    /// The set whose template is that of the Deployment; nil before it is made.
    let newSet: View<ReplicaSet>?
    /// All others, oldest first.
    let oldSets: [View<ReplicaSet>]

    init(_ deployment: View<Deployment>, sets: [View<ReplicaSet>]) {
        self.deployment = deployment
        let sorted: [View<ReplicaSet>] = sets.sorted {
            ($0.metadata.creationTimestamp?.seconds ?? 0, $0.name) < ($1.metadata.creationTimestamp?.seconds ?? 0, $1.name)
        }
        let wanted: JSON = deployment.spec.template.revisionJSON
        let found: View<ReplicaSet>? = sorted.first { $0.spec.template.revisionJSON == wanted }
        newSet = found
        oldSets = sorted.filter { $0.metadata.uid != found?.metadata.uid }
    }

    var allSets: [View<ReplicaSet>] { oldSets + (newSet.map { [$0] } ?? []) }
    var isRolling: Bool { deployment.spec.strategy.type != "Recreate" }

    /// Pods over the wanted number that an update may make.
    var maxSurge: Int {
        guard isRolling, let rolling = deployment.spec.strategy.rollingUpdate else { return 0 }
        return (try? rolling.maxSurge?.scaled(of: deployment.spec.replicas, roundUp: true)) ?? 0
    }

    /// Pods that may be unavailable during an update.
    var maxUnavailable: Int {
        guard isRolling, deployment.spec.replicas > 0, let rolling = deployment.spec.strategy.rollingUpdate else { return 0 }
        let number: Int = (try? rolling.maxUnavailable?.scaled(of: deployment.spec.replicas, roundUp: false)) ?? 0
        // Without surge and without a gap nothing could ever move.
        return min(number == 0 && maxSurge == 0 ? 1 : number, deployment.spec.replicas)
    }

    /// The replicas that the new set is made with.
    var replicasOfNewSet: Int { replicasOfNewSet(now: 0) }

    private func replicasOfNewSet(now: Int) -> Int {
        let wanted: Int = deployment.spec.replicas
        guard isRolling else { return wanted }
        // A set that was told to shrink counts for the pods that it still has, so that there are never too many.
        let all: Int = allSets.reduce(0) { $0 + max($1.spec.replicas, $1.status.replicas) }
        let most: Int = wanted + maxSurge
        guard all < most else { return now }
        return now + min(most - all, wanted - now)
    }

    /// The next step: sets to change with the replicas that they get. Empty when nothing is to do now.
    ///
    /// - Parameter oldPodsRun: whether pods of old sets still run, which Recreate waits for.
    func next(oldPodsRun: Bool) -> [(set: View<ReplicaSet>, replicas: Int)] {
        let scaling: [(set: View<ReplicaSet>, replicas: Int)] = changesOfScale
        guard scaling.isEmpty, !deployment.spec.paused else { return scaling }
        guard isRolling else {
            let down: [(set: View<ReplicaSet>, replicas: Int)] = oldSets.filter { $0.spec.replicas > 0 }.map { ($0, 0) }
            guard down.isEmpty, !oldPodsRun, let newSet, newSet.spec.replicas != deployment.spec.replicas else { return down }
            return [(newSet, deployment.spec.replicas)]
        }
        guard let newSet else { return [] }
        let now: Int = newSet.spec.replicas
        let target: Int = now > deployment.spec.replicas ? deployment.spec.replicas : replicasOfNewSet(now: now)
        if target != now { return [(newSet, target)] }
        return stepsDown(newSet)
    }

    /// What old sets may give up without going under the wanted availability: sick pods first, then the oldest sets'.
    private func stepsDown(_ newSet: View<ReplicaSet>) -> [(set: View<ReplicaSet>, replicas: Int)] {
        let all: Int = allSets.reduce(0) { $0 + $1.spec.replicas }
        let minimum: Int = deployment.spec.replicas - maxUnavailable
        let missing: Int = newSet.spec.replicas - newSet.status.availableReplicas
        var budget: Int = all - minimum - missing
        guard budget > 0 else { return [] }
        var replicas: [Int] = oldSets.map(\.spec.replicas)
        for (index, set) in oldSets.enumerated() where budget > 0 {
            let sick: Int = min(budget, max(0, replicas[index] - set.status.availableReplicas))
            replicas[index] -= sick
            budget -= sick
        }
        // None that is left is sick: as many are available as the sets may keep, and the budget counts no pod that is going already.
        for index in oldSets.indices where budget > 0 {
            let fewer: Int = min(budget, replicas[index])
            replicas[index] -= fewer
            budget -= fewer
        }
        return zip(oldSets, replicas).filter { $0.spec.replicas != $1 }.map { ($0, $1) }
    }

    // MARK: - Changes of the wanted number

    /// The steps that a change of `spec.replicas` needs: one active set takes it all, several share it in proportion.
    private var changesOfScale: [(set: View<ReplicaSet>, replicas: Int)] {
        let wanted: Int = deployment.spec.replicas
        let active: [View<ReplicaSet>] = allSets.filter { $0.spec.replicas > 0 }
        let isChange: Bool = active.contains { $0.desiredReplicas.map { $0 != wanted } ?? false }
        guard isChange || deployment.spec.paused else { return [] }
        if active.count <= 1 {
            guard let only = active.first ?? newSet ?? oldSets.last else { return [] }
            return only.spec.replicas == wanted && only.desiredReplicas == wanted ? [] : [(only, wanted)]
        }
        if let newSet, newSet.isSaturated(wanted) {
            return oldSets.filter { $0.spec.replicas > 0 }.map { ($0, 0) }
        }
        guard isRolling else { return [] }
        return proportional(active)
    }

    private func proportional(_ active: [View<ReplicaSet>]) -> [(set: View<ReplicaSet>, replicas: Int)] {
        let wanted: Int = deployment.spec.replicas
        let all: Int = active.reduce(0) { $0 + $1.spec.replicas }
        let most: Int = wanted > 0 ? wanted + maxSurge : 0
        var rest: Int = most - all
        // Growing, the newest large sets get first; shrinking, the oldest large ones give first.
        let order: [View<ReplicaSet>] = active.sorted { one, other in
            if one.spec.replicas != other.spec.replicas { return one.spec.replicas > other.spec.replicas }
            let ages = (one.metadata.creationTimestamp?.seconds ?? 0, other.metadata.creationTimestamp?.seconds ?? 0)
            return rest > 0 ? ages.0 > ages.1 : ages.0 < ages.1
        }
        var targets: [Int] = order.map { set in
            guard rest != 0 else { return set.spec.replicas }
            let before: Int = set.desiredMost ?? deployment.status.replicas
            let exact: Double = Double(set.spec.replicas) * Double(most) / Double(max(before, 1))
            let share: Int = Int(exact.rounded()) - set.spec.replicas
            let limited: Int = rest > 0 ? min(max(share, 0), rest) : max(min(share, 0), rest)
            rest -= limited
            return set.spec.replicas + limited
        }
        if rest != 0, !targets.isEmpty { targets[0] = max(0, targets[0] + rest) }
        return zip(order, targets).filter { $0.spec.replicas != $1 || $0.desiredReplicas != wanted }.map { ($0, $1) }
    }
}

/// The notes that a Deployment keeps on its sets.
enum DeploymentAnnotation {
    static let history = "deployment.kubernetes.io/revision-history"
    static let revision = "deployment.kubernetes.io/revision"
    static let desiredReplicas = "deployment.kubernetes.io/desired-replicas"
    static let maxReplicas = "deployment.kubernetes.io/max-replicas"
}

extension View<ReplicaSet> {
    var revision: Int { self.metadata.annotations[DeploymentAnnotation.revision].flatMap { Int($0) } ?? 0 }
    /// What the Deployment wanted when it last scaled this set.
    var desiredReplicas: Int? { self.metadata.annotations[DeploymentAnnotation.desiredReplicas].flatMap { Int($0) } }
    /// The same with surge.
    var desiredMost: Int? { self.metadata.annotations[DeploymentAnnotation.maxReplicas].flatMap { Int($0) } }

    /// True when the set has everything that the Deployment wants.
    func isSaturated(_ wanted: Int) -> Bool {
        self.spec.replicas == wanted && desiredReplicas == wanted && self.status.availableReplicas == wanted
    }
}
