import API
import Client
import Machinery
import Synchronization

/// Deletes pods from nodes with taints NoExecute that they don't tolerate, or no longer.
///
/// Reads Nodes and Pods. A pod that tolerates the taints for a while goes when that while is over, counted from when the last of them
/// appeared; a taint that goes before takes the threat away. Source: pkg/controller/tainteviction.
struct TaintEvictionController: Controller {
    static let name = "taint-eviction-controller"
    static let queueName = "noexec_taint_pod"

    let context: ControllerContext
    private var nodes: Informer<Node> { context.copy() }
    private var pods: Informer<Pod> { context.copy() }
    /// Since when pods are threatened, by uid.
    private let threatened = Threatened()

    private final class Threatened: Sendable { let since = Mutex<[String: Time]>([:]) }

    func watch(_ queue: WorkQueue) {
        pods.onChange { [threatened] before, after in
            guard let pod = after else {
                if let uid = before?.metadata.uid { threatened.since.withLock { $0[uid] = nil } }
                return
            }
            let isNews: Bool =
                before?.spec.nodeName != pod.spec.nodeName || before?.json[["spec", "tolerations"]] != pod.json[["spec", "tolerations"]]
            if isNews, pod.isScheduled { queue.add(pod.key) }
        }
        nodes.onChange { [podsByNode = context.informers.podsByNode] before, after in
            guard let node = after, Self.taints(of: node) != before.map(Self.taints) ?? [] else { return }
            for key in podsByNode.keys(on: node.name) { queue.add(key) }
        }
    }

    private static func taints(of node: View<Node>) -> [TaintInfo] {
        node.spec.taints.filter { $0.effect == "NoExecute" }.map { TaintInfo($0) }
    }

    func reconcile(_ key: ObjectKey) async throws -> Duration? {
        guard let pod = pods.get(key), pod.isScheduled, !pod.isTerminating,
            let node = nodes.get(ObjectKey(namespace: "", name: pod.spec.nodeName))
        else { return nil }
        let uid: String = pod.metadata.uid
        let tolerance: Tolerance = Self.tolerance(of: pod.spec.tolerations.map { TolerationInfo($0) }, for: Self.taints(of: node))
        guard case .seconds(let seconds) = tolerance else {
            if threatened.since.withLock({ $0.removeValue(forKey: uid) }) != nil {
                tell(pod, .normal, reason: "TaintManagerEviction", "Cancelling deletion of Pod \(pod.key)")
            }
            return nil
        }
        let now: Time = context.clock.time
        // A taint of the node controller says since when; others count from when they were seen.
        let added: Time? = node.spec.taints.filter { $0.effect == "NoExecute" }.compactMap(\.timeAdded).max()
        let since: Time = threatened.since.withLock { since in
            let first: Time = since[uid] ?? added ?? now
            since[uid] = first
            return first
        }
        let left: Duration = .seconds(since.seconds + Int64(seconds) - now.seconds)
        if left > .zero { return left }
        try await evict(pod)
        return nil
    }

    private func evict(_ pod: View<Pod>) async throws {
        tell(pod, .normal, reason: "TaintManagerEviction", "Marking for deletion Pod \(pod.key)")
        try await context.drive(pod, reason: "DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint")
    }

    enum Tolerance: Equatable {
        case forever
        case seconds(Int)
    }

    /// Pure: how long a pod stands some taints NoExecute. The shortest of the tolerations that are used decides.
    static func tolerance(of tolerations: [TolerationInfo], for taints: [TaintInfo]) -> Tolerance {
        guard !taints.isEmpty else { return .forever }
        var shortest: Int?
        for taint in taints {
            let used: [TolerationInfo] = tolerations.filter { $0.tolerates(taint) }
            if used.isEmpty { return .seconds(0) }
            for seconds in used.compactMap(\.seconds) { shortest = min(shortest ?? .max, max(0, seconds)) }
        }
        return shortest.map { .seconds($0) } ?? .forever
    }
}
