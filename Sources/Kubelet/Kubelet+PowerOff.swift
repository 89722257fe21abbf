import API
import Machinery

/// The end of a node whose machine goes down.
extension Kubelet {
    /// How long pods may take to end, and how much of that is for the critical ones, which go last: half of what the page on node shutdowns
    /// of the Kubernetes documentation has for shutdownGracePeriod and shutdownGracePeriodCriticalPods, as a person waits here.
    private static let shutdownPeriod: Duration = .seconds(15)
    private static let criticalPeriod: Duration = .seconds(5)

    /// Ends all pods: hooks, signals and grace periods as at a deletion, the critical pods after the others. Their processes go, their files
    /// stay, and the API hears of no end: the next start tells how each container ended and runs it again where its restart policy says
    /// so, as after `minikube stop`. Only where shutdownGracePeriod is configured pods of a real node fail as `Terminated`.
    package func powerOff() async {
        await powerOff(within: Self.shutdownPeriod - Self.criticalPeriod) { !$0.isCritical }
        await powerOff(within: Self.criticalPeriod) { _ in true }
    }

    private func powerOff(within period: Duration, _ isMeant: @Sendable (View<Pod>) -> Bool) async {
        await withDiscardingTaskGroup { group in
            for worker in workers where await isMeant(worker.pod) { group.addTask { await worker.powerOff(within: period) } }
        }
    }
}

extension PodWorker {
    /// Returns when nothing of the pod runs any more.
    func powerOff(within period: Duration) async {
        guard !isDone else { return }
        let grace: Int = min(Int(period.components.seconds), pod.spec.terminationGracePeriodSeconds)
        isPoweredOff = true
        end(grace: grace)
        poke()
        await withCheckedContinuation { continuation in
            if isShutDown { continuation.resume() } else { onShutDown.append(continuation) }
        }
    }
}
