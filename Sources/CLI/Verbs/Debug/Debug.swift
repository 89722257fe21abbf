import API
import Client
import Machinery

/// `debug`: looks into a running pod with a container of its own, into a copy of a pod, or into a node.
package struct Debug: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "debug", abstract: "Look into a pod or node with a container of its own.",
        usage: "swkube debug (POD | TYPE/NAME | node/NAME) [flags] -- COMMAND [args...]",
        discussion:
            "Adds an ephemeral container to a pod; with --copy-to, changes a copy of the pod instead; for a node, makes a pod in the node's "
            + "own namespaces with its files at /host.")

    @Argument(help: "A pod, a workload whose pod is meant, or a node: web-1, deploy/web, node/local.", value: "target")
    var word: String?

    @OptionGroup var container: DebugContainer

    @Option("target", help: "Container whose processes the new one sees.", value: "name")
    var target = ""

    @Option("filename", "f", help: "File that names the pod or node.", value: "file")
    var filenames: [String] = []

    @OptionGroup var copy: DebugCopy

    @Flag("attach", help: "Stay with the container; on with -i.")
    var attach: Bool?

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        let session: Session = try connection.session(shell)
        if let word, !filenames.isEmpty {
            try check(word, shell.output)
            throw Failure("resource/name arguments cannot be provided when a path is specified")
        }
        var given: String? = self.word
        if given == nil { given = try await named(session) }
        guard let word = given else {
            throw Failure("NAME is required for debug\nSee '\(CLI.program) debug -h' for help and examples")
        }
        let changes: JSON? = try container.changes()
        try check(word, shell.output)
        let parts: [Substring] = word.split(separator: "/")
        let resource: APIResource? = parts.count == 2 ? try await session.resource(String(parts[0])) : nil
        let debugging: (pod: View<Pod>, container: String)
        if let resource, ![Node.names.resource, Pod.names.resource].contains(resource.resource) {
            let namespace: String? = resource.isNamespaced ? session.namespace : nil
            _ = try await session.send(APIRequest(.get, resource.resource, namespace: namespace, name: String(parts[1])))
            throw Failure("\(JSON.quoted("\(resource.apiVersion), Kind=\(resource.kind)")) not supported by debug")
        }
        if resource?.resource == Node.names.resource {
            if container.image.isEmpty { throw Failure("--image is required when creating a container for a node") }
            if !target.isEmpty { throw Failure("--target is incompatible with debugging nodes") }
            debugging = try await onNode(String(parts[1]), changes, session)
        } else {
            let pod: View<Pod> = try await PodChoice(session: session, wait: .seconds(20)).pod(word)
            debugging = try await copy.name.isEmpty ? beside(pod, changes, session) : copied(pod, changes, session)
        }
        guard attach ?? container.stdin, !debugging.container.isEmpty else { return }
        try await stay(with: debugging.pod, debugging.container, session)
        try session.finish()
    }

    /// What the file of `-f` names.
    private func named(_ session: Session) async throws -> String? {
        if filenames.isEmpty { return nil }
        return try await ManifestReader(session: session).read(filenames, recursive: false).first?.shown
    }

    /// Flags that do not go together, in kubectl's words.
    private func check(_ word: String, _ output: Output) throws {
        if container.tty, !container.stdin { throw Failure("-i/--stdin is required for containers with -t/--tty=true") }
        if copy.name.isEmpty {
            if container.image.isEmpty, copy.setImage.isEmpty, !word.hasPrefix("node") {
                throw Failure("you must specify --image when not using --copy-to.")
            }
            if copy.replace { throw Failure("--replace may only be used with --copy-to.") }
            if copy.sameNode { throw Failure("--same-node may only be used with --copy-to.") }
            if !copy.setImage.isEmpty { throw Failure("--set-image may only be used with --copy-to.") }
        } else if !target.isEmpty {
            throw Failure("--target is incompatible with --copy-to. Use --share-processes instead.")
        }
        if !target.isEmpty, !container.quiet {
            output.line(
                "Targeting container \(JSON.quoted(target)). If you don't see processes from this container it may be because the container "
                    + "runtime doesn't support this feature.")
        }
        if container.profile == "legacy", !container.quiet {
            output.note(
                "--profile=legacy is deprecated and planned to be removed in v1.39. It is recommended to specify other profile, for example "
                    + "\"--profile=general\".")
        }
        guard DebugProfile(rawValue: container.profile) != nil else { throw Failure("unknown profile: \(container.profile)") }
    }

    // MARK: - Three ways

    /// An ephemeral container in the pod itself.
    private func beside(_ pod: View<Pod>, _ changes: JSON?, _ session: Session) async throws -> (View<Pod>, String) {
        let taken: [String] = (pod.spec.containers + pod.spec.initContainers).map(\.name) + pod.spec.ephemeralContainers.map(\.name)
        let name: String = container.name(taken: taken, session.output)
        session.output.flush()
        var added: JSON = try container.described(name, .ephemeral, changes)
        if !target.isEmpty { added["targetContainerName"] = .string(target) }
        var request = APIRequest(
            .patch, Pod.names.resource, namespace: pod.namespace, name: pod.name, subresource: "ephemeralcontainers")
        request.contentType = .strategicMergePatch
        // Without the order, the server puts what is new in front.
        let order: [JSON] = (pod.spec.ephemeralContainers.map(\.name) + [name]).map { ["name": .string($0)] }
        let patch: JSON = ["spec": ["$setElementOrder/ephemeralContainers": .array(order), "ephemeralContainers": [added]]]
        request.body = patch.serialized()
        return (View<Pod>(try await session.send(request)), name)
    }

    /// A copy of the pod, with another container or other images.
    private func copied(_ pod: View<Pod>, _ changes: JSON?, _ session: Session) async throws -> (View<Pod>, String) {
        let (manifest, name): (JSON, String) = try copy.manifest(of: pod, container, changes, session.output)
        session.output.flush()
        let made: JSON = try await session.send(
            APIRequest(.create, Pod.names.resource, namespace: pod.namespace, body: manifest.serialized()))
        if copy.replace {
            _ = try await session.send(APIRequest(.delete, Pod.names.resource, namespace: pod.namespace, name: pod.name))
        }
        return (View<Pod>(made), name)
    }

    /// A pod on the node, in the node's own namespaces, with the node's files at /host.
    private func onNode(_ node: String, _ changes: JSON?, _ session: Session) async throws -> (View<Pod>, String) {
        _ = try await session.send(APIRequest(.get, Node.names.resource, name: node))
        let name: String = container.name.isEmpty ? "debugger" : container.name
        let podName = "node-debugger-\(node)-\(RandomSuffix.make())"
        if !container.quiet { session.output.line("Creating debugging pod \(podName) with container \(name) on node \(node).") }
        session.output.flush()
        var added: JSON = try container.described(name, .node, changes)
        var spec: JSON = [
            "nodeName": .string(node), "restartPolicy": "Never", "tolerations": [["operator": "Exists"]],
        ]
        if DebugProfile(rawValue: container.profile)?.seesNode == true {
            added["volumeMounts"] = [["mountPath": "/host", "name": "host-root"]]
            spec["volumes"] = [["name": "host-root", "hostPath": ["path": "/"]]]
            for field in ["hostIPC", "hostNetwork", "hostPID"] { spec[field] = true }
        }
        spec["containers"] = [added]
        let pod: JSON = [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": ["name": .string(podName), "labels": ["app.kubernetes.io/managed-by": "kubectl-debug"]], "spec": spec,
        ]
        return (
            View<Pod>(
                try await session.send(APIRequest(.create, Pod.names.resource, namespace: session.namespace, body: pod.serialized()))), name
        )
    }

    // MARK: - Staying with it

    private func stay(with pod: View<Pod>, _ name: String, _ session: Session) async throws {
        let now: View<Pod> = try await PodWatch(session: session, key: pod.key).wait(within: nil) { pod in
            let state: View<ContainerState>? = Self.state(of: name, in: pod)
            return state?.running != nil || state?.terminated != nil
        }
        let attachment = Attachment(
            session: session, pod: now, container: name, hasInput: container.stdin, wantsTerminal: container.tty, isQuiet: container.quiet)
        if Self.state(of: name, in: now)?.terminated != nil { return try await attachment.showLog() }
        try await attachment.runOrShowLog()
    }

    private static func state(of container: String, in pod: View<Pod>) -> View<ContainerState>? {
        pod.containerStatus(container)?.state
    }
}
