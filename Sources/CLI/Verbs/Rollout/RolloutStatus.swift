import API
import Client
import Machinery

/// `rollout status`: waits for the end of a rollout.
package struct RolloutStatus: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "rollout status", abstract: "Wait for the end of a rollout.",
        usage: "swkube rollout status (TYPE NAME | TYPE/NAME) [flags]")

    @OptionGroup var selection: RolloutSelection

    @Flag("watch", "w", help: "Wait until the rollout is done.")
    var watch = true

    @Option("revision", help: "Only this revision; 0 takes the last.", value: "int")
    var revision = 0

    @Option("timeout", help: "How long to wait; 0 waits without end.", value: "duration")
    var timeout = Span(.zero)

    package init() {}

    package func run(in shell: Shell) async throws {
        let session: Session = try selection.connection.session(shell)
        let query: ObjectQuery = try selection.query(session)
        if revision < 0 { throw Failure("revision must be a positive integer: \(revision)") }
        let found: [Manifest] = try await query.objects()
        guard let first = found.first else { return shell.output.note("No resources found in \(session.namespace) namespace.") }
        let deadline: ContinuousClock.Instant? = timeout.duration > .zero ? .now + timeout.duration : nil
        for object in found {
            try await Deadline.run(deadline, or: "timed out waiting for the condition") { [self] in try await follow(object, session) }
            if first.resource != object.resource { break }
        }
        try session.finish()
    }

    private func follow(_ object: Manifest, _ session: Session) async throws {
        var request = APIRequest(.list, object.resource.resource, namespace: object.namespace)
        request.options.fieldSelector = "metadata.name=" + object.name
        while true {
            let list: JSON = try await session.send(request)
            if let now = list["items"]?.array?.first, try show(now, object, session) { return }
            var watch: APIRequest = request
            watch.verb = .watch
            watch.options.resourceVersion = list[["metadata", "resourceVersion"]]?.string
            do {
                for try await event in WatchEvents(try await session.transport.stream(watch)) {
                    if event.kind == .deleted { throw Failure("object has been deleted") }
                    if event.kind != .bookmark, try show(event.object, object, session) { return }
                }
            } catch let status as APIStatus where status.isExpired {
                continue
            }
        }
    }

    /// True when there is nothing more to wait for.
    private func show(_ now: JSON, _ object: Manifest, _ session: Session) throws -> Bool {
        let (text, isDone): (String, Bool) = try RolloutProgress.of(now, object, revision)
        session.output.write(text)
        session.output.flush()
        return isDone || !watch
    }
}

/// How far a rollout is, in kubectl's words.
/// Source: k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go.
enum RolloutProgress {
    static func of(_ now: JSON, _ object: Manifest, _ revision: Int) throws -> (text: String, isDone: Bool) {
        if object.isApp("Deployment") { return try deployment(now, revision) }
        if object.isApp("DaemonSet") { return try daemonSet(now) }
        if object.isApp("StatefulSet") { return try statefulSet(now) }
        _ = try object.resource.goType()
        throw Failure("no status viewer has been implemented for \(object.groupKind)")
    }

    private static func deployment(_ now: JSON, _ revision: Int) throws -> (String, Bool) {
        let name: String = JSON.quoted(now.text(at: "metadata", "name"))
        if revision > 0 {
            let running = Int(now.text(at: "metadata", "annotations", "deployment.kubernetes.io/revision")) ?? 0
            if running != revision {
                throw Failure("desired revision (\(revision)) is different from the running revision (\(running))")
            }
        }
        guard now.number("metadata", "generation") <= now.number("status", "observedGeneration") else {
            return ("Waiting for deployment spec update to be observed...\n", false)
        }
        if now.list("status", "conditions").contains(where: { $0["type"] == "Progressing" && $0["reason"] == "ProgressDeadlineExceeded" }) {
            throw Failure("deployment \(name) exceeded its progress deadline")
        }
        let (wanted, updated): (Int64, Int64) = (now.number("spec", "replicas"), now.number("status", "updatedReplicas"))
        let (all, available): (Int64, Int64) = (now.number("status", "replicas"), now.number("status", "availableReplicas"))
        let start: String = "Waiting for deployment \(name) rollout to finish: "
        if updated < wanted { return (start + "\(updated) out of \(wanted) new replicas have been updated...\n", false) }
        if all > updated { return (start + "\(all - updated) old replicas are pending termination...\n", false) }
        if available < updated { return (start + "\(available) of \(updated) updated replicas are available...\n", false) }
        return ("deployment \(name) successfully rolled out\n", true)
    }

    private static func requireRolling(_ now: JSON) throws {
        if now.text(at: "spec", "updateStrategy", "type") != "RollingUpdate" {
            throw Failure("rollout status is only available for RollingUpdate strategy type")
        }
    }

    private static func daemonSet(_ now: JSON) throws -> (String, Bool) {
        try requireRolling(now)
        let name: String = JSON.quoted(now.text(at: "metadata", "name"))
        guard now.number("metadata", "generation") <= now.number("status", "observedGeneration") else {
            return ("Waiting for daemon set spec update to be observed...\n", false)
        }
        let wanted: Int64 = now.number("status", "desiredNumberScheduled")
        let (updated, available): (Int64, Int64) = (now.number("status", "updatedNumberScheduled"), now.number("status", "numberAvailable"))
        let start: String = "Waiting for daemon set \(name) rollout to finish: "
        if updated < wanted { return (start + "\(updated) out of \(wanted) new pods have been updated...\n", false) }
        if available < wanted { return (start + "\(available) of \(wanted) updated pods are available...\n", false) }
        return ("daemon set \(name) successfully rolled out\n", true)
    }

    private static func statefulSet(_ now: JSON) throws -> (String, Bool) {
        try requireRolling(now)
        let observed: Int64 = now.number("status", "observedGeneration")
        if observed == 0 || now.number("metadata", "generation") > observed {
            return ("Waiting for statefulset spec update to be observed...\n", false)
        }
        let (wanted, ready): (Int64, Int64) = (now.number("spec", "replicas"), now.number("status", "readyReplicas"))
        if ready < wanted { return ("Waiting for \(wanted - ready) pods to be ready...\n", false) }
        let updated: Int64 = now.number("status", "updatedReplicas")
        if let partition = now[["spec", "updateStrategy", "rollingUpdate", "partition"]]?.int {
            if updated < wanted - partition {
                return (
                    "Waiting for partitioned roll out to finish: \(updated) out of \(wanted - partition) new pods have been updated...\n",
                    false
                )
            }
            return ("partitioned roll out complete: \(updated) new pods have been updated...\n", true)
        }
        let revision: String = now.text(at: "status", "updateRevision")
        if revision != now.text(at: "status", "currentRevision") {
            return ("waiting for statefulset rolling update to complete \(updated) pods at revision \(revision)...\n", false)
        }
        return ("statefulset rolling update complete \(now.number("status", "currentReplicas")) pods at revision \(revision)...\n", true)
    }
}
