package import API
package import Client
package import Logging
package import Machinery

/// Turns the spec of one kind into facts: reads, plans, applies, whenever something that it watches changed.
///
/// Level, not edge: a reconciliation works from the state and finds nothing to do the second time.
package protocol Controller: Sendable {
    static var name: String { get }

    /// Asks for work on a key for each change that matters.
    func watch(_ queue: WorkQueue)

    /// Brings what belongs to the key in order. Returns when to look again although nothing changes; nil for never.
    ///
    /// Throwing asks for another attempt after a growing while.
    func reconcile(_ key: ObjectKey) async throws -> Duration?
}

/// What every controller works with.
package struct ControllerContext: Sendable {
    package let client: Client
    package let informers: Informers
    package let clock: ClusterClock
    package let log: Logger

    func events(_ component: String) -> EventRecorder {
        EventRecorder(client: client, clock: clock, component: component)
    }
}
