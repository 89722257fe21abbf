import API
package import Client
package import Logging
package import Machinery

/// Finds a node for each pod that has none and asks for `default-scheduler`, and binds the pod to it.
///
/// One loop takes pods one by one and decides from a copy of the cluster that is ahead of the informers; bindings are written
/// beside the loop. Reads pods, nodes and namespaces; writes `pods/binding`, the condition PodScheduled and events.
package struct Scheduler: Sendable {
    private let client: Client
    private let clock: ClusterClock
    private let log: Logger
    private let events: EventRecorder
    private let pods: Informer<Pod>
    private let nodes: Informer<Node>
    private let namespaces: Informer<Namespace>
    private let state: SchedulerState

    package init(client: Client, informers: Informers, clock: ClusterClock, log: Logger) {
        self.client = client
        self.clock = clock
        self.log = log
        events = EventRecorder(client: client, clock: clock, component: SchedulerState.schedulerName)
        pods = informers.informer(Pod.self)
        nodes = informers.informer(Node.self)
        namespaces = informers.informer(Namespace.self)
        state = SchedulerState(clock: clock)
    }

    /// Schedules until the task is cancelled. To be called once.
    package func run() async {
        nodes.onChange { [state] in state.nodeChanged($0, $1) }
        namespaces.onChange { [state] in state.namespaceChanged($0, $1) }
        pods.onChange { [state] in state.podChanged($0, $1) }
        await namespaces.caughtUp()
        await nodes.caughtUp()
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
        switch Decision.make(for: pod, turn.snapshot, nominated: turn.nominated) {
        case .node(let node):
            guard state.assume(pod, on: node) else { return nil }
            return { await bind(pod, to: node) }
        case .nowhere(let unfit):
            state.refuse(pod, by: unfit.plugins)
            return { await report(pod, reason: "Unschedulable", unfit.message) }
        }
    }

    private func bind(_ pod: PodInfo, to node: String) async {
        let binding: View<Binding> = Binding.new(pod.key.name, namespace: pod.key.namespace) {
            $0.metadata.uid = pod.uid
            $0.target = View<ObjectReference> { target in
                target.kind = "Node"
                target.name = node
            }
        }
        do {
            _ = try await client.send(
                APIRequest(
                    .create, Pod.names.resource, namespace: pod.key.namespace, name: pod.key.name, subresource: "binding",
                    body: binding.json.serialized()))
            log.info("bound pod", metadata: ["pod": "\(pod.key)", "node": "\(node)"])
            events.record(pod.pod, .normal, reason: "Scheduled", "Successfully assigned \(pod.key) to \(node)")
        } catch let status as APIStatus where status.isNotFound || status.isConflict {
            // Deleted, made anew or bound by somebody else: the informer tells what it is now.
            state.forget(pod, isGone: true)
        } catch {
            state.forget(pod, isGone: false)
            guard !Task.isCancelled else { return }
            log.warning("a pod could not be bound", metadata: ["pod": "\(pod.key)", "node": "\(node)", "error": "\(error)"])
            await report(pod, reason: "SchedulerError", "binding rejected: \(error)")
        }
    }

    /// Says on the pod and in an event why it has no node.
    private func report(_ pod: PodInfo, reason: String, _ message: String) async {
        guard var current = pods.get(pod.key), current.metadata.uid == pod.uid, !current.isScheduled else { return }
        events.record(pod.pod, .warning, reason: "FailedScheduling", message)
        guard current.setCondition("PodScheduled", false, reason: reason, message: message, now: clock.time),
            let condition = current.condition("PodScheduled")
        else { return }
        let patch: JSON = ["metadata": ["uid": .string(pod.uid)], "status": ["conditions": [condition.json]]]
        do {
            try await client.patch(Pod.self, pod.key, patch, subresource: "status")
        } catch let status as APIStatus where status.isNotFound || status.isConflict {
            // Deleted or made anew meanwhile.
        } catch {
            guard !Task.isCancelled else { return }
            log.warning("the reason could not be written", metadata: ["pod": "\(pod.key)", "error": "\(error)"])
        }
    }
}
