import API
import Client
import Machinery

/// Keeps the ConfigMap that says since when uses of Secrets' tokens are written down. Reads ConfigMaps of that name.
///
/// Source: pkg/controlplane/controller/legacytokentracking.
struct LegacyTokenTracking: Controller {
    static let name = "legacy-token-tracking-controller"
    static let queueName = "legacy_token_tracking_controller"
    static let mapKey = ObjectKey(namespace: "kube-system", name: "kube-apiserver-legacy-service-account-token-tracking")
    private static let since = "since"

    let context: ControllerContext
    private var maps: Informer<ConfigMap> { context.copy(named: Self.mapKey.name) }

    func watch(_ queue: WorkQueue) {
        maps.onChange { _, _ in queue.add(Self.mapKey) }
        queue.add(Self.mapKey)
    }

    func reconcile(_ key: ObjectKey) async throws -> Duration? {
        await maps.caughtUp()
        let today: String = context.clock.time.day
        guard var map = maps.get(key) else {
            try await context.createIfAbsent(
                ConfigMap.new(key.name, namespace: key.namespace) { $0.data = [Self.since: today] }, notedIn: maps)
            return nil
        }
        guard key == Self.mapKey, Self.start(map) == nil else { return nil }
        map.data[Self.since] = today
        maps.note(try await context.client.update(map))
        return nil
    }

    /// When a use was surely written down: from the end of the day that the map names; nil for a map that names none.
    static func start(_ map: View<ConfigMap>) -> Time? { map.data[since].flatMap { Time(day: $0) }.map { $0 + .seconds(86_400) } }
}
