import API
import Client
import Machinery

/// Follows the logs of all pods that a selector matches: those that come later, too, and each run of a container that starts again.
struct LogFollower {
    let session: Session
    let reader: LogReader
    let namespace: String
    let selector: String
    /// The containers of a pod that are meant.
    let containers: @Sendable (View<Pod>) throws -> [ContainerLog]

    /// Goes on until it is cancelled.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var seen: [String: Int] = [:]
            var pause: Duration = .zero
            while true {
                // A server that ends watches at once is not asked in a circle.
                try await Task.sleep(for: pause)
                let began: ContinuousClock.Instant = .now
                var request = APIRequest(
                    .list, Pod.names.resource, namespace: namespace, options: RequestOptions { $0.labelSelector = selector })
                let list: JSON = try await session.send(request)
                for item in list.list("items") { try follow(View(item), &seen, &group) }
                request.verb = .watch
                request.options.resourceVersion = list.text(at: "metadata", "resourceVersion")
                do {
                    for try await event in WatchEvents(try await session.transport.stream(request)) {
                        switch event.kind {
                        case .added, .modified: try follow(View(event.object), &seen, &group)
                        case .deleted: seen = seen.filter { !$0.key.hasPrefix(event.object.text(at: "metadata", "uid") + "/") }
                        default: break
                        }
                    }
                } catch let status as APIStatus where status.isExpired {}
                pause = began.duration(to: .now) > .seconds(5) ? .zero : min(pause * 2 + .milliseconds(100), .seconds(5))
            }
        }
    }

    /// Begins with each run of a container that is new.
    private func follow(_ pod: View<Pod>, _ seen: inout [String: Int], _ group: inout ThrowingTaskGroup<Void, any Error>) throws {
        let statuses: [JSON] = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"].flatMap {
            pod.json.list("status", $0)
        }
        for log in try containers(pod) {
            guard let status = statuses.first(where: { $0.text(at: "name") == log.container }),
                status[["state", "running"]] != nil || status[["state", "terminated"]] != nil
            else { continue }
            let key: String = "\(pod.metadata.uid)/\(log.container)"
            let run: Int = Int(status.number("restartCount"))
            guard seen[key].map({ $0 < run }) ?? true else { continue }
            seen[key] = run
            group.addTask { [reader] in
                // A pod that is gone before its log was read is no reason to stop with the others.
                do { try await reader.show(log) } catch let status as APIStatus where status.isNotFound || status.code == 400 {}
            }
        }
    }
}
