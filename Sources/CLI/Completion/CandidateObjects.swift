import API
import Client
import Machinery

/// Candidates that the cluster knows.
struct CandidateObjects {
    let connection: ConnectionOptions
    let shell: Shell
    /// The word that is being completed.
    let last: String

    /// What may stand behind a verb and the words given so far.
    func positional(_ verb: String, _ given: [String]) async -> [Candidate] {
        switch verb {
        case "get", "describe", "delete", "scale", "label", "annotate", "edit", "patch", "wait", "expose", "autoscale", "taint",
            "set image", "set resources", "set env", "set serviceaccount", "rollout status", "rollout history", "rollout undo",
            "rollout restart", "rollout pause", "rollout resume", "apply view-last-applied", "apply edit-last-applied":
            if let slash = last.firstIndex(of: "/") { return await names(of: String(last[..<slash]), prefix: String(last[...slash])) }
            guard let type = given.first else { return await types() }
            return type.contains("/")
                ? await types().map { Candidate(word: $0.word + "/") } : await names(of: type).filter { !given.contains($0.word) }
        case "logs":
            if let slash = last.firstIndex(of: "/") { return await names(of: String(last[..<slash]), prefix: String(last[...slash])) }
            guard given.isEmpty else { return await containers(of: given[0]) }
            return await names(of: "pods")
                + ["deployment/", "job/", "replicaset/", "statefulset/", "daemonset/"].map { Candidate(word: $0) }
        case "exec", "attach", "debug", "port-forward":
            if let slash = last.firstIndex(of: "/") { return await names(of: String(last[..<slash]), prefix: String(last[...slash])) }
            guard given.isEmpty else { return [] }
            let more: [String] = verb == "port-forward" ? ["service/"] : verb == "debug" ? ["node/"] : []
            return await names(of: "pods")
                + (["pod/", "deployment/", "job/", "replicaset/", "statefulset/", "daemonset/"] + more).map { Candidate(word: $0) }
        case "cp":
            guard given.count < 2 else { return [] }
            // A path here, unless it is a pod's.
            if last.contains("/") || last.hasPrefix(".") { return [Candidate(word: ":files")] }
            return await names(of: "pods").map { Candidate(word: $0.word + ":") } + [Candidate(word: ":files")]
        case "explain": return given.isEmpty ? await types() : []
        case "top pod": return given.isEmpty ? await names(of: "pods") : []
        case "top node": return given.isEmpty ? await names(of: "nodes") : []
        case "service": return given.isEmpty ? await names(of: "services") : []
        case "certificate approve", "certificate deny": return await names(of: "certificatesigningrequests")
        case "cordon", "uncordon", "drain": return await names(of: "nodes").filter { !given.contains($0.word) }
        case "config use-context", "config delete-context", "config rename-context", "config set-context", "config get-contexts":
            return given.isEmpty ? kubeconfig(.contexts) : []
        case "config delete-cluster", "config set-cluster": return given.isEmpty ? kubeconfig(.clusters) : []
        case "config delete-user", "config set-credentials": return given.isEmpty ? kubeconfig(.users) : []
        case "completion": return given.isEmpty ? CompletionScript.allCases.map { Candidate(word: $0.rawValue) } : []
        default: return []
        }
    }

    /// Types by their plural names: those that the cluster has, and built-in ones when it does not answer.
    private func types() async -> [Candidate] {
        var kinds: [String: String] = [:]
        for kind in Registry.kinds where kind.names.verbs.contains(.list) { kinds[kind.names.plural] = kind.names.kind }
        if let session = try? impatient.session(shell), let groups = try? await session.catalog.groups() {
            // The first group of a name is the one that the name means.
            for resource in groups.flatMap(\.resources).reversed() where resource.can("list") {
                kinds[resource.resource.resource] = resource.kind
            }
        }
        return kinds.sorted { $0.key < $1.key }.map { Candidate(word: $0.key, meaning: $0.value) }
    }

    /// Fields for a path that is being typed, of a type by its schema, of one that only the cluster knows by one of its objects.
    func fields(_ typed: String, of type: String) async -> [Candidate] {
        let word: String = type.split(separator: "/").first.map(String.init) ?? type
        guard let paths = FieldPaths(typed), !word.isEmpty, let session = try? impatient.session(shell),
            let resource = try? await session.catalog.find(word)
        else { return [] }
        if let known = KnownSchema.of(resource.resource) { return paths.candidates(known) }
        let request = APIRequest(
            .list, resource.resource, namespace: resource.isNamespaced ? session.namespace : nil, options: RequestOptions { $0.limit = 1 })
        guard let object = try? await session.send(request).list("items").first else { return [] }
        return paths.candidates(object)
    }

    /// Nobody waits long for a word.
    private var impatient: ConnectionOptions {
        var connection: ConnectionOptions = connection
        connection.requestTimeout = "2s"
        return connection
    }

    /// Names of the objects of a type; none when the cluster does not answer within two seconds.
    func names(of type: String, prefix: String = "") async -> [Candidate] {
        guard let session = try? impatient.session(shell), let resource = try? await session.catalog.find(type) else { return [] }
        let request = APIRequest(
            .list, resource.resource, namespace: resource.isNamespaced ? session.namespace : nil, representation: .metadataList)
        guard let list = try? await session.transport.send(request), let json = try? JSON(parsing: list.body) else { return [] }
        return json.list("items").map { Candidate(word: prefix + $0.text(at: "metadata", "name")) }
    }

    /// Names of a pod's containers.
    func containers(of pod: String) async -> [Candidate] {
        guard !pod.isEmpty, let session = try? impatient.session(shell) else { return [] }
        let name: String = pod.split(separator: "/").last.map(String.init) ?? pod
        let request = APIRequest(.get, Pod.names.resource, namespace: session.namespace, name: name)
        guard let answer = try? await session.transport.send(request), let json = try? JSON(parsing: answer.body) else { return [] }
        return (json.list("spec", "containers") + json.list("spec", "initContainers") + json.list("spec", "ephemeralContainers")).map {
            Candidate(word: $0.text(at: "name"))
        }
    }

    private func kubeconfig(_ section: Kubeconfig.Section) -> [Candidate] {
        ((try? connection.files(shell).load().names(section)) ?? []).sorted().map { Candidate(word: $0) }
    }
}
