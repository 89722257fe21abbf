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
        case "get", "describe", "delete", "scale":
            if let slash = last.firstIndex(of: "/") { return await names(of: String(last[..<slash]), prefix: String(last[...slash])) }
            guard let type = given.first else { return types }
            return type.contains("/")
                ? types.map { Candidate(word: $0.word + "/") } : await names(of: type).filter { !given.contains($0.word) }
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
        case "cordon", "uncordon", "drain": return await names(of: "nodes").filter { !given.contains($0.word) }
        case "config use-context", "config delete-context", "config rename-context", "config set-context", "config get-contexts":
            return given.isEmpty ? kubeconfig(.contexts) : []
        case "config delete-cluster", "config set-cluster": return given.isEmpty ? kubeconfig(.clusters) : []
        case "config delete-user", "config set-credentials": return given.isEmpty ? kubeconfig(.users) : []
        case "completion": return given.isEmpty ? CompletionScript.allCases.map { Candidate(word: $0.rawValue) } : []
        default: return []
        }
    }

    /// Built-in types by their plural names.
    private var types: [Candidate] {
        Registry.kinds.filter { $0.names.verbs.contains(.list) }.map { Candidate(word: $0.names.plural, meaning: $0.names.kind) }
            .sorted { $0.word < $1.word }
    }

    /// Names of the objects of a type; none when the cluster does not answer within two seconds.
    func names(of type: String, prefix: String = "") async -> [Candidate] {
        var connection: ConnectionOptions = connection
        connection.requestTimeout = "2s"
        guard let session = try? connection.session(shell), let resource = try? await session.catalog.find(type) else { return [] }
        let request = APIRequest(
            .list, resource.resource, namespace: resource.isNamespaced ? session.namespace : nil, representation: .metadataList)
        guard let list = try? await session.transport.send(request), let json = try? JSON(parsing: list.body) else { return [] }
        return json.list("items").map { Candidate(word: prefix + $0.text(at: "metadata", "name")) }
    }

    /// Names of a pod's containers.
    func containers(of pod: String) async -> [Candidate] {
        guard !pod.isEmpty, let session = try? connection.session(shell) else { return [] }
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
