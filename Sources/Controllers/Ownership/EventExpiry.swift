import API
import Client
import Machinery

/// Removes events an hour after they were last seen, as the API server of Kubernetes does.
struct EventExpiry: Controller {
    static let name = "event-expiry"
    private static let lifetime: Int64 = 3600

    let context: ControllerContext

    func watch(_ queue: WorkQueue) { queue.add(ObjectKey(namespace: "", name: "events"), after: .seconds(300)) }

    func reconcile(_ key: ObjectKey) async throws -> Duration? {
        var page = RequestOptions { $0.limit = 500 }
        repeat {
            let list: ObjectList<Event> = try await context.client.list(Event.self, options: page)
            for event in list.items {
                let seen: Time? = event.lastTimestamp ?? event.metadata.creationTimestamp
                guard let seen, seen.seconds + Self.lifetime < context.clock.time.seconds else { continue }
                try await context.delete(event)
            }
            page.continueToken = list.continueToken
        } while page.continueToken != nil
        return .seconds(300)
    }
}
