import API
import Machinery
import Store

/// `pods/eviction`: deletes a pod if the disruption budgets that select it allow it, otherwise 429.
///
/// The budget's status pays for the eviction before the pod goes, in one compare-and-swap, so that two evictions at once can't both
/// take the last allowed disruption. Source: pkg/registry/core/pod/storage/eviction.go.
struct EvictionHandler: SubresourceHandler {
    func handle(_ call: Call, _ subresource: Subresource, _ server: APIServer, _ reply: @escaping Reply) throws(APIStatus) {
        // The beta version means the same, and has outlived its group's other kinds.
        let beta: String = "policy/v1beta1"
        let isBeta: Bool = (try? JSON(parsing: call.request.body))?["apiVersion"]?.string == beta
        var eviction: JSON = try BodyReader(call: call).object(
            Eviction.definition.schema, kind: "Eviction", apiVersion: isBeta ? beta : "policy/v1")
        eviction["apiVersion"] = "policy/v1"
        let name: String = call.request.name ?? ""
        if let found = eviction[["metadata", "name"]]?.string, !found.isEmpty, found != name {
            throw .badRequest("name in URL does not match name in Eviction object: \(found)")
        }
        try server.admitBody(.create, &eviction, as: Eviction.names, call)
        let objects = Objects(store: server.store)
        let key = ObjectKey(namespace: call.request.namespace ?? "", name: name)
        guard let pod = objects.find(Pod.self, key) else { throw .notFound(call.names, name) }

        // As upstream, an eviction was admitted as such: the deletion is not asked about again.
        var deletion: Call = call.admitted
        deletion.request.verb = .delete
        deletion.request.subresource = nil
        deletion.request.body = (eviction["deleteOptions"] ?? [:]).serialized()
        if eviction[["deleteOptions", "dryRun"]]?.array?.contains("All") == true { deletion.request.options.dryRun = true }
        let removal: Call = deletion
        let deleted: Reply = { result in
            reply(
                result.map { _ in
                    .json(["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "code": 201], code: 201)
                })
        }
        // A pod that has ended or is on its way costs no budget.
        let isFree: Bool = ["Succeeded", "Failed", "Pending"].contains(pod.status.phase) || pod.isTerminating
        let budgets: [View<PodDisruptionBudget>] =
            isFree
            ? []
            : objects.list(PodDisruptionBudget.self, namespace: key.namespace).filter {
                (try? LabelMatch(labelSelector: $0.json[["spec", "selector"]]))?.matches(pod.metadata.labels) ?? false
            }
        guard budgets.count < 2 else {
            throw .unnamed("This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.")
        }
        let marking: Call = try statusUpdate(of: Pod.names, key, removal, server)
        let markAndDelete: @Sendable () throws(APIStatus) -> Void = { () throws(APIStatus) in
            // What is only tried leaves no mark.
            guard !removal.options.dryRun else { return try server.delete(removal, deleted) }
            server.modify(marking, then({ () throws(APIStatus) in try server.delete(removal, deleted) }, reply)) { old in
                View<Pod>(old).marked(now: call.now).json
            }
        }
        guard let budget = budgets.first, budget.paysFor(pod) else { return try markAndDelete() }
        let payment: Call = try statusUpdate(of: PodDisruptionBudget.names, budget.key, removal, server)
        server.modify(payment, then(markAndDelete, reply)) { old throws(APIStatus) in
            try View<PodDisruptionBudget>(old).charged(for: pod, now: call.now).json
        }
    }

    /// A write of the server's own to the status of an object.
    private func statusUpdate(of names: KindNames, _ key: ObjectKey, _ removal: Call, _ server: APIServer) throws(APIStatus) -> Call {
        guard let type = server.type(of: names.resource) else { throw .pathNotFound }
        var update = Call(
            request: APIRequest(.update, names.resource, namespace: key.namespace, name: key.name, subresource: "status"),
            user: .component("system:apiserver"), type: type, now: removal.now, warnings: Warnings())
        update.request.options.fieldManager = "swkube-apiserver"
        update.isAdmitted = true
        update.request.options.dryRun = removal.options.dryRun
        return update
    }

    /// Goes on with `next` where something succeeded; what fails is the answer.
    private func then(_ next: @escaping @Sendable () throws(APIStatus) -> Void, _ reply: @escaping Reply) -> Reply {
        { result in
            switch result {
            case .failure(let status): reply(.failure(status))
            case .success: do throws(APIStatus) { try next() } catch { reply(.failure(error)) }
            }
        }
    }
}

extension View<Pod> {
    /// The pod with the reason why it goes, which its Job may ask for.
    fileprivate func marked(now: Time) -> View<Pod> {
        var pod: View<Pod> = self
        pod.setCondition("DisruptionTarget", true, reason: "EvictionByEvictionAPI", message: "Eviction API: evicting", now: now)
        pod.metadata.remove(\.resourceVersion)
        return pod
    }
}

extension View<PodDisruptionBudget> {
    /// False for a pod that is not ready while the budget has what it wants, or lets unhealthy pods always go.
    fileprivate func paysFor(_ pod: View<Pod>) -> Bool {
        guard !pod.isReady else { return true }
        if self.spec.unhealthyPodEvictionPolicy == "AlwaysAllow" { return false }
        return !(self.status.currentHealthy >= self.status.desiredHealthy && self.status.desiredHealthy > 0)
    }

    /// The budget after one more disruption. Throws ``APIStatus`` (429) when it allows none.
    fileprivate func charged(for pod: View<Pod>, now: Time) throws(APIStatus) -> View<PodDisruptionBudget> {
        var budget: View<PodDisruptionBudget> = self
        func refused(_ detail: String, retryAfterSeconds: Int) -> APIStatus {
            var status: APIStatus = .tooManyRequests(
                "Cannot evict pod as it would violate the pod's disruption budget.", retryAfterSeconds: retryAfterSeconds)
            status.details?.causes = [APIStatus.Cause(reason: "DisruptionBudget", message: detail, field: "")]
            return status
        }
        guard budget.status.observedGeneration >= budget.metadata.generation else {
            throw refused("The disruption budget \(name) is still being processed by the server.", retryAfterSeconds: 10)
        }
        guard budget.status.disruptionsAllowed > 0 else {
            throw refused(
                "The disruption budget \(name) needs \(budget.status.desiredHealthy) healthy pods and has "
                    + "\(budget.status.currentHealthy) currently",
                retryAfterSeconds: 0)
        }
        budget.status.disruptionsAllowed -= 1
        var disrupted: JSON = budget.json[["status", "disruptedPods"]] ?? [:]
        disrupted[pod.name] = now.json
        budget.json[["status", "disruptedPods"]] = disrupted
        budget.metadata.remove(\.resourceVersion)
        return budget
    }
}
