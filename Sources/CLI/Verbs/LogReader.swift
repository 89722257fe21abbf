import API
import Client
import Machinery

/// The log of one container.
struct ContainerLog: Sendable {
    let pod: ObjectKey
    let container: String
}

/// Finds the pods whose logs are meant.
struct LogPods {
    let session: Session
    /// How long a workload may have no pod.
    let wait: Duration

    /// - Parameter word: `web-1`, `pod/web-1`, `deploy/web`; nil with a selector.
    func find(_ word: String?, selector: String?, all: Bool) async throws -> [View<Pod>] {
        if let selector {
            let pods: [View<Pod>] = try await list(session.namespace, selector)
            if pods.isEmpty { session.output.note("No resources found in \(session.namespace) namespace.") }
            return pods
        }
        guard let word else { return [] }
        let parts: [Substring] = word.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return [try await pod(word)] }
        let resource: APIResource = try await session.resource(String(parts[0]))
        let name = String(parts[1])
        if resource.resource == Pod.names.resource { return [try await pod(name)] }
        let labels: String = try await labels(of: resource, name)
        var pods: [View<Pod>] = try await list(session.namespace, labels)
        let deadline: ContinuousClock.Instant = .now + wait
        while pods.isEmpty {
            guard ContinuousClock.now < deadline else { throw Failure("timed out waiting for the condition") }
            try await Task.sleep(for: .milliseconds(200))
            pods = try await list(session.namespace, labels)
        }
        if all { return pods }
        let best: [View<Pod>] = pods.sorted(by: Self.isMoreTelling)
        if pods.count > 1 { session.output.note("Found \(pods.count) pods, using pod/\(best[0].name)") }
        return [best[0]]
    }

    /// The label selector of a workload's pods; nil for a pod.
    func selector(_ word: String?) async throws -> String? {
        let parts: [Substring] = word?.split(separator: "/", omittingEmptySubsequences: false) ?? []
        guard parts.count == 2 else { return nil }
        let resource: APIResource = try await session.resource(String(parts[0]))
        return resource.resource == Pod.names.resource ? nil : try await labels(of: resource, String(parts[1]))
    }

    private func labels(of resource: APIResource, _ name: String) async throws -> String {
        guard let labels = try PodSelector.text(of: try await object(resource.resource, name)) else {
            let type: String = try resource.goType()
            throw Failure("cannot get the logs from \(type): selector for \(type) not implemented")
        }
        return labels
    }

    private func pod(_ name: String) async throws -> View<Pod> {
        View(try await object(Pod.names.resource, name))
    }

    /// What is not there is told with its namespace, as kubectl does for logs.
    private func object(_ resource: GroupVersionResource, _ name: String) async throws -> JSON {
        do {
            return try await session.send(APIRequest(.get, resource, namespace: session.namespace, name: name))
        } catch let status as APIStatus where status.isNotFound {
            throw Failure("error from server (NotFound): \(status.message) in namespace \(JSON.quoted(session.namespace))")
        }
    }

    private func list(_ namespace: String, _ selector: String) async throws -> [View<Pod>] {
        let list: JSON = try await session.send(
            APIRequest(.list, Pod.names.resource, namespace: namespace, options: RequestOptions { $0.labelSelector = selector }))
        return (list["items"]?.array ?? []).map { View<Pod>($0) }
    }

    /// Scheduled before pending, running before others, ready before not, and the younger before the older.
    /// Source: `ActivePods` of k8s.io/kubectl, turned round for logs.
    static func isMoreTelling(_ one: View<Pod>, _ other: View<Pod>) -> Bool {
        func rank(_ pod: View<Pod>) -> (Int, Int, Int) {
            let isReady: Bool = (pod.json[["status", "conditions"]]?.array ?? []).contains {
                $0["type"] == "Ready" && $0["status"] == "True"
            }
            let phase: Int = ["Running": 0, "Succeeded": 1, "Failed": 1][pod.status.phase] ?? 2
            return (pod.spec.nodeName.isEmpty ? 1 : 0, phase, isReady ? 0 : 1)
        }
        let (left, right) = (rank(one), rank(other))
        if left != right { return left < right }
        let (born, otherBorn) = (one.metadata.creationTimestamp ?? .epoch, other.metadata.creationTimestamp ?? .epoch)
        return born == otherBorn ? one.name < other.name : born < otherBorn
    }
}

/// Reads logs and writes them out as they come.
struct LogReader {
    let session: Session
    let style: LogStyle
    let ignoresErrors: Bool
    let options: RequestOptions

    func show(_ log: ContainerLog) async throws {
        var request = APIRequest(
            .get, Pod.names.resource, namespace: log.pod.namespace, name: log.pod.name, subresource: "log", options: options)
        request.options.other.append(("container", log.container))
        do {
            let output: Output = session.output
            if case .plain = style {
                for try await piece in try await session.transport.stream(request) {
                    output.write(piece)
                    output.flush()
                }
                return
            }
            var pending: [UInt8] = []
            for try await piece in try await session.transport.stream(request) {
                pending += piece
                guard let end = pending.lastIndex(of: UInt8(ascii: "\n")) else { continue }
                output.write(style.rendered(pending[...end], of: log))
                output.flush()
                pending.removeFirst(end + 1)
            }
            if !pending.isEmpty { output.write(style.rendered(pending[...], of: log)) }
        } catch  where ignoresErrors && !(error is CancellationError) {
            session.output.note(Failure(error).text)
        }
    }

    /// All at once, line by line as they come.
    func showTogether(_ logs: [ContainerLog]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for log in logs { group.addTask { try await show(log) } }
            try await group.waitForAll()
        }
    }
}
