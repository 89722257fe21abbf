import API
import Client
import Machinery

/// Waits until a pod is as wanted, by watching it.
struct PodWatch {
    let session: Session
    let key: ObjectKey

    /// The pod as it is when `isReached` says so. Throws kubectl's words when the time is over, or when the pod is gone.
    ///
    /// - Parameter limit: nil waits without end.
    func wait(within limit: Duration?, until isReached: @escaping @Sendable (View<Pod>) -> Bool) async throws -> View<Pod> {
        try await Progress.during(session.shell, { "waiting for pod/\(key.name)" }) {
            try await withThrowingTaskGroup(of: View<Pod>?.self) { group in
                group.addTask { try await follow(isReached) }
                if let limit {
                    group.addTask {
                        try await Task.sleep(for: limit)
                        throw Failure("timed out waiting for the condition")
                    }
                }
                defer { group.cancelAll() }
                guard let pod = try await group.next() ?? nil else { throw Failure("pods \(JSON.quoted(key.name)) not found") }
                return pod
            }
        }
    }

    private func follow(_ isReached: @Sendable (View<Pod>) -> Bool) async throws -> View<Pod>? {
        while true {
            let now = View<Pod>(try await session.send(APIRequest(.get, Pod.names.resource, namespace: key.namespace, name: key.name)))
            if isReached(now) { return now }
            var request = APIRequest(.watch, Pod.names.resource, namespace: key.namespace)
            request.options.fieldSelector = "metadata.name=\(key.name)"
            request.options.resourceVersion = now.metadata.resourceVersion
            // A watch may end at any time; then it begins anew.
            for try await event in WatchEvents(try await session.transport.stream(request)) {
                if event.kind == .deleted { return nil }
                guard event.kind == .added || event.kind == .modified else { break }
                let pod = View<Pod>(event.object)
                if isReached(pod) { return pod }
            }
            try Task.checkCancellation()
        }
    }
}
