import API
package import Client
package import Logging
package import Machinery

/// Finds a node for each pod that has none and asks for `default-scheduler`, and binds the pod to it.
///
/// One loop takes pods one by one and decides from a copy of the cluster that is ahead of the informers; what was decided is written
/// beside the loop. Reads pods, nodes, namespaces, claims, volumes, storage classes and disruption budgets; writes `pods/binding`, the condition PodScheduled and
/// `status.nominatedNodeName`, deletes pods that make room for more important ones, and tells of it in events.
package struct Scheduler: Sendable {
    let client: Client
    let clock: ClusterClock
    let log: Logger
    let events: EventRecorder
    let pods: Informer<Pod>
    private let nodes: Informer<Node>
    private let namespaces: Informer<Namespace>
    private let budgets: Informer<PodDisruptionBudget>
    let claims: Informer<PersistentVolumeClaim>
    let volumes: Informer<PersistentVolume>
    private let classes: Informer<StorageClass>
    let state: SchedulerState

    /// - Parameter informers: not running yet, or the scheduler may see changes of that moment in the wrong order.
    package init(client: Client, informers: Informers, clock: ClusterClock, log: Logger) {
        self.client = client
        self.clock = clock
        self.log = log
        events = EventRecorder(client: client, clock: clock, component: SchedulerState.schedulerName)
        pods = informers.informer(Pod.self)
        nodes = informers.informer(Node.self)
        namespaces = informers.informer(Namespace.self)
        budgets = informers.informer(PodDisruptionBudget.self)
        claims = informers.informer(PersistentVolumeClaim.self)
        volumes = informers.informer(PersistentVolume.self)
        classes = informers.informer(StorageClass.self)
        let state = SchedulerState(clock: clock)
        self.state = state
        nodes.onChange { state.nodeChanged($0, $1) }
        namespaces.onChange { state.namespaceChanged($0, $1) }
        claims.onChange { state.claimChanged($0, $1) }
        volumes.onChange { state.volumeChanged($0, $1) }
        classes.onChange { state.classChanged($0, $1) }
        pods.onChange { state.podChanged($0, $1) }
    }

    /// Schedules until the task is cancelled. To be called once.
    package func run() async {
        await namespaces.caughtUp()
        await nodes.caughtUp()
        await classes.caughtUp()
        await volumes.caughtUp()
        await claims.caughtUp()
        await pods.caughtUp()
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                while let turn = await state.next() {
                    if let rest = decide(turn) { group.addTask { await rest() } }
                }
            }
        } onCancel: {
            state.close()
        }
    }

    /// Decides about one pod, at once. Returns what is left to write.
    private func decide(_ turn: SchedulerState.Turn) -> (@Sendable () async -> Void)? {
        let pod: PodInfo = turn.pod
        var start: Int = turn.start
        let decision: Decision = .make(for: pod, turn.snapshot, nominated: turn.nominated, start: &start)
        state.begin(at: start)
        switch decision {
        case .node(let node):
            guard let choices = state.assume(pod, on: node) else { return nil }
            return { await bind(pod, to: node, choices) }
        case .nowhere(let unfit) where unfit.nodeCount == 0:
            state.refuse(pod, by: [])
            return { await report(pod, reason: "Unschedulable", unfit.message) }
        case .nowhere(let unfit):
            return preempt(turn, unfit)
        }
    }

    private func preempt(_ turn: SchedulerState.Turn, _ unfit: Unfit) -> @Sendable () async -> Void {
        let pod: PodInfo = turn.pod
        switch Preemption(turn: turn, unfit: unfit, budgets: budgets.list().map { Budget($0) }).plan() {
        case .victims(let victims):
            let displaced: [PodInfo] = state.refuse(pod, by: unfit.plugins, nominating: victims.node)
            return {
                await report(pod, reason: "Unschedulable", unfit.message, nominating: victims.node)
                for other in displaced { await withdrawNomination(of: other) }
                await evict(victims, for: pod)
            }
        case .nobody(let reason):
            state.refuse(pod, by: unfit.plugins, nominating: "")
            return { await report(pod, reason: "Unschedulable", "\(unfit.message) preemption: \(reason)", nominating: "") }
        case .wait(let reason):
            state.refuse(pod, by: unfit.plugins)
            return { await report(pod, reason: "Unschedulable", "\(unfit.message) preemption: \(reason)") }
        }
    }
}
