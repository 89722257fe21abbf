import API
import Client
import Machinery

/// Whether an object does what it is for.
enum Readiness: Equatable {
    case ready
    /// What is missing, as the end of a sentence: `1 of 3 updated replicas are available`.
    case waiting(String)
    /// It will not become ready by itself.
    case failed(String)

    /// What the object itself says. Kinds that have no such state are ready as soon as they are there.
    static func of(_ now: JSON, _ object: Manifest) -> Readiness {
        func condition(_ type: String) -> JSON? { now.list("status", "conditions").first { $0.text(at: "type") == type } }
        func holds(_ type: String, _ what: String) -> Readiness {
            guard let condition = condition(type) else { return .waiting(what) }
            return condition["status"] == "True" ? .ready : .waiting(Self.text(condition, what))
        }
        switch (object.resource.resource.group, object.resource.kind) {
        case ("apps", "Deployment"), ("apps", "DaemonSet"), ("apps", "StatefulSet"):
            do {
                let (text, isDone): (String, Bool) = try RolloutProgress.of(now, object, 0)
                let last: Substring = text.split(separator: "\n").last ?? ""
                return isDone ? .ready : .waiting(String(last))
            } catch { return .failed(Failure(error).description) }
        case ("batch", "Job"):
            if let failed = condition("Failed"), failed["status"] == "True" { return .failed(text(failed, "the job failed")) }
            return holds("Complete", "the job is not complete")
        case ("", "Pod"):
            switch now.text(at: "status", "phase") {
            case "Succeeded": return .ready
            case "Failed": return .failed("the pod failed" + reason(now.text(at: "status", "message")))
            default: return holds("Ready", "the pod is \(now.text(at: "status", "phase").lowercased())")
            }
        case ("", "PersistentVolumeClaim"):
            return now.text(at: "status", "phase") == "Bound" ? .ready : .waiting("the claim is not bound")
        case ("", "Namespace"): return now.text(at: "status", "phase") == "Active" ? .ready : .waiting("the namespace is not active")
        case ("apiextensions.k8s.io", "CustomResourceDefinition"): return holds("Established", "the type is not served")
        case ("apiregistration.k8s.io", "APIService"): return holds("Available", "the API is not available")
        default: return .ready
        }
    }

    private static func text(_ condition: JSON, _ what: String) -> String {
        let message: String = condition.text(at: "message")
        return message.isEmpty ? what + reason(condition.text(at: "reason")) : message
    }

    private static func reason(_ text: String) -> String { text.isEmpty ? "" : " (\(text))" }
}

/// Waits until applied objects are ready, and says what they wait for meanwhile.
struct ReadinessWait {
    let session: Session
    /// nil waits without end.
    let deadline: ContinuousClock.Instant?

    /// Throws ``Failure`` for what failed, and for what is not ready at the deadline, with the reasons that its pods give.
    func run(_ objects: [Manifest]) async throws {
        var failures = Failures()
        for object in objects {
            do {
                try await Deadline.run(deadline, or: "timed out") { [self] in try await wait(for: object) }
            } catch let failure as Failure {
                failures.add(Failure("\(object.shown) is not ready: \(failure.description)" + (await reasons(object))))
            }
        }
        try failures.throwIfAny()
    }

    private func wait(for object: Manifest) async throws {
        var told: String = ""
        /// True when there is nothing more to wait for.
        func look(_ now: JSON) throws -> Bool {
            switch Readiness.of(now, object) {
            case .ready:
                if !told.isEmpty { session.output.note("\(object.shown) is ready") }
                session.output.flush()
                return true
            case .failed(let text): throw Failure(text)
            case .waiting(let text):
                if text != told { session.output.note("\(object.shown): \(text)") }
                session.output.flush()
                told = text
                return false
            }
        }
        while true {
            let now: JSON = try await session.send(
                APIRequest(.get, object.resource.resource, namespace: object.namespace, name: object.name))
            if try look(now) { return }
            var watch = APIRequest(.watch, object.resource.resource, namespace: object.namespace)
            watch.options.fieldSelector = "metadata.name=" + object.name
            watch.options.resourceVersion = now[["metadata", "resourceVersion"]]?.string
            do {
                for try await event in WatchEvents(try await session.transport.stream(watch)) {
                    if event.kind == .deleted { throw Failure("it was deleted") }
                    if event.kind != .bookmark, try look(event.object) { return }
                }
            } catch let status as APIStatus where status.isExpired {
                continue
            }
        }
    }

    /// What the pods of a workload, or the pod itself, say of why they are not ready: a line each.
    private func reasons(_ object: Manifest) async -> String {
        var pods: [JSON] = []
        do {
            let live: JSON = try await session.send(
                APIRequest(.get, object.resource.resource, namespace: object.namespace, name: object.name))
            if object.resource.kind == "Pod" {
                pods = [live]
            } else if SetChange.podSpecPath(object) != nil, let labels = try PodSelector.text(of: live) {
                pods = try await session.send(
                    APIRequest(
                        .list, Pod.names.resource, namespace: object.namespace, options: RequestOptions { $0.labelSelector = labels })
                ).list("items")
            }
        } catch {
            return ""
        }
        var lines: [String] = []
        for pod in pods {
            let name: String = pod.text(at: "metadata", "name")
            for condition in pod.list("status", "conditions")
            where condition.text(at: "type") == "PodScheduled" && condition["status"] == "False" {
                lines.append("  pod/\(name): \(condition.text(at: "reason")): \(condition.text(at: "message"))")
            }
            for status in pod.list("status", "initContainerStatuses") + pod.list("status", "containerStatuses") {
                let container: String = "  pod/\(name), container \(status.text(at: "name")): "
                if let waiting = status[["state", "waiting"]] {
                    let message: String = waiting.text(at: "message")
                    lines.append(container + waiting.text(at: "reason") + (message.isEmpty ? "" : ": " + message))
                } else if let ended = status[["state", "terminated"]], ended.number("exitCode") != 0 {
                    lines.append(container + "ended with exit code \(ended.number("exitCode"))")
                }
            }
        }
        return lines.map { "\n" + $0 }.joined()
    }
}
