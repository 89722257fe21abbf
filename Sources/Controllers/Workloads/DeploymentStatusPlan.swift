import API
import Machinery

/// The status of a Deployment, decided from its sets. Pure.
///
/// Source: pkg/controller/deployment/progress.go and sync.go.
struct DeploymentStatusPlan {
    let status: View<DeploymentStatus>
    /// When the progress deadline may pass although nothing changes.
    let nextLook: Duration?

    /// - Parameter madeSet: the set that this reconciliation made.
    init(_ plan: DeploymentPlan, madeSet: Bool, now: Time) {
        let deployment: View<Deployment> = plan.deployment
        let sets: [View<ReplicaSet>] = plan.allSets
        var status: View<DeploymentStatus> = deployment.status
        let wanted: Int = deployment.spec.replicas
        status.observedGeneration = deployment.metadata.generation
        status.replicas = sets.reduce(0) { $0 + $1.status.replicas }
        status.updatedReplicas = plan.newSet?.status.replicas ?? 0
        status.readyReplicas = sets.reduce(0) { $0 + $1.status.readyReplicas }
        status.availableReplicas = sets.reduce(0) { $0 + $1.status.availableReplicas }
        status.unavailableReplicas = max(0, sets.reduce(0) { $0 + $1.spec.replicas } - status.availableReplicas)
        status.terminatingReplicas = sets.reduce(0) { $0 + ($1.status.terminatingReplicas ?? 0) }

        if status.availableReplicas >= wanted - plan.maxUnavailable {
            status.setCondition("Available", true, "MinimumReplicasAvailable", "Deployment has minimum availability.", now)
        } else {
            status.setCondition("Available", false, "MinimumReplicasUnavailable", "Deployment does not have minimum availability.", now)
        }
        if let failure = sets.lazy.compactMap({ $0.status.conditions.first { $0.type == "ReplicaFailure" } }).first {
            status.setCondition("ReplicaFailure", true, failure.reason, failure.message, now)
        } else {
            status.conditions = status.conditions.filter { $0.type != "ReplicaFailure" }
        }
        nextLook = Self.setProgress(&status, plan, madeSet: madeSet, now)
        self.status = status
    }

    private static func setProgress(
        _ status: inout View<DeploymentStatus>, _ plan: DeploymentPlan, madeSet: Bool, _ now: Time
    ) -> Duration? {
        let deployment: View<Deployment> = plan.deployment
        let deadline: Int = deployment.spec.progressDeadlineSeconds
        guard deadline < Int(Int32.max) else {
            status.conditions = status.conditions.filter { $0.type != "Progressing" }
            return nil
        }
        let before: View<DeploymentCondition>? = status.condition("Progressing")
        if deployment.spec.paused {
            if before?.reason != "DeploymentPaused" {
                status.setCondition("Progressing", nil, "DeploymentPaused", "Deployment is paused", now)
            }
            return nil
        }
        if before?.reason == "DeploymentPaused" {
            status.setCondition("Progressing", nil, "DeploymentResumed", "Deployment is resumed", now)
        }
        guard let set = plan.newSet else { return nil }
        let name: String = set.name
        let old: View<DeploymentStatus> = deployment.status
        let wanted: Int = deployment.spec.replicas
        let isComplete: Bool = status.updatedReplicas == wanted && status.replicas == wanted && status.availableReplicas == wanted
        // A rollout that was finished stays so when pods come and go later; it ends with a new set.
        if madeSet {
            status.setCondition("Progressing", true, "NewReplicaSetCreated", "Created new replica set \"\(name)\"", now, isNews: true)
        } else if before == nil {
            status.setCondition("Progressing", true, "FoundNewReplicaSet", "Found new replica set \"\(name)\"", now)
        }
        if before?.reason == "NewReplicaSetAvailable", !madeSet, before?.message.contains("\"\(name)\"") == true { return nil }
        if isComplete {
            status.setCondition(
                "Progressing", true, "NewReplicaSetAvailable", "ReplicaSet \"\(name)\" has successfully progressed.", now)
            return nil
        }
        let progressed: Bool =
            status.updatedReplicas > old.updatedReplicas || status.readyReplicas > old.readyReplicas
            || status.availableReplicas > old.availableReplicas
            || status.replicas - status.updatedReplicas < old.replicas - old.updatedReplicas
        if progressed, !madeSet {
            status.setCondition("Progressing", true, "ReplicaSetUpdated", "ReplicaSet \"\(name)\" is progressing.", now, isNews: true)
        }
        guard let current = status.condition("Progressing"), current.reason != "ProgressDeadlineExceeded",
            let since = current.lastUpdateTime
        else { return nil }
        let remaining: Int64 = since.seconds + Int64(deadline) - now.seconds
        guard remaining < 0 else { return .seconds(remaining + 1) }
        status.setCondition(
            "Progressing", false, "ProgressDeadlineExceeded", "ReplicaSet \"\(name)\" has timed out progressing.", now)
        return nil
    }
}

extension View<DeploymentStatus> {
    func condition(_ type: String) -> View<DeploymentCondition>? { self.conditions.first { $0.type == type } }

    /// - Parameter isTrue: nil is Unknown. - Parameter isNews: touches the time of the last update although nothing else changes.
    mutating func setCondition(
        _ type: String, _ isTrue: Bool?, _ reason: String, _ message: String, _ now: Time, isNews: Bool = false
    ) {
        let word: String = isTrue.map { $0 ? "True" : "False" } ?? "Unknown"
        let old: View<DeploymentCondition>? = condition(type)
        if let old, old.status == word, old.reason == reason, old.message == message, !isNews { return }
        let since: Time? = old?.status == word ? old?.lastTransitionTime ?? now : now
        let new = View<DeploymentCondition> {
            $0.type = type
            $0.status = word
            $0.lastUpdateTime = now
            $0.lastTransitionTime = since
            $0.reason = reason
            $0.message = message
        }
        var conditions: [View<DeploymentCondition>] = self.conditions
        if let index = conditions.firstIndex(where: { $0.type == type }) { conditions[index] = new } else { conditions.append(new) }
        self.conditions = conditions
    }
}
