package import API
package import Client
package import Machinery

/// Why a pod is not running and ready, in one line, from what the cluster says of it.
package enum PodTrouble {
    /// nil when nothing is wrong. - Parameter events: about this pod, oldest first.
    package static func reason(of pod: View<Pod>, events: [View<Event>]) -> String? {
        let warning: String? = events.last { $0.type == "Warning" }.map { "\($0.reason): \($0.message)" }
        if pod.metadata.deletionTimestamp != nil {
            let finalizers: [String] = pod.metadata.finalizers
            return finalizers.isEmpty ? "being deleted" : "being deleted; waits for finalizers: " + finalizers.joined(separator: ", ")
        }
        switch pod.status.phase {
        case "Succeeded": return nil
        case "Failed":
            let words: [String] = [pod.status.reason, pod.status.message].filter { !$0.isEmpty }
            return words.isEmpty ? ended(pod) ?? warning ?? "failed" : words.joined(separator: ": ")
        default: break
        }
        if let why = unscheduled(pod) { return why }
        if let why = waiting(pod) { return [why, detail(warning, beside: why)].compactMap { $0 }.joined(separator: "; ") }
        if let why = ended(pod) { return why }
        let conditions: [View<PodCondition>] = pod.status.conditions
        guard let ready = conditions.first(where: { $0.type == "Ready" }) else { return pod.status.phase == "Running" ? nil : warning }
        guard ready.status != "True" else { return nil }
        return warning ?? (ready.message.isEmpty ? "not ready" : ready.message)
    }

    /// In the scheduler's own words.
    private static func unscheduled(_ pod: View<Pod>) -> String? {
        guard pod.spec.nodeName.isEmpty else { return nil }
        if let gate = pod.spec.schedulingGates.first { return "waits for its scheduling gate \(gate.name)" }
        let conditions: [View<PodCondition>] = pod.status.conditions
        if let refusal = conditions.first(where: { $0.type == "PodScheduled" && $0.status == "False" }) {
            return [refusal.reason, refusal.message].filter { !$0.isEmpty }.joined(separator: ": ")
        }
        return "no scheduler has seen it yet (schedulerName \(pod.spec.schedulerName))"
    }

    /// The first container that is kept from running.
    private static func waiting(_ pod: View<Pod>) -> String? {
        for status in pod.statuses {
            guard let waiting = status[["state", "waiting"]], let reason = waiting["reason"]?.string else { continue }
            if reason == "PodInitializing" { continue }
            let message: String? = waiting["message"]?.string
            let last: JSON? = status[["lastState", "terminated"]]
            var text: String = "container \(status["name"]?.string ?? ""): \(reason)"
            if let message, !message.isEmpty { text += ": " + message }
            if let code = last?["exitCode"]?.int { text += " (ended with exit code \(code), \(last?["reason"]?.string ?? "Error"))" }
            return text
        }
        return nil
    }

    private static func ended(_ pod: View<Pod>) -> String? {
        for status in pod.statuses {
            guard let ended = status[["state", "terminated"]], let code = ended["exitCode"]?.int, code != 0 else { continue }
            return "container \(status["name"]?.string ?? "") ended with exit code \(code) (\(ended["reason"]?.string ?? "Error"))"
        }
        return nil
    }

    /// A container that is being created waits for what the newest warning tells; others say it themselves.
    private static func detail(_ warning: String?, beside why: String) -> String? {
        why.hasSuffix("ContainerCreating") ? warning : nil
    }
}

extension View<Pod> {
    /// Of init containers first, then of the others, as they stand in the object.
    fileprivate var statuses: [JSON] {
        ["initContainerStatuses", "containerStatuses"].flatMap { json[["status", $0]]?.array ?? [] }
    }
}

/// Asks a cluster for ``PodTrouble``.
package struct PodQuestion: Sendable {
    private let client: Client

    package init(_ transport: any Transport) { client = Client(transport, fieldManager: "swkube-dashboard") }

    /// nil when nothing is wrong with the pod. Throws as requests do.
    package func reason(_ key: ObjectKey) async throws -> String? {
        let pod: View<Pod> = try await client.get(Pod.self, key)
        let selector: String = "involvedObject.name=\(key.name),involvedObject.uid=\(pod.metadata.uid)"
        let events: [View<Event>] = try await client.list(
            Event.self, namespace: key.namespace, options: RequestOptions { $0.fieldSelector = selector }
        ).items
        return PodTrouble.reason(of: pod, events: events.sorted { Self.time($0) < Self.time($1) })
    }

    private static func time(_ event: View<Event>) -> String {
        event.json["lastTimestamp"]?.string ?? event.json["eventTime"]?.string ?? ""
    }
}
