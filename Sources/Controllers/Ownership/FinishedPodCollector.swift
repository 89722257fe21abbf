import API
import Client
import Machinery
import Synchronization

/// Deletes pods that have ended when there are more than anybody will read about: those that were evicted first, then the oldest.
///
/// Reads Pods. Source: `gcTerminated` of pkg/controller/podgc, with the default of `--terminated-pod-gc-threshold`.
struct FinishedPodCollector: Controller {
    static let name = "finished-pod-collector-controller"
    private static let period: Duration = .seconds(20)
    private static let most = 12_500

    let context: ControllerContext
    private var pods: Informer<Pod> { context.copy() }
    private let finished = Finished()

    /// Uids of pods that have ended: to count them must not mean to look at all pods.
    private final class Finished: Sendable { let uids = Mutex<Set<String>>([]) }

    func watch(_ queue: WorkQueue) {
        pods.onChange { [finished] before, after in
            guard let pod = after ?? before else { return }
            finished.uids.withLock { uids in
                if after?.isFinished == true { uids.insert(pod.metadata.uid) } else { uids.remove(pod.metadata.uid) }
            }
        }
        queue.add(ObjectKey(namespace: "", name: "pods"))
    }

    func reconcile(_ key: ObjectKey) async throws -> Duration? {
        guard finished.uids.withLock({ $0.count }) > Self.most else { return Self.period }
        for pod in Self.surplus(pods.list(), most: Self.most) { try await context.delete(pod, gracePeriodSeconds: 0) }
        return Self.period
    }

    /// Pure: which of the pods go.
    static func surplus(_ pods: [View<Pod>], most: Int) -> ArraySlice<View<Pod>> {
        let finished: [View<Pod>] = pods.filter { $0.isFinished && !$0.isTerminating }
        return finished.sorted { one, other in
            if one.isEvicted != other.isEvicted { return one.isEvicted }
            return (one.metadata.creationTimestamp ?? .epoch, one.name) < (other.metadata.creationTimestamp ?? .epoch, other.name)
        }.prefix(max(0, finished.count - most))
    }
}

extension View<Pod> {
    fileprivate var isEvicted: Bool { self.status.phase == "Failed" && self.status.reason == "Evicted" }
}
