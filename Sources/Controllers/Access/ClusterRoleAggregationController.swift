import API
import Client
import Machinery

/// Writes the rules of aggregated ClusterRoles: those of all roles that their selectors choose. Reads ClusterRoles.
struct ClusterRoleAggregationController: ObjectController {
    static let name = "clusterrole-aggregation-controller"
    static let queueName = "ClusterRoleAggregator"

    let context: ControllerContext

    static func concerns(_ before: View<ClusterRole>?, _ after: View<ClusterRole>?) -> Bool { after?.aggregationRule != nil }

    func watchOthers(_ queue: WorkQueue) {
        // Any role may be a part of any aggregated one.
        objects.onChange { [objects] before, after in
            guard before?.json["rules"] != after?.json["rules"] || before?.metadata.labels != after?.metadata.labels else { return }
            for role in objects.list() where role.aggregationRule != nil { queue.add(role.key) }
        }
    }

    func reconcile(_ role: View<ClusterRole>) async throws -> Duration? {
        guard !role.isTerminating, let rules = role.aggregatedRules(from: objects.list()), rules != role.rules else { return nil }
        let patch: JSON = [
            "metadata": ["resourceVersion": .string(role.metadata.resourceVersion)], "rules": .array(rules.map(\.json)),
        ]
        objects.note(try await context.client.patch(ClusterRole.self, role.key, patch, as: .mergePatch))
        return nil
    }
}
