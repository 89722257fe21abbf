import API
import Client
import Machinery
import Synchronization

/// Keeps one pod of a DaemonSet on each node that fits.
///
/// Reads DaemonSets, Pods, Nodes and ControllerRevisions. In this order: adopts pods and revisions, finds or makes the revision of the
/// template, makes and deletes pods as ``DaemonSetPlan`` says, writes the status, removes revisions beyond the history limit. The
/// scheduler binds the pods; each says in its affinity which node it is for.
struct DaemonSetController: ObjectController {
    static let name = "daemonset-controller"
    static let queueName = "daemonset"

    let context: ControllerContext
    private var pods: Informer<Pod> { context.copy() }
    private var nodes: Informer<Node> { context.copy() }
    private var revisions: Informer<ControllerRevision> { context.copy() }
    private let backOff = DaemonBackOff()

    var others: [any ObjectCopy] { [pods, nodes, revisions] }

    func watchOthers(_ queue: WorkQueue) {
        watchOwned(by: objects, pods, queue) { $0.spec.selector?.match ?? .nothing }
        watchOwned(by: objects, revisions, queue) { $0.spec.selector?.match ?? .nothing }
        nodes.onChange { [objects] before, after in
            // Most changes of a node are its heartbeats.
            let isNews: Bool =
                before == nil || after == nil || before?.metadata.labels != after?.metadata.labels
                || before?.json["spec"] != after?.json["spec"]
            guard isNews else { return }
            for set in objects.list() { queue.add(set.key) }
        }
    }

    func reconcile(_ set: View<DaemonSet>) async throws -> Duration? {
        guard !set.isTerminating, let selector = set.spec.selector?.match else { return nil }
        let adoption = Adoption<DaemonSet, Pod>(context: context, owner: set, selector: selector)
        let owned: [View<Pod>] = try await adoption.claim(
            pods.owned(by: set.metadata.uid) + pods.orphans(namespace: set.namespace))

        let keeper = RevisionKeeper(
            context: context, owner: set, template: set.spec.template, selector: selector, hashLabel: StatefulPodLabels.revision,
            revisions: revisions)
        var collisions: Int? = set.status.collisionCount
        let (history, newest) = try await keeper.history(collisions: &collisions)
        let hash: String = newest.metadata.labels[StatefulPodLabels.revision] ?? newest.name
        let plan = DaemonSetPlan(
            set, nodes: nodes.list(), pods: owned, hash: hash, collisions: collisions,
            waits: backOff.waits(set, now: context.clock.now), now: context.clock.time)

        let failure: (any Error)? = await apply(plan, set, hash)
        var updated: View<DaemonSet> = set
        updated.status = plan.status
        try await context.writeStatus(updated, from: set)
        if let failure { throw failure }
        let liveHashes: Set<String> = Set(owned.map(\.revision))
        let live: [String] = history.revisions.filter { liveHashes.contains($0.metadata.labels[StatefulPodLabels.revision] ?? "") }.map(
            \.name)
        try await keeper.trim(history, limit: set.spec.revisionHistoryLimit, live: Set(live + [newest.name]))
        return plan.nextLook
    }

    private func apply(_ plan: DaemonSetPlan, _ set: View<DaemonSet>, _ hash: String) async -> (any Error)? {
        for ended in plan.ended {
            let failed: Bool = ended.pod.status.phase == "Failed"
            let place: String = "\(ended.pod.key) on node \(ended.node)"
            if failed {
                backOff.failed(set, on: ended.node, now: context.clock.now)
                tell(
                    set, .warning, reason: "FailedDaemonPod", "Found failed daemon pod \(place), will try to kill it")
            } else {
                tell(
                    set, .normal, reason: "SucceededDaemonPod", "Found succeeded daemon pod \(place), will try to delete it")
            }
        }
        let failure: (any Error)? = await deletePods(plan.victims + plan.ended.map(\.pod), of: set)
        let daemon = DaemonPod(set)
        let made = await slowStart(plan.nodes) { node in try await createPod(daemon.make(on: node, for: set, hash: hash), for: set) }
        return failure ?? made.failure
    }
}

/// How long a failed pod of a DaemonSet stays before another is made on its node: 1 s, twice as long after each further failure, 15
/// minutes at most. Forgotten when there was no failure for twice the longest time.
final class DaemonBackOff: Sendable {
    private struct Place: Hashable {
        let set: String
        let generation: Int
        let node: String
    }

    private struct Failures {
        var count: Int
        var last: ClusterClock.Instant

        var delay: Duration { .seconds(min(1 << min(count - 1, 10), 900)) }
    }

    private let places = Mutex<[Place: Failures]>([:])

    func failed(_ set: View<DaemonSet>, on node: String, now: ClusterClock.Instant) {
        let place = Place(set: set.metadata.uid, generation: set.metadata.generation, node: node)
        places.withLock { places in
            places = places.filter { $0.value.last.duration(to: now) < .seconds(1800) }
            places[place] = Failures(count: (places[place]?.count ?? 0) + 1, last: now)
        }
    }

    /// Nodes where the next pod has to wait, with the time that is left.
    func waits(_ set: View<DaemonSet>, now: ClusterClock.Instant) -> [String: Duration] {
        places.withLock { places in
            var waits: [String: Duration] = [:]
            for (place, failures) in places where place.set == set.metadata.uid && place.generation == set.metadata.generation {
                let left: Duration = failures.delay - failures.last.duration(to: now)
                if left > .zero { waits[place.node] = left }
            }
            return waits
        }
    }
}
