import API
import Client
import Machinery

/// Moves the pods of one node away.
/// Source: k8s.io/kubectl/pkg/drain.
struct NodeDrain {
    let session: Session
    let node: String
    let verb: Drain
    let dryRun: DryRun

    /// What is to happen to one pod.
    enum Fate: Equatable {
        case goes
        case goesWithWarning(String)
        case stays
        case staysWithWarning(String)
        case forbids(String)

        var isDeparture: Bool {
            switch self {
            case .goes, .goesWithWarning: true
            case .stays, .staysWithWarning, .forbids: false
            }
        }
    }

    func run() async throws {
        let deadline: ContinuousClock.Instant? = verb.timeout.duration > .zero ? .now + verb.timeout.duration : nil
        let pods: [View<Pod>] = try await chosen()
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for pod in pods {
                    // Each when the one before was answered: their successors come in the order of the plan, and go where it says.
                    let (answers, turn) = AsyncStream<Void>.makeStream()
                    group.addTask {
                        defer { turn.finish() }
                        try await remove(pod, deadline) { turn.finish() }
                    }
                    for await _ in answers {}
                }
                var failures = Failures()
                while true {
                    do { guard try await group.next() != nil else { break } } catch { failures.add(error) }
                }
                try failures.throwIfAny()
            }
        } catch {
            try await tellPending(error)
            throw error
        }
    }

    /// Says which pods are still to go.
    private func tellPending(_ error: any Error) async throws {
        let pending: [View<Pod>] = try await fates().filter(\.fate.isDeparture).map(\.pod)
        guard !pending.isEmpty else { return }
        session.output.note("There are pending pods in node \(JSON.quoted(node)) when an error occurred: \(Failures.listed(error))")
        for pod in pending { session.output.note("pod/\(pod.name)") }
    }

    // MARK: - Which pods

    /// What is to happen to each pod of the node.
    func fates() async throws -> [(pod: View<Pod>, fate: Fate)] {
        var request = APIRequest(.list, Pod.names.resource)
        request.options.fieldSelector = "spec.nodeName=" + node
        request.options.labelSelector = verb.podSelector
        if verb.chunkSize > 0 { request.options.limit = verb.chunkSize }
        var pods: [View<Pod>] = []
        repeat {
            let list: JSON = try await session.send(request)
            pods += (list["items"]?.array ?? []).map { View<Pod>($0) }
            request.options.continueToken = list.continueToken
        } while request.options.continueToken != nil
        var fates: [(pod: View<Pod>, fate: Fate)] = []
        for pod in pods { fates.append((pod, try await fate(of: pod))) }
        return fates
    }

    /// The pods that go. Throws when one forbids the drain; tells of the ones that need a word.
    private func chosen() async throws -> [View<Pod>] {
        var going: [View<Pod>] = []
        var warnings: [(text: String, pods: [String])] = []
        var errors: [(text: String, pods: [String])] = []
        func note(_ text: String, _ pod: View<Pod>, _ list: inout [(text: String, pods: [String])]) {
            let name: String = "\(pod.namespace)/\(pod.name)"
            if let index = list.firstIndex(where: { $0.text == text }) {
                list[index].pods.append(name)
            } else {
                list.append((text, [name]))
            }
        }
        for (pod, fate) in try await fates() {
            if fate.isDeparture { going.append(pod) }
            switch fate {
            case .goes, .stays: break
            case .goesWithWarning(let text), .staysWithWarning(let text): note(text, pod, &warnings)
            case .forbids(let text): note(text, pod, &errors)
            }
        }
        var failures = Failures()
        for error in errors { failures.add(Failure("cannot delete \(error.text): \(error.pods.joined(separator: ", "))")) }
        try failures.throwIfAny()
        if !warnings.isEmpty {
            session.output.warn(warnings.map { "\($0.text): \($0.pods.joined(separator: ", "))" }.joined(separator: "; "))
        }
        return going
    }

    private func fate(of pod: View<Pod>) async throws -> Fate {
        let controller: View<OwnerReference>? = pod.metadata.ownerReferences.first { $0.controller == true }
        let isFinished: Bool = ["Succeeded", "Failed"].contains(pod.status.phase)
        var hasDaemonSet: Bool = false
        if let controller, controller.kind == "DaemonSet" { hasDaemonSet = try await exists(controller, pod.namespace) }
        return Self.fate(
            of: pod, controller: controller, hasDaemonSet: hasDaemonSet, isFinished: isFinished, verb: verb, now: session.shell.now())
    }

    /// The decision alone. The order of kubectl's filters: deleted long ago, DaemonSet, mirror, emptyDir, no controller.
    static func fate(
        of pod: View<Pod>, controller: View<OwnerReference>?, hasDaemonSet: Bool, isFinished: Bool, verb: Drain, now: Time
    ) -> Fate {
        if isDeletedLongAgo(pod, verb, now) { return .stays }
        if let controller, controller.kind == "DaemonSet", !isFinished {
            guard hasDaemonSet else {
                return verb.force
                    ? .goesWithWarning("ignoring DaemonSet-managed Pods") : .forbids("daemonsets.apps \"\(controller.name)\" not found")
            }
            return verb.ignoreDaemonSets
                ? .staysWithWarning("ignoring DaemonSet-managed Pods")
                : .forbids("DaemonSet-managed Pods (use --ignore-daemonsets to ignore)")
        }
        if pod.isMirror { return .stays }
        if !verb.deleteEmptyDirData, !isFinished, pod.spec.volumes.contains(where: { $0.has(\.emptyDir) }) {
            return .forbids("Pods with local storage (use --delete-emptydir-data to override)")
        }
        guard controller == nil, !isFinished else { return .goes }
        return verb.force
            ? .goesWithWarning("deleting Pods that declare no controller")
            : .forbids("Pods that declare no controller (use --force to override)")
    }

    /// Whether its deletion began so many whole seconds ago that nobody is to wait for it.
    static func isDeletedLongAgo(_ pod: View<Pod>, _ verb: Drain, _ now: Time) -> Bool {
        guard verb.skipWaitSeconds > 0, let deletion = pod.metadata.deletionTimestamp else { return false }
        return now - deletion >= .seconds(verb.skipWaitSeconds + 1)
    }

    private func exists(_ owner: View<OwnerReference>, _ namespace: String) async throws -> Bool {
        do {
            _ = try await session.send(APIRequest(.get, DaemonSet.names.resource, namespace: namespace, name: owner.name))
            return true
        } catch let status as APIStatus where status.isNotFound {
            return false
        }
    }

    // MARK: - Removing

    /// Evicts (or deletes) a pod and returns when it is gone.
    ///
    /// - Parameter answered: called whenever the server answered, be it that a budget forbids it now.
    private func remove(
        _ pod: View<Pod>, _ deadline: ContinuousClock.Instant?, _ answered: @escaping @Sendable () -> Void
    ) async throws {
        guard dryRun != .client else { return session.output.line("evicting pod \(pod.namespace)/\(pod.name)\(dryRun.suffix)") }
        let timeout: String = "global timeout reached: \(GoDuration.text(verb.timeout.duration))"
        do {
            try await Deadline.run(deadline, or: Self.refusal(of: pod, timeout)) { try await ask(pod, answered) }
        } catch let status as APIStatus where status.isNotFound {
            return
        }
        guard dryRun.isReal else { return }
        let lead: String =
            verb.disableEviction
            ? "" : "error when waiting for pod \(JSON.quoted(pod.name)) in namespace \(JSON.quoted(pod.namespace)) to terminate: "
        let isGone: Bool = try await Deadline.run(deadline, or: lead + timeout) { try await waits(for: pod) }
        session.output.line(
            isGone
                ? "pod/\(pod.name) \(verb.disableEviction ? "deleted" : "evicted")"
                : "pod \(JSON.quoted(pod.name)) has DeletionTimestamp older than \(verb.skipWaitSeconds) seconds, skipping")
        session.output.flush()
    }

    /// Returns when a pod is gone, or, with false, when its deletion began too long ago to wait any more.
    private func waits(for pod: View<Pod>) async throws -> Bool {
        let disappearance = Disappearance(session: session, deadline: nil)
        let wait: @Sendable () async throws -> Bool = {
            try await disappearance.wait(for: APIResource(Pod.names), namespace: pod.namespace, name: pod.name, uid: pod.metadata.uid)
            return true
        }
        guard verb.skipWaitSeconds > 0 else { return try await wait() }
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask(operation: wait)
            group.addTask {
                while true {
                    try await Task.sleep(for: .seconds(1))
                    do {
                        let json: JSON = try await session.send(
                            APIRequest(.get, Pod.names.resource, namespace: pod.namespace, name: pod.name))
                        if Self.isDeletedLongAgo(View(json), verb, session.shell.now()) { return false }
                    } catch let status as APIStatus where status.isNotFound {
                        return true
                    }
                }
            }
            defer { group.cancelAll() }
            return try await group.next() ?? true
        }
    }

    /// Has the pod evicted (or deleted). A budget that forbids it now is asked again every five seconds.
    private func ask(_ pod: View<Pod>, _ answered: @Sendable () -> Void) async throws {
        while true {
            if !verb.disableEviction {
                session.output.line("evicting pod \(pod.namespace)/\(pod.name)\(dryRun.suffix)")
                session.output.flush()
            }
            do {
                defer { answered() }
                _ = try await session.send(removal(of: pod))
                return
            } catch let status as APIStatus where status.code == 429 {
                session.output.note(Self.refusal(of: pod, status.message, isFinal: false))
                session.output.flush()
                try await Task.sleep(for: .seconds(5))
            } catch let status as APIStatus where !status.isNotFound {
                throw Failure(Self.refusal(of: pod, status.message))
            }
        }
    }

    private static func refusal(of pod: View<Pod>, _ why: String, isFinal: Bool = true) -> String {
        let retry: String = isFinal ? "" : " (will retry after 5s)"
        return "error when evicting pods/\(JSON.quoted(pod.name)) -n \(JSON.quoted(pod.namespace))\(retry): \(why)"
    }

    private func removal(of pod: View<Pod>) throws -> APIRequest {
        let options = DeletionOptions(gracePeriodSeconds: verb.gracePeriod >= 0 ? verb.gracePeriod : nil, dryRun: dryRun == .server)
        var request = APIRequest(
            verb.disableEviction ? .delete : .create, Pod.names.resource, namespace: pod.namespace, name: pod.name,
            subresource: verb.disableEviction ? nil : "eviction", body: options.body)
        request.options.dryRun = dryRun == .server
        guard !verb.disableEviction else { return request }
        let eviction: JSON = [
            "apiVersion": "policy/v1", "kind": "Eviction",
            "metadata": ["name": .string(pod.name), "namespace": .string(pod.namespace)],
            "deleteOptions": try JSON(parsing: options.body),
        ]
        request.body = eviction.serialized()
        return request
    }
}
