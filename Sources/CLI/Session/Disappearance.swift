import API
import Client
import Machinery

/// The body of a deletion.
struct DeletionOptions {
    var propagationPolicy: String?
    var gracePeriodSeconds: Int?
    var dryRun: Bool = false

    /// What `--cascade` says, in the API's words.
    private static let policies: [String: String] = ["background": "Background", "foreground": "Foreground", "orphan": "Orphan"]

    /// The API's word for a value of `--cascade`. Warns of one that is taken for old times' sake; throws kubectl's text for others.
    static func policy(_ cascade: String, _ output: Output) throws -> String {
        if let isOn = try? Bool(flag: cascade) {
            let word: String = isOn ? "background" : "orphan"
            output.note("warning: --cascade=\(cascade) is deprecated (boolean value) and can be replaced with --cascade=\(word).")
            return isOn ? "Background" : "Orphan"
        }
        guard let policy = policies[cascade] else {
            throw Failure("invalid cascade value (\(cascade)). Must be \"background\", \"foreground\", or \"orphan\"")
        }
        return policy
    }

    var body: [UInt8] {
        var json: JSON = ["apiVersion": "v1", "kind": "DeleteOptions"]
        if let propagationPolicy { json["propagationPolicy"] = .string(propagationPolicy) }
        if let gracePeriodSeconds { json["gracePeriodSeconds"] = .int(Int64(gracePeriodSeconds)) }
        if dryRun { json["dryRun"] = ["All"] }
        return json.serialized()
    }
}

/// Waits until objects are gone.
struct Disappearance {
    let session: Session
    /// nil waits without end.
    let deadline: ContinuousClock.Instant?

    /// Returns when there is no such object any more, or another one under its name.
    ///
    /// Throws ``Failure`` at the deadline.
    func wait(for resource: APIResource, namespace: String?, name: String, uid: String?) async throws {
        let session: Session = session
        let shown = "\(resource.shown)/\(name)"
        try await Progress.during(session.shell, { "waiting for \(shown) to be gone" }) {
            try await Deadline.run(deadline, or: "timed out waiting for the condition on \(resource.resource.resource)/\(name)") {
                while true {
                    let object: JSON
                    do {
                        object = try await session.send(APIRequest(.get, resource.resource, namespace: namespace, name: name))
                    } catch let status as APIStatus where status.isNotFound {
                        return
                    }
                    if let uid, object[["metadata", "uid"]]?.string != uid { return }
                    var watch = APIRequest(.watch, resource.resource, namespace: namespace)
                    watch.options.fieldSelector = "metadata.name=" + name
                    watch.options.resourceVersion = object[["metadata", "resourceVersion"]]?.string
                    do {
                        for try await event in WatchEvents(try await session.transport.stream(watch)) where event.kind == .deleted {
                            return
                        }
                    } catch let status as APIStatus where status.isExpired {
                        continue
                    }
                }
            }
        }
    }
}

/// Work with an end in time.
enum Deadline {
    /// Runs the body; throws ``Failure`` with the text when it is not done at the deadline, after cancelling it.
    static func run<Value: Sendable>(
        _ deadline: ContinuousClock.Instant?, or text: String, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        guard let deadline else { return try await body() }
        return try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(until: deadline, clock: .continuous)
                throw Failure(text)
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { throw CancellationError() }
            return value
        }
    }
}
