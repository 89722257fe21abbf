import API
import Client
import Machinery

/// A controller of one kind: each change of an object asks for work on it, and the work begins when all that it reads is complete.
///
/// A new controller says what else it reads and watches, and what is to be done with one object.
protocol ObjectController: Controller {
    associatedtype Object: Kind

    /// What is read beside the objects: complete before the work begins, and showing all that this cluster's controllers wrote.
    var others: [any ObjectCopy] { get }

    /// Whether a change of an object can bring work.
    static func concerns(_ before: View<Object>?, _ after: View<Object>?) -> Bool

    /// Asks for work on objects because something else changed.
    func watchOthers(_ queue: WorkQueue)

    /// Brings what belongs to an object in order. Returns when to look again although nothing changes; nil for never.
    func reconcile(_ object: View<Object>) async throws -> Duration?

    /// There is no such object, or no longer.
    func clear(_ key: ObjectKey) async throws
}

extension ObjectController {
    var objects: Informer<Object> { context.copy() }
    var others: [any ObjectCopy] { [] }
    static func concerns(_ before: View<Object>?, _ after: View<Object>?) -> Bool { true }
    func watchOthers(_ queue: WorkQueue) {}
    func clear(_ key: ObjectKey) async throws {}

    func watch(_ queue: WorkQueue) {
        watchOthers(queue)
        objects.onChange { before, after in
            if Self.concerns(before, after), let object = after ?? before { queue.add(object.key) }
        }
    }

    func reconcile(_ key: ObjectKey) async throws -> Duration? {
        await objects.caughtUp()
        for other in others { await other.caughtUp() }
        guard let object = objects.get(key) else {
            try await clear(key)
            return nil
        }
        return try await reconcile(object)
    }
}
