package import API
package import Client
package import Logging
package import Machinery

/// Turns the spec of one kind into facts: reads, plans, applies, whenever something that it watches changed.
///
/// Level, not edge: a reconciliation works from the state and finds nothing to do the second time.
package protocol Controller: Sendable {
    static var name: String { get }
    /// Of its queue, in metrics: as upstream calls it, or the controller's own.
    static var queueName: String { get }
    /// Who it is in its events.
    static var component: String { get }

    var context: ControllerContext { get }

    /// Asks for work on a key for each change that matters.
    func watch(_ queue: WorkQueue)

    /// Brings what belongs to the key in order. Returns when to look again although nothing changes; nil for never.
    ///
    /// Throwing asks for another attempt after a growing while.
    func reconcile(_ key: ObjectKey) async throws -> Duration?
}

extension Controller {
    package static var queueName: String { name }
    package static var component: String { name }

    /// Tells of what happened to an object, as an event.
    func tell<K: Kind>(_ object: View<K>, _ level: EventRecorder.Level, reason: String, _ message: String) {
        context.events.record(object, level, reason: reason, message, by: Self.component)
    }
}

/// What every controller works with.
package struct ControllerContext: Sendable {
    package let client: Client
    /// The client of each controller, by the name of its service account in kube-system.
    let clients: @Sendable (String) -> Client
    package let informers: Informers
    package let clock: ClusterClock
    package let log: Logger
    package let metrics: Metrics
    let events: EventRecorder

    /// - Parameter name: of the account that it acts as.
    init(
        acting name: String, clients: @escaping @Sendable (String) -> Client, informers: Informers, clock: ClusterClock, log: Logger,
        metrics: Metrics
    ) {
        client = clients(name)
        self.clients = clients
        self.informers = informers
        self.clock = clock
        self.log = log
        self.metrics = metrics
        events = EventRecorder(client: client, clock: clock, component: name)
    }

    /// The same for a controller that acts under a name of its own.
    func acting(as name: String) -> ControllerContext {
        ControllerContext(acting: name, clients: clients, informers: informers, clock: clock, log: log, metrics: metrics)
    }
}

/// What controllers read and write alike.
extension ControllerContext {
    /// The copy of all objects of a kind, or of those of one name.
    func copy<K: Kind>(_ kind: K.Type = K.self, named name: String? = nil) -> Informer<K> { informers.informer(name: name) }

    /// Writes the status where it differs from what was read. An object that is gone needs none.
    func writeStatus<K: Kind>(_ updated: View<K>, from read: View<K>) async throws {
        guard updated.json["status"] != read.json["status"] else { return }
        do { copy(K.self).note(try await client.updateStatus(updated)) } catch let status as APIStatus where status.isNotFound {}
    }

    /// Deletes this very object. One that is gone already, or is another by now, is no matter.
    func delete<K: Kind>(_ object: View<K>, gracePeriodSeconds: Int? = nil, propagationPolicy: String? = nil) async throws {
        do {
            try await client.delete(
                K.self, object.key, uid: object.metadata.uid, gracePeriodSeconds: gracePeriodSeconds,
                propagationPolicy: propagationPolicy)
        } catch let status as APIStatus where status.isNotFound || status.isConflict {}
    }

    /// Says of a pod why it has to go, for whoever counts it, and deletes it.
    func drive(_ pod: View<Pod>, reason: String, _ message: String) async throws {
        var marked: View<Pod> = pod
        do {
            if marked.setCondition("DisruptionTarget", true, reason: reason, message: message, now: clock.time),
                let condition = marked.condition("DisruptionTarget")
            {
                let patch: JSON = ["metadata": ["uid": .string(pod.metadata.uid)], "status": ["conditions": [condition.json]]]
                try await client.patchUnread(Pod.self, pod.key, patch, subresource: "status")
            }
        } catch let status as APIStatus where status.isNotFound || status.isConflict { return }
        try await delete(pod)
    }

    /// Makes an object unless it is there already, or its namespace is on its way out; the copy waits for it.
    func createIfAbsent<K: Kind>(_ object: View<K>, notedIn copy: Informer<K>) async throws {
        do {
            copy.note(try await client.create(object))
        } catch let status as APIStatus where status.isAlreadyExists || status.isNotFound || status.code == 403 {}
    }
}
