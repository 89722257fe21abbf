import API
package import ArgumentParser
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

    @Argument(help: ArgumentHelp("A pod, a workload whose pod is meant, or a node: web-1, deploy/web, node/local.", valueName: "target"))
    var word: String?

    @Argument(parsing: .postTerminator, help: ArgumentHelp("The program and its arguments.", valueName: "command"))
    var command: [String] = []

    @Option(help: ArgumentHelp("Image of the new container.", valueName: "image"))
    var image = ""

    @Option(name: [.customShort("c"), .customLong("container")], help: ArgumentHelp("Name of the new container.", valueName: "name"))
    var container = ""

    @Option(help: ArgumentHelp("Container whose processes the new one sees.", valueName: "name"))
    var target = ""

    @Option(name: .customLong("image-pull-policy"), help: ArgumentHelp("Always, IfNotPresent or Never.", valueName: "policy"))
    var imagePullPolicy: String?

    @Option(help: ArgumentHelp("An environment variable of the container; may be repeated.", valueName: "key=value"))
    var env: [String] = []

    @Option(help: ArgumentHelp("Rights: legacy, general, baseline, netadmin, restricted or sysadmin.", valueName: "profile"))
    var profile = "general"

    @Option(
        name: .customLong("custom"),
        help: ArgumentHelp("File of JSON or YAML with parts of a container, which change the profile's.", valueName: "file"))
    var custom: String?

    @Option(
        name: [.customShort("f"), .customLong("filename")],
        help: ArgumentHelp("File that names the pod or node.", valueName: "file"))
    var filenames: [String] = []

    @Flag(name: .customLong("arguments-only"), help: "What stands behind -- are arguments of the image's own program.")
    var argumentsOnly = false

    @Option(name: .customLong("copy-to"), help: ArgumentHelp("Work on a copy of the pod with this name.", valueName: "name"))
    var copyTo = ""

    @Flag(help: "With --copy-to, delete the original pod.")
    var replace = false

    @Flag(name: .customLong("same-node"), help: "With --copy-to, run the copy on the same node.")
    var sameNode = false

    @Flag(
        name: .customLong("share-processes"), inversion: .prefixedNo,
        help: "With --copy-to, let the copy's containers see each other's processes.")
    var shareProcesses = true

    @Option(
        name: .customLong("set-image"),
        help: ArgumentHelp("With --copy-to, new images of containers, by name or * for all.", valueName: "name=image"))
    var setImage: [String] = []

    @Flag(name: .customLong("keep-labels"), help: "With --copy-to, keep the pod's labels.")
    var keepLabels = false

    @Flag(name: .customLong("keep-annotations"), help: "With --copy-to, keep the pod's annotations.")
    var keepAnnotations = false

    @Flag(name: .customLong("keep-liveness"), help: "With --copy-to, keep liveness probes.")
    var keepLiveness = false

    @Flag(name: .customLong("keep-readiness"), help: "With --copy-to, keep readiness probes.")
    var keepReadiness = false

    @Flag(name: .customLong("keep-startup"), help: "With --copy-to, keep startup probes.")
    var keepStartup = false

    @Flag(name: .customLong("keep-init-containers"), inversion: .prefixedNo, help: "With --copy-to, keep init containers.")
    var keepInitContainers = true

    @Flag(name: [.customShort("i"), .customLong("stdin")], help: "Keep an input open, and give it standard input.")
    var stdin = false

    @Flag(name: [.customShort("t"), .customLong("tty")], help: "Give the container a terminal.")
    var tty = false

    @Flag(inversion: .prefixedNo, help: "Stay with the container; on with -i.")
    var attach: Bool?

    @Flag(name: [.customShort("q"), .customLong("quiet")], help: "Show nothing but the container's own output.")
    var quiet = false

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        let session: Session = try connection.session(shell)
        var given: String? = self.word
        if given == nil { given = try await named(session) }
        guard let word = given else {
            throw Failure("NAME is required for debug\nSee '\(CLI.program) debug -h' for help and examples")
        }
        let changes: JSON? = try custom.map(Self.partOfContainer)
        try check(word, shell.output)
        let parts: [Substring] = word.split(separator: "/")
        let resource: APIResource? = parts.count == 2 ? try await session.resource(String(parts[0])) : nil
        let debugging: (pod: View<Pod>, container: String)
        if let resource, ![Node.names.resource, Pod.names.resource].contains(resource.resource) {
            throw Failure("\(JSON.quoted("\(resource.apiVersion), Kind=\(resource.kind)")) not supported by debug")
        }
        if resource?.resource == Node.names.resource {
            if image.isEmpty { throw Failure("--image is required when creating a container for a node") }
            if !target.isEmpty { throw Failure("--target is incompatible with debugging nodes") }
            debugging = try await onNode(String(parts[1]), changes, session)
        } else {
            let pod: View<Pod> = try await PodChoice(session: session, wait: .seconds(20)).pod(word)
            debugging = try await copyTo.isEmpty ? beside(pod, changes, session) : copied(pod, changes, session)
        }
        guard attach ?? stdin, !debugging.container.isEmpty else { return }
        try await stay(with: debugging.pod, debugging.container, session)
        try session.finish()
    }

    /// What the file of `-f` names.
    private func named(_ session: Session) async throws -> String? {
        if filenames.isEmpty { return nil }
        return try await ManifestReader(session: session).read(filenames, recursive: false).first?.shown
    }

    /// What `--custom` says. Source: `ComplementContainerSpec` of k8s.io/kubectl/pkg/cmd/debug.
    private static func partOfContainer(_ path: String) throws -> JSON {
        let bytes: [UInt8]
        do { bytes = try LocalFile.read(path) } catch {
            throw Failure("must pass a container spec json file for custom profile: open \(path): \(error.reason)")
        }
        let part: JSON? = try? YAML.documents(bytes, file: path).first?.json
        guard let part, part.object != nil else { throw Failure("\(path) does not contain a valid container spec: no object") }
        let fixed: [String] = ["name", "image", "command", "lifecycle", "volumeDevices"].filter { part[$0] != nil }
        guard fixed.isEmpty else { throw Failure("\(fixed.joined(separator: ", ")) can not be modified via custom profile: \(path)") }
        return part
    }

    /// Flags that do not go together, in kubectl's words.
    private func check(_ word: String, _ output: Output) throws {
        if tty, !stdin { throw Failure("-i/--stdin is required for containers with -t/--tty=true") }
        if copyTo.isEmpty {
            if image.isEmpty, setImage.isEmpty, !word.hasPrefix("node") {
                throw Failure("you must specify --image when not using --copy-to.")
            }
            if replace { throw Failure("--replace may only be used with --copy-to") }
            if sameNode { throw Failure("--same-node may only be used with --copy-to") }
            if !setImage.isEmpty { throw Failure("--set-image may only be used with --copy-to.") }
        } else if !target.isEmpty {
            throw Failure("--target is incompatible with --copy-to. Use --share-processes instead.")
        }
        if profile == "legacy", !quiet {
            output.note(
                "--profile=legacy is deprecated and planned to be removed in v1.39. It is recommended to specify other profile, for example "
                    + "\"--profile=general\".")
        }
        guard DebugProfile(rawValue: profile) != nil else { throw Failure("unknown profile: \(profile)") }
    }

    // MARK: - The container

    private func name(taken: [String], _ output: Output) -> String {
        if !container.isEmpty { return container }
        var name: String
        repeat { name = "debugger-" + RandomSuffix.make() } while taken.contains(name)
        if !quiet { output.line("Defaulting debug container name to \(name).") }
        return name
    }

    private func described(_ name: String, _ place: DebugProfile.Place, _ changes: JSON?) throws -> JSON {
        var json: JSON = ["name": .string(name), "image": .string(image), "resources": [:], "terminationMessagePolicy": "File"]
        let values: JSON = .array(command.map { .string($0) })
        if !command.isEmpty { json[argumentsOnly ? "args" : "command"] = values }
        if let imagePullPolicy { json["imagePullPolicy"] = .string(imagePullPolicy) }
        if !env.isEmpty {
            json["env"] = .array(
                try env.map { pair in
                    let parts: [Substring] = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                    guard parts.count == 2, !parts[0].isEmpty else { throw Failure("invalid env: \(pair)") }
                    return ["name": .string(String(parts[0])), "value": .string(String(parts[1]))]
                })
        }
        if stdin { json["stdin"] = true }
        if tty { json["tty"] = true }
        if let context = DebugProfile(rawValue: profile)?.securityContext(place) { json["securityContext"] = context }
        guard var changes else { return json }
        changes["name"] = .string(name)
        // As a container of a pod, whose lists merge as they do there.
        func pod(_ container: JSON) -> JSON { ["spec": ["containers": [container]]] }
        return try StrategicMergePatch.apply(pod(changes), to: pod(json), schema: Pod.definition.schema).list("spec", "containers").first
            ?? json
    }

    // MARK: - Three ways

    /// An ephemeral container in the pod itself.
    private func beside(_ pod: View<Pod>, _ changes: JSON?, _ session: Session) async throws -> (View<Pod>, String) {
        let taken: [String] = (pod.spec.containers + pod.spec.initContainers).map(\.name) + pod.spec.ephemeralContainers.map(\.name)
        if !target.isEmpty, !quiet {
            session.output.line(
                "Targeting container \(JSON.quoted(target)). If you don't see processes from this container it may be because the container "
                    + "runtime doesn't support this feature.")
        }
        let name: String = name(taken: taken, session.output)
        session.output.flush()
        var added: JSON = try described(name, .ephemeral, changes)
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
        var copy: JSON = ["apiVersion": "v1", "kind": "Pod"]
        copy["metadata"] = ["name": .string(copyTo), "namespace": .string(pod.namespace)]
        if keepLabels, let labels = pod.json[["metadata", "labels"]] { copy[["metadata", "labels"]] = labels }
        if keepAnnotations, let annotations = pod.json[["metadata", "annotations"]] { copy[["metadata", "annotations"]] = annotations }
        var spec: JSON = pod.json["spec"] ?? [:]
        spec["ephemeralContainers"] = nil
        if !sameNode { spec["nodeName"] = nil }
        if !keepInitContainers { spec["initContainers"] = nil }
        if shareProcesses { spec["shareProcessNamespace"] = true }
        let images: [String: String] = try Self.images(setImage)
        var containers: [JSON] = (spec["containers"]?.array ?? []).map { container in
            var container: JSON = container
            let name: String = container["name"]?.string ?? ""
            if let image = images[name] ?? images["*"] { container["image"] = .string(image) }
            if !keepLiveness { container["livenessProbe"] = nil }
            if !keepReadiness { container["readinessProbe"] = nil }
            if !keepStartup { container["startupProbe"] = nil }
            return container
        }
        var name: String = container
        if let index = containers.firstIndex(where: { $0["name"]?.string == name }) {
            // A container of the pod itself is changed.
            if !command.isEmpty { containers[index][argumentsOnly ? "args" : "command"] = .array(command.map { .string($0) }) }
            if !image.isEmpty { containers[index]["image"] = .string(image) }
            if stdin { containers[index]["stdin"] = true }
            if tty { containers[index]["tty"] = true }
        } else if !image.isEmpty {
            name = self.name(taken: containers.compactMap { $0["name"]?.string }, session.output)
            containers.append(try described(name, .copy, changes))
        }
        session.output.flush()
        spec["containers"] = .array(containers)
        copy["spec"] = spec
        let made: JSON = try await session.send(
            APIRequest(.create, Pod.names.resource, namespace: pod.namespace, body: copy.serialized()))
        if replace {
            _ = try await session.send(APIRequest(.delete, Pod.names.resource, namespace: pod.namespace, name: pod.name))
        }
        return (View<Pod>(made), name)
    }

    private static func images(_ texts: [String]) throws -> [String: String] {
        var images: [String: String] = [:]
        for text in texts.flatMap({ $0.split(separator: ",") }) {
            let parts: [Substring] = text.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { throw Failure("invalid --set-image: \(text)") }
            images[String(parts[0])] = String(parts[1])
        }
        return images
    }

    /// A pod on the node, in the node's own namespaces, with the node's files at /host.
    private func onNode(_ node: String, _ changes: JSON?, _ session: Session) async throws -> (View<Pod>, String) {
        _ = try await session.send(APIRequest(.get, Node.names.resource, name: node))
        let name: String = container.isEmpty ? "debugger" : container
        let podName = "node-debugger-\(node)-\(RandomSuffix.make())"
        if !quiet { session.output.line("Creating debugging pod \(podName) with container \(name) on node \(node).") }
        session.output.flush()
        var added: JSON = try described(name, .node, changes)
        var spec: JSON = [
            "nodeName": .string(node), "restartPolicy": "Never", "tolerations": [["operator": "Exists"]],
        ]
        if DebugProfile(rawValue: profile)?.seesNode == true {
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

    private func stay(with pod: View<Pod>, _ container: String, _ session: Session) async throws {
        let now: View<Pod> = try await PodWatch(session: session, key: pod.key).wait(within: nil) { pod in
            let state: View<ContainerState>? = Self.state(of: container, in: pod)
            return state?.running != nil || state?.terminated != nil
        }
        let attachment = Attachment(
            session: session, pod: now, container: container, hasInput: stdin, wantsTerminal: tty, isQuiet: quiet)
        if Self.state(of: container, in: now)?.terminated != nil { return try await attachment.showLog() }
        try await attachment.runOrShowLog()
    }

    private static func state(of container: String, in pod: View<Pod>) -> View<ContainerState>? {
        pod.containerStatus(container)?.state
    }
}
