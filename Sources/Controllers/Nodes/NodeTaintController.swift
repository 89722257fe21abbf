import API
import Client
import Machinery

/// Keeps pods away from nodes whose conditions say that they can't take any: a taint `NoSchedule` for each such condition.
///
/// Reads Nodes, writes their taints. Source: `doNoScheduleTaintingPass` of pkg/controller/nodelifecycle.
struct NodeTaintController: ObjectController {
    static let name = "node-taint-controller"

    let context: ControllerContext

    func reconcile(_ node: View<Node>) async throws -> Duration? {
        guard let taints = Self.taints(of: node) else { return nil }
        var next: View<Node> = node
        next.spec.taints = taints
        objects.note(try await context.client.update(next))
        return nil
    }

    /// The taint of a condition, by the condition and its status.
    private static let taintOfCondition: [String: [String: String]] = [
        "Ready": ["False": "node.kubernetes.io/not-ready", "Unknown": "node.kubernetes.io/unreachable"],
        "MemoryPressure": ["True": "node.kubernetes.io/memory-pressure"],
        "DiskPressure": ["True": "node.kubernetes.io/disk-pressure"],
        "NetworkUnavailable": ["True": "node.kubernetes.io/network-unavailable"],
        "PIDPressure": ["True": "node.kubernetes.io/pid-pressure"],
    ]
    private static let unschedulable = "node.kubernetes.io/unschedulable"
    private static let own: Set<String> = Set(taintOfCondition.values.flatMap(\.values)).union([unschedulable])

    /// Pure: the taints that the node should have, those of others untouched; nil when it has them.
    static func taints(of node: View<Node>) -> [View<Taint>]? {
        // Nobody knows of a node that never reported: it keeps the taint that it was born with.
        guard node.condition("Ready") != nil else { return nil }
        var wanted: [String] = node.status.conditions.compactMap { taintOfCondition[$0.type]?[$0.status] }
        if node.spec.unschedulable { wanted.append(unschedulable) }
        let found: [View<Taint>] = node.spec.taints
        let kept: [View<Taint>] = found.filter { $0.effect != "NoSchedule" || !own.contains($0.key) || wanted.contains($0.key) }
        let missing: [String] = wanted.filter { key in !kept.contains { $0.key == key && $0.effect == "NoSchedule" } }.sorted()
        guard kept.count != found.count || !missing.isEmpty else { return nil }
        return kept
            + missing.map { key in
                View<Taint> {
                    $0.key = key
                    $0.effect = "NoSchedule"
                }
            }
    }
}
