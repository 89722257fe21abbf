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

    /// Asks for work on a key for each change that matters.
    func watch(_ queue: WorkQueue)

    /// Brings what belongs to the key in order. Returns when to look again although nothing changes; nil for never.
    ///
    /// Throwing asks for another attempt after a growing while.
    func reconcile(_ key: ObjectKey) async throws -> Duration?
}

extension Controller {
    package static var queueName: String { name }
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

    /// The same for a controller that acts under a name of its own.
    func acting(as name: String) -> ControllerContext {
        ControllerContext(client: clients(name), clients: clients, informers: informers, clock: clock, log: log, metrics: metrics)
    }

    func events(_ component: String) -> EventRecorder {
        EventRecorder(client: client, clock: clock, component: component)
    }
}
