import API
import Client
import Machinery

/// Waits for one object.
struct ObjectWait {
    let session: Session
    let object: Manifest
    /// One of these must hold.
    let conditions: [WaitCondition]
    let deadline: ContinuousClock.Instant
    let looksOnce: Bool

    private var resource: String { object.resource.resource.resource }

    /// The object as it was when the wait ended. Throws ``Failure`` at the deadline.
    func run() async throws -> JSON {
        if conditions.isEmpty { return object.json }
        let get = APIRequest(.get, object.resource.resource, namespace: object.namespace, name: object.name)
        if looksOnce {
            let now: JSON
            do { now = try await session.send(get) } catch let status as APIStatus where status.isNotFound && isForDeletion {
                return object.json
            }
            guard try holds(now) else { throw Failure("condition not met for \(resource)/\(object.name)") }
            return now
        }
        if isForDeletion {
            try await Disappearance(session: session, deadline: deadline).wait(
                for: object.resource, namespace: object.namespace, name: object.name, uid: object.json[["metadata", "uid"]]?.string)
            return object.json
        }
        let found = Found()
        try await Progress.during(session.shell, { "waiting for \(object.shown)" }) {
            try await Deadline.run(deadline, or: "timed out waiting for the condition on \(resource)/\(object.name)") {
                found.object = try await watch(get)
            }
        }
        return found.object
    }

    /// Written by the one task that waits, read after its end.
    private final class Found: @unchecked Sendable { var object: JSON = .null }

    private var isForDeletion: Bool { conditions.contains { $0.isDeletion } }

    private func holds(_ object: JSON) throws -> Bool {
        try conditions.contains { try $0.holds(for: object) }
    }

    private func watch(_ get: APIRequest) async throws -> JSON {
        while true {
            let now: JSON = try await session.send(get)
            if try holds(now) { return now }
            var watch = APIRequest(.watch, object.resource.resource, namespace: object.namespace)
            watch.options.fieldSelector = "metadata.name=" + object.name
            watch.options.resourceVersion = now[["metadata", "resourceVersion"]]?.string
            do {
                for try await event in WatchEvents(try await session.transport.stream(watch)) {
                    if event.kind == .deleted { break }
                    if event.kind != .bookmark, try holds(event.object) { return event.object }
                }
            } catch let status as APIStatus where status.isExpired {
                continue
            }
        }
    }
}
