import API
import Client
import Machinery

/// Removes pods that nobody will end: those on a node that is gone, and terminating ones that never had a node or whose node is out of
/// service.
///
/// Reads Pods and Nodes. A pod that had not ended is said to have failed before it goes, for whoever counts it.
/// Source: pkg/controller/podgc.
struct PodCollector: ObjectController {
    static let name = "pod-garbage-collector-controller"
    static let queueName = "orphaned_pods_nodes"
    private static let outOfService = "node.kubernetes.io/out-of-service"

    let context: ControllerContext
    private var nodes: Informer<Node> { context.copy() }

    static func concerns(_ before: View<Pod>?, _ after: View<Pod>?) -> Bool { after?.isTerminating ?? false }

    func watchOthers(_ queue: WorkQueue) {
        nodes.onChange { [podsByNode = context.informers.podsByNode] before, after in
            guard let node = after ?? before, after.map(Self.isOutOfService) ?? true else { return }
            for key in podsByNode.keys(on: node.name) { queue.add(key) }
        }
    }

    /// Somebody has said that the node's machine is off for good.
    private static func isOutOfService(_ node: View<Node>) -> Bool {
        !node.isReady && node.spec.taints.contains { $0.key == outOfService }
    }

    func reconcile(_ pod: View<Pod>) async throws -> Duration? {
        guard pod.isScheduled else {
            if pod.isTerminating { try await context.delete(pod, gracePeriodSeconds: 0) }
            return nil
        }
        let node = ObjectKey(namespace: "", name: pod.spec.nodeName)
        if let known = nodes.get(node) {
            guard pod.isTerminating, Self.isOutOfService(known) else { return nil }
            try await end(pod, because: nil)
        } else if try await context.client.find(Node.self, node) == nil {
            try await end(pod, because: "PodGC: node no longer exists")
        }
        return nil
    }

    /// - Parameter message: of the condition that the pod was disrupted; nil where that is said already.
    private func end(_ pod: View<Pod>, because message: String?) async throws {
        if !pod.isFinished {
            var ended: View<Pod> = pod
            var status: JSON = ["phase": "Failed"]
            if let message,
                ended.setCondition("DisruptionTarget", true, reason: "DeletionByPodGC", message: message, now: context.clock.time),
                let condition = ended.condition("DisruptionTarget")
            {
                status["conditions"] = [condition.json]
            }
            do {
                let patch: JSON = ["metadata": ["uid": .string(pod.metadata.uid)], "status": status]
                try await context.client.patch(Pod.self, pod.key, patch, subresource: "status")
            } catch let status as APIStatus where status.isNotFound || status.isConflict { return }
        }
        try await context.delete(pod, gracePeriodSeconds: 0)
    }
}
