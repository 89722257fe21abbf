import API
import Client
import Machinery

/// Removes pods that nobody will end: those on a node that is gone, and terminating ones that never had a node.
///
/// Reads Pods and Nodes. Source: pkg/controller/podgc.
struct PodCollector: ObjectController {
    static let name = "pod-garbage-collector-controller"
    static let queueName = "orphaned_pods_nodes"

    let context: ControllerContext
    private var nodes: Informer<Node> { context.copy() }

    static func concerns(_ before: View<Pod>?, _ after: View<Pod>?) -> Bool { after.map { $0.isTerminating && !$0.isScheduled } ?? false }

    func watchOthers(_ queue: WorkQueue) {
        nodes.onChange { [podsByNode = context.informers.podsByNode] before, after in
            guard after == nil, let node = before else { return }
            for key in podsByNode.keys(on: node.name) { queue.add(key) }
        }
    }

    func reconcile(_ pod: View<Pod>) async throws -> Duration? {
        if pod.isScheduled, try await context.client.find(Node.self, ObjectKey(namespace: "", name: pod.spec.nodeName)) != nil {
            return nil
        }
        guard pod.isScheduled || pod.isTerminating else { return nil }
        try await context.delete(pod, gracePeriodSeconds: 0)
        return nil
    }
}
