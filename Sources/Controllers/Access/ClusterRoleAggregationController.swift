import API
import Client
import Machinery

/// Writes the rules of aggregated ClusterRoles: those of all roles that their selectors choose. Reads ClusterRoles.
struct ClusterRoleAggregationController: Controller {
    static let name = "clusterrole-aggregation-controller"
    static let queueName = "ClusterRoleAggregator"

    private let context: ControllerContext
    private let roles: Informer<ClusterRole>

    init(_ context: ControllerContext) {
        self.context = context
        roles = context.informers.informer()
    }

    func watch(_ queue: WorkQueue) {
        // Any role may be a part of any aggregated one.
        roles.onChange { [roles] before, after in
            if let after, after.aggregationRule != nil { queue.add(after.key) }
            guard before?.json["rules"] != after?.json["rules"] || before?.metadata.labels != after?.metadata.labels else { return }
            for role in roles.list() where role.aggregationRule != nil { queue.add(role.key) }
        }
    }

    func reconcile(_ key: ObjectKey) async throws -> Duration? {
        await roles.caughtUp()
        guard let role = roles.get(key), !role.isTerminating, let rules = role.aggregatedRules(from: roles.list()),
            rules != role.rules
        else { return nil }
        let patch: JSON = [
            "metadata": ["resourceVersion": .string(role.metadata.resourceVersion)], "rules": .array(rules.map(\.json)),
        ]
        roles.note(try await context.client.patch(ClusterRole.self, key, patch, as: .mergePatch))
        return nil
    }
}
