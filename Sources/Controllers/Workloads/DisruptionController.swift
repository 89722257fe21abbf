import API
import Client
import Machinery

/// Computes how many pods of a PodDisruptionBudget may be evicted now.
///
/// Reads PodDisruptionBudgets, Pods and the workloads that control them (for percentages and maxUnavailable). Writes the budget's
/// status, from which each eviction pays. Source: pkg/controller/disruption.
struct DisruptionController: ObjectController {
    static let name = "disruption-controller"
    static let queueName = "disruption"
    static let component = "controllermanager"
    /// A disruption that was paid for and whose pod is still there after this time did not happen.
    static let patience: Int64 = 120

    let context: ControllerContext
    private let gathering = Gathering()
    private var pods: Informer<Pod> { context.copy() }
    private var sets: Informer<ReplicaSet> { context.copy() }
    private var deployments: Informer<Deployment> { context.copy() }

    var others: [any ObjectCopy] { [pods, sets, deployments] }

    init(context: ControllerContext) { self.context = context }

    func watchOthers(_ queue: WorkQueue) {
        watchSelected(by: objects, pods, queue, gathering) { $0.spec.selector?.match ?? .nothing }
    }

    func reconcile(_ budget: View<PodDisruptionBudget>) async throws -> Duration? {
        guard !budget.isTerminating else { return nil }
        let selector: LabelMatch = budget.spec.selector?.match ?? .nothing
        let selected: [View<Pod>] = context.informers.podsByLabel.pods(in: budget.namespace) { selector.matches($0) }
            .filter { !$0.isFinished }
        gathering.weigh(budget.key, selected.count)
        if selected.isEmpty { tell(budget, .normal, reason: "NoPods", "No matching pods found") }
        let expected: Int
        do {
            expected = try await expectedPods(budget, selected)
        } catch let problem as DisruptionProblem {
            tell(
                budget, .warning, reason: "CalculateExpectedPodCountFailed",
                "Failed to calculate the number of expected pods: \(problem)")
            return try await fail(budget, problem.description)
        }
        let (status, nextLook) = Self.status(budget, selected, expected: expected, now: context.clock.time)
        try await write(status, budget)
        return nextLook
    }

    /// The pods that count: those there are, or what their controllers want where a share of the whole is meant.
    private func expectedPods(_ budget: View<PodDisruptionBudget>, _ selected: [View<Pod>]) async throws -> Int {
        guard budget.spec.maxUnavailable != nil || budget.spec.minAvailable?.percent != nil else { return selected.count }
        var wanted: [String: Int] = [:]
        var isUnmanaged: Bool = false
        for pod in selected {
            // Nobody says how many of such pods there should be: they count for nothing.
            guard let owner = pod.metadata.controller else {
                isUnmanaged = true
                continue
            }
            guard wanted[owner.uid] == nil else { continue }
            guard let scale = try await self.scale(owner, pod.namespace) else {
                throw DisruptionProblem(description: "found no controllers for pod \(JSON.quoted(pod.name))")
            }
            wanted[owner.uid] = scale
        }
        if isUnmanaged {
            tell(
                budget, .warning, reason: "UnmanagedPods",
                "Pods selected by this PodDisruptionBudget (selector: \(budget.spec.selector?.goDescription ?? "nil")) were found to be unmanaged. "
                    + "As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account "
                    + "for these pods please set \".spec.minAvailable\" field of the PDB to an integer value.")
        }
        return wanted.values.reduce(0, +)
    }

