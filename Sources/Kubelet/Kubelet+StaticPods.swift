import API
import Client
import Logging
import Machinery
import Synchronization

/// Static pods: each has a worker like any other, and a mirror in the API.
extension Kubelet {
    /// Follows the files and the address until the task is cancelled. The API's pods are known first: a mirror tells how its pod was.
    func followStatic(_ pods: Informer<Pod>, _ context: NodeContext) async {
        await pods.caughtUp()
        if configuration.manifestsFolder == nil, configuration.manifestAddress == nil {
            setStaticPods(StaticPodSource.Findings(pods: [], isComplete: true), pods, context)
        }
        await staticPodSource.run { [weak self] in self?.setStaticPods($0, pods, context) }
    }

    var staticPodSource: StaticPodSource {
        StaticPodSource(
            folder: configuration.manifestsFolder, address: configuration.manifestAddress, node: configuration.nodeName, clock: clock,
            watch: watch, log: log)
    }

    private func setStaticPods(_ wanted: StaticPodSource.Findings, _ pods: Informer<Pod>, _ context: NodeContext) {
        state.withLock { $0.staticPods = wanted }
        let uids: Set<String> = Set(wanted.pods.map(\.metadata.uid))
        for worker in state.withLock({ Array($0.workers.values) }) where worker.isStatic && !uids.contains(worker.uid) {
            worker.podIsGone()
        }
        startStaticPods(pods, context)
        // Mirrors of what was taken away while no kubelet ran.
        for mirror in pods.list() where mirror.spec.nodeName == configuration.nodeName && mirror.mirrored != nil {
            mirrorChanged(mirror, isThere: true, context)
        }
    }

    /// Starts workers for pods that have none. One whose predecessor of the same name still ends has to wait for that.
    func startStaticPods(_ pods: Informer<Pod>, _ context: NodeContext) {
        for var pod in state.withLock({ $0.staticPods })?.pods ?? [] {
            if let mirror = pods.get(pod.key), mirror.mirrored == pod.metadata.uid { pod.status = mirror.status }
            let begin: (worker: PodWorker, begin: (@Sendable (PodWorker) -> Void)?)? = state.withLock { state in
                guard !state.workers.values.contains(where: { $0.uid == pod.metadata.uid || ($0.isStatic && $0.key == pod.key) }) else {
                    return nil
                }
                let worker = PodWorker(pod, node: context)
                state.workers[worker.uid] = worker
                for source in worker.sources { state.workersBySource[source, default: []].insert(worker.uid) }
                return (worker, state.begin)
            }
            if let begin { begin.begin?(begin.worker) }
        }
    }

    /// Tells the worker of the mirror's pod; a mirror of nothing goes.
    func mirrorChanged(_ mirror: View<Pod>, isThere: Bool, _ context: NodeContext) {
        if let controlPlane, controlPlane.key == mirror.key { return controlPlane.mirrorChanged(mirror, isThere: isThere) }
        let (worker, isKnown) = state.withLock { state in
            (state.workers.values.first { $0.isStatic && $0.key == mirror.key }, state.staticPods?.isComplete == true)
        }
        if let worker {
            // What we wrote ourselves needs no answer.
            if !isThere || mirror.isTerminating || mirror.mirrored != worker.uid { worker.mirrorChanged() }
        } else if isThere, isKnown {
            Task { [client, log] in
                do {
                    try await client.delete(Pod.self, mirror.key, uid: mirror.metadata.uid, gracePeriodSeconds: 0)
                } catch let status as APIStatus where status.isNotFound || status.isConflict {
                    // Somebody was faster.
                } catch {
                    log.warning("deleting a mirror without a pod failed", metadata: ["pod": "\(mirror.key)", "error": "\(error)"])
                }
            }
        }
    }
}
