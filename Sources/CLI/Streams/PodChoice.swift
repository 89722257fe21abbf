import API
import Client
import Machinery

/// Finds the pod that `exec`, `attach` and `port-forward` mean by a word, and its container.
///
/// Source: `AttachablePodForObjectFn` of k8s.io/kubectl/pkg/polymorphichelpers and k8s.io/kubectl/pkg/cmd/util/podcmd.
struct PodChoice {
    let session: Session
    /// How long to wait for a workload's first pod.
    let wait: Duration

    /// - Parameter word: `web-1`, `pod/web-1`, `deploy/web`.
    func pod(_ word: String) async throws -> View<Pod> {
        let parts: [Substring] = word.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 1 else { return try await get(word) }
        guard parts.count == 2 else { throw Failure("arguments in resource/name form may not have more than one slash") }
        guard !parts[0].isEmpty, !parts[1].isEmpty else {
            throw Failure("arguments in resource/name form must have a single resource and name")
        }
        let resource: APIResource = try await session.resource(String(parts[0]))
        let name = String(parts[1])
        if resource.resource == Pod.names.resource { return try await get(name) }
        let workload: JSON = try await session.send(APIRequest(.get, resource.resource, namespace: session.namespace, name: name))
        guard let labels = try PodSelector.text(of: workload), !labels.isEmpty else {
            let type: String = try resource.goType()
            throw Failure("cannot attach to \(type): selector for \(type) not implemented")
        }
        return try await best(labels)
    }

    /// The first pod of a selector, when there is one.
    func best(_ labels: String) async throws -> View<Pod> {
        let deadline: ContinuousClock.Instant = .now + wait
        while true {
            let list: JSON = try await session.send(
                APIRequest(
                    .list, Pod.names.resource, namespace: session.namespace, options: RequestOptions { $0.labelSelector = labels }))
            let pods: [View<Pod>] = (list["items"]?.array ?? []).map { item in
                var item: JSON = item
                item["apiVersion"] = "v1"
                item["kind"] = "Pod"
                return View<Pod>(item)
            }
            if let first = pods.sorted(by: LogPods.isMoreTelling).first { return first }
            guard ContinuousClock.now < deadline else { throw Failure("timed out waiting for the condition") }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    func get(_ name: String) async throws -> View<Pod> {
        View(try await session.send(APIRequest(.get, Pod.names.resource, namespace: session.namespace, name: name)))
    }

    /// The container that is meant. Says which one it took where there are several.
    func container(of pod: View<Pod>, _ wanted: String?, isQuiet: Bool = false) throws -> String {
        let main: [String] = pod.spec.containers.map(\.name)
        let initial: [String] = pod.spec.initContainers.map(\.name)
        let ephemeral: [String] = pod.spec.ephemeralContainers.map(\.name)
        let all: [String] = main + initial + ephemeral
        let list: String = ContainerNames.list(of: pod)
        if let wanted, !wanted.isEmpty {
            guard all.contains(wanted) else { throw Failure("container \(wanted) is not valid for pod \(pod.name) out of: \(list)") }
            return wanted
        }
        if let named = pod.metadata.annotations["kubectl.kubernetes.io/default-container"], !named.isEmpty {
            if all.contains(named) { return named }
            session.output.note(
                "Default container name \(JSON.quoted(named)) given in annotation kubectl.kubernetes.io/default-container not found in pod "
                    + pod.name)
        }
        guard let first = main.first else { throw Failure("pod \(pod.name) has no container") }
        if all.count > 1, !isQuiet {
            session.output.note("Defaulted container \(JSON.quoted(first)) out of: \(list)")
            session.output.flush()
        }
        return first
    }
}

/// The containers of a pod in a line for people who have to choose one.
enum ContainerNames {
    /// `main, setup (init), debugger (ephem)`
    static func list(of pod: View<Pod>) -> String {
        (pod.spec.containers.map(\.name) + pod.spec.initContainers.map { $0.name + " (init)" }
            + pod.spec.ephemeralContainers.map { $0.name + " (ephem)" }).joined(separator: ", ")
    }
}
