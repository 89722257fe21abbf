import API
import Client
import Machinery

/// Removes pods that nobody will end: those on a node that is gone, and terminating ones that never had a node.
///
/// Reads Pods and Nodes. Source: pkg/controller/podgc.
struct PodCollector: Controller {
    static let name = "pod-garbage-collector-controller"
    static let queueName = "orphaned_pods_nodes"

    private let context: ControllerContext
    private let nodes: Informer<Node>
    private let pods: Informer<Pod>

    init(_ context: ControllerContext) {
        self.context = context
        nodes = context.informers.informer()
        pods = context.informers.informer()
    }

    func watch(_ queue: WorkQueue) {
        nodes.onChange { [pods] before, after in
            guard after == nil, let node = before else { return }
            for pod in pods.list() where pod.spec.nodeName == node.name { queue.add(pod.key) }
        }
        pods.onChange { _, after in if let pod = after, pod.isTerminating, !pod.isScheduled { queue.add(pod.key) } }
    }

    func reconcile(_ key: ObjectKey) async throws -> Duration? {
        guard let pod = pods.get(key) else { return nil }
        if pod.isScheduled, try await context.client.find(Node.self, ObjectKey(namespace: "", name: pod.spec.nodeName)) != nil {
            return nil
        }
        guard pod.isScheduled || pod.isTerminating else { return nil }
        do {
            try await context.client.delete(Pod.self, key, uid: pod.metadata.uid, gracePeriodSeconds: 0)
        } catch let status as APIStatus where status.isNotFound || status.isConflict {}
        return nil
    }
}