    /// nil where there is no such owner.
    private func scale(_ owner: View<OwnerReference>, _ namespace: String) async throws -> Int? {
        let key = ObjectKey(namespace: namespace, name: owner.name)
        switch owner.kind {
        case "ReplicaSet":
            guard let set = sets.get(key), set.metadata.uid == owner.uid else { return nil }
            guard let deployment = set.metadata.controller, deployment.kind == "Deployment" else { return set.spec.replicas }
            return deployments.get(ObjectKey(namespace: namespace, name: deployment.name))?.spec.replicas ?? set.spec.replicas
        default:
            // Any kind with a scale, custom ones too.
            let catalog = ResourceCatalog(context.client.transport)
            guard let resource = try await catalog.find(apiVersion: owner.apiVersion, kind: owner.kind) else { return nil }
            do {
                let request = APIRequest(.get, resource.resource, namespace: namespace, name: owner.name, subresource: "scale")
                return View<Scale>(try await context.client.send(request)).spec.replicas
            } catch let status as APIStatus where status.isNotFound {
                let hasNone: Bool = Registry.kinds.contains { $0.names.resource == resource.resource && !$0.names.has("scale") }
                guard hasNone else { return nil }
                throw DisruptionProblem(description: "\(resource.qualified) does not implement the scale subresource")
            }
        }
    }

    /// Pure: the status that the pods give.
    static func status(
        _ budget: View<PodDisruptionBudget>, _ selected: [View<Pod>], expected: Int, now: Time
    ) -> (View<PodDisruptionBudgetStatus>, Duration?) {
        let desired: Int
        if let most = budget.spec.maxUnavailable {
            desired = max(0, expected - ((try? most.scaled(of: expected, roundUp: true)) ?? 0))
        } else if let least = budget.spec.minAvailable {
            desired = (try? least.scaled(of: expected, roundUp: true)) ?? 0
        } else {
            desired = expected
        }
        var nextLook: Duration?
        var disrupted: JSON = [:]
        for (name, time) in budget.status.disruptedPods.sorted(by: { $0.key < $1.key }) {
            guard let pod = selected.first(where: { $0.name == name }), !pod.isTerminating, time.seconds + patience > now.seconds else {
                continue
            }
            disrupted[name] = time.json
            nextLook = .seconds(time.seconds + patience - now.seconds)
        }
        let healthy: Int = selected.count { $0.isReady && !$0.isTerminating && disrupted[$0.name] == nil }
        let allowed: Int = expected <= 0 || healthy <= desired ? 0 : healthy - desired
        var status: View<PodDisruptionBudgetStatus> = budget.status
        status.json["disruptedPods"] = disrupted.isEmpty ? nil : disrupted
        status.currentHealthy = healthy
        status.desiredHealthy = desired
        status.expectedPods = expected
        status.disruptionsAllowed = allowed
        status.observedGeneration = budget.metadata.generation
        status.setDisruptionAllowed(allowed > 0, allowed > 0 ? "SufficientPods" : "InsufficientPods", "", budget.metadata.generation, now)
        return (status, nextLook)
    }

    private func fail(_ budget: View<PodDisruptionBudget>, _ message: String) async throws -> Duration? {
        var status: View<PodDisruptionBudgetStatus> = budget.status
        status.disruptionsAllowed = 0
        status.observedGeneration = budget.metadata.generation
        status.setDisruptionAllowed(false, "SyncFailed", message, budget.metadata.generation, context.clock.time)
        try await write(status, budget)
        return nil
    }

    private func write(_ status: View<PodDisruptionBudgetStatus>, _ budget: View<PodDisruptionBudget>) async throws {
        var updated: View<PodDisruptionBudget> = budget
        updated.status = status
        try await context.writeStatus(updated, from: budget)
    }
}

/// Why a budget can't be computed.
private struct DisruptionProblem: Error, CustomStringConvertible {
    let description: String
}

extension View<PodDisruptionBudgetStatus> {
    mutating func setDisruptionAllowed(_ isAllowed: Bool, _ reason: String, _ message: String, _ generation: Int, _ now: Time) {
        let word: String = isAllowed ? "True" : "False"
        let old: View<Condition>? = self.conditions.first { $0.type == "DisruptionAllowed" }
        let since: Time = old?.status == word ? old?.lastTransitionTime ?? now : now
        let new = View<Condition> {
            $0.type = "DisruptionAllowed"
            $0.status = word
            $0.observedGeneration = generation
            $0.lastTransitionTime = since
            $0.reason = reason
            $0.message = message
        }
        self.conditions = self.conditions.filter { $0.type != "DisruptionAllowed" } + [new]
    }
}
