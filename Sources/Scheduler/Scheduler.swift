import API
package import Client
package import Logging
package import Machinery

/// Finds a node for each pod that has none and asks for one of its profiles, and binds the pod to it.
///
/// One loop takes pods one by one and decides from a copy of the cluster that is ahead of the informers; what was decided is carried out
/// beside the loop, in a task for each pod. Reads pods, nodes, namespaces, claims, volumes, storage classes, CSI nodes, devices with their
/// classes and claims, disruption budgets, and what puts pods into sets; writes the status of ResourceClaims, `pods/binding`, the condition PodScheduled and `status.nominatedNodeName`, deletes pods that make
/// room for more important ones, and tells of it in events.
package struct Scheduler: Sendable {
    let client: Client
    let clock: ClusterClock
    let log: Logger
    let events: EventRecorder
    let pods: Informer<Pod>
    private let nodes: Informer<Node>
    private let namespaces: Informer<Namespace>
    let claims: Informer<PersistentVolumeClaim>
    let volumes: Informer<PersistentVolume>
    let deviceClaims: Informer<ResourceClaim>
    private let classes: Informer<StorageClass>
    let state: SchedulerState
    let measures: SchedulerMeasures

    /// - Parameters:
    ///   - informers: not running yet, or the scheduler may see changes of that moment in the wrong order.
    ///   - resourceMetrics: gets what pods ask for; they are many.
    package init(
        client: Client, informers: Informers, clock: ClusterClock, log: Logger,
        configuration: SchedulerConfiguration = SchedulerConfiguration(), metrics: Metrics = Metrics(),
        resourceMetrics: Metrics = Metrics()
    ) {
        self.client = client
        self.clock = clock
        self.log = log
        events = EventRecorder(client: client, clock: clock, component: Profile.defaultName)
        pods = informers.informer(Pod.self)
        nodes = informers.informer(Node.self)
        namespaces = informers.informer(Namespace.self)
        claims = informers.informer(PersistentVolumeClaim.self)
        volumes = informers.informer(PersistentVolume.self)
        classes = informers.informer(StorageClass.self)
        deviceClaims = informers.informer(ResourceClaim.self)
        let state = SchedulerState(clock: clock, configuration: configuration)
        self.state = state
        measures = SchedulerMeasures(metrics, state)
        PodResourceMetrics.add(pods, to: resourceMetrics)
        nodes.onChange { state.nodeChanged($0, $1) }
        namespaces.onChange { state.changed($0, $1) { $0.setNamespace($1.name, labels: $2?.metadata.labels) } }
        claims.onChange { state.changed($0, $1) { $0.setClaim($1, $2) } }
        volumes.onChange { state.changed($0, $1) { $0.setVolume($1.name, $2) } }
        classes.onChange { state.changed($0, $1) { $0.setClass($1.name, $2) } }
        informers.informer(CSINode.self).onChange { state.changed($0, $1) { $0.setDrivers(of: $1.name, $2) } }
        deviceClaims.onChange { state.changed($0, $1) { $0.setDeviceClaim($1, $2) } }
        informers.informer(DeviceClass.self).onChange { state.changed($0, $1) { $0.setDeviceClass($1.name, $2) } }
        informers.informer(ResourceSlice.self).onChange { state.devicesChanged($0, $1) }
        informers.informer(PodDisruptionBudget.self).onChange { state.budgetChanged($0, $1) }
        informers.informer(Service.self).onChange { state.serviceChanged($0, $1) }
        informers.informer(ReplicaSet.self).onChange { state.setChanged($0, $1) { $0.spec.selector?.match } }
        informers.informer(StatefulSet.self).onChange { state.setChanged($0, $1) { $0.spec.selector?.match } }
        informers.informer(ReplicationController.self).onChange { state.setChanged($0, $1) { try? LabelMatch(labels: $0.spec.selector) } }
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
        await discardExtendedClaims()
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                while let work = await state.next({ await nodes.caughtUp(to: $0) }) {
                    measures.decided(work)
                    group.addTask { await carryOut(work) }
                }
            }
        } onCancel: {
            state.close()
        }
    }
}

extension SchedulerState {
    fileprivate func setChanged<K: Kind>(_ before: View<K>?, _ after: View<K>?, _ selector: (View<K>) -> LabelMatch?) {
        if let before, before.metadata.uid != after?.metadata.uid { setChanged(uid: before.metadata.uid, nil) }
        guard let after,
            before.map({ $0.metadata.generation != after.metadata.generation || $0.metadata.uid != after.metadata.uid }) ?? true
        else { return }
        setChanged(uid: after.metadata.uid, selector(after))
    }
}
