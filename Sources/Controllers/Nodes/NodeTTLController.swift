import API
import Client
import Machinery
import Synchronization

/// Tells kubelets how long they may keep Secrets and ConfigMaps before they ask again: the annotation `node.alpha.kubernetes.io/ttl`, in
/// seconds, which grows with the cluster. Reads and writes Nodes. Source: pkg/controller/ttl.
struct NodeTTLController: ObjectController {
    static let name = "ttl-controller"
    static let queueName = "ttlcontroller"
    static let annotation = "node.alpha.kubernetes.io/ttl"

    let context: ControllerContext
    private let size = ClusterSize()

    /// How many nodes there are, and the step that holds for so many.
    private final class ClusterSize: Sendable { let state = Mutex<(count: Int, step: Int)>((0, 0)) }

    static func concerns(_ before: View<Node>?, _ after: View<Node>?) -> Bool {
        before == nil || before?.metadata.annotations[annotation] != after?.metadata.annotations[annotation]
    }

    func watchOthers(_ queue: WorkQueue) {
        objects.onChange { [objects, size] before, after in
            let isNewStep: Bool = size.state.withLock { state in
                if before == nil { state.count += 1 } else if after == nil { state.count -= 1 }
                let step: Int = Self.step(for: state.count, from: state.step)
                defer { state.step = step }
                return step != state.step
            }
            if isNewStep { for node in objects.list() { queue.add(node.key) } }
        }
    }

    func reconcile(_ node: View<Node>) async throws -> Duration? {
        let wanted: String = String(Self.steps[size.state.withLock { $0.step }].seconds)
        guard !node.isTerminating, node.metadata.annotations[Self.annotation] != wanted else { return nil }
        let patch: JSON = ["metadata": ["annotations": [(Self.annotation): .string(wanted)]]]
        do {
            objects.note(try await context.client.patch(Node.self, node.key, patch))
        } catch let status as APIStatus where status.isNotFound {}
        return nil
    }

    /// With the numbers of nodes at which a step is left, downwards and upwards: they overlap, so that one node more or less is no news.
    static let steps: [(least: Int, most: Int, seconds: Int)] = [
        (0, 100, 0), (90, 500, 15), (450, 1000, 30), (900, 2000, 60), (1800, .max, 300),
    ]

    /// Pure.
    static func step(for count: Int, from step: Int) -> Int {
        var step: Int = step
        while count > steps[step].most { step += 1 }
        while count < steps[step].least { step -= 1 }
        return step
    }
}
