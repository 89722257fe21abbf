import API
import Client
import Images
import Machinery

/// `run`: makes a pod from an image, and perhaps stays with it.
package struct Run: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run an image in a pod.",
        usage: "swkube run NAME --image=image [--env=\"key=value\"] [--port=port] [--command] -- [COMMAND] [args...]",
        discussion: "With -i it stays with the pod; with --rm the pod goes when it ends. Ends with the container's exit code then.")

    @Argument(help: "Name of the pod.", value: "name")
    var name: String?

    @Argument(isHidden: true)
    var more: String?

    @Argument(.behindDashes, help: "Arguments of the image, or with --command the program.", value: "command")
    var command: [String] = []

    @Option("image", help: "The image.", value: "image")
    var image: String?

    @Option("image-pull-policy", help: "Always, IfNotPresent or Never.", value: "policy")
    var imagePullPolicy: String?

    @Option("env", help: "An environment variable of the container; may be repeated.", value: "key=value")
    var env: [String] = []

    @Option("port", help: "Port that the container listens on.", value: "int")
    var portText: String?

    @Flag("expose", help: "Make a Service for the port.")
    var expose = false

    @Option("labels", "l", help: "Labels of the pod, with commas between them.", value: "labels")
    var labels: String?

    @Option("annotations", help: "An annotation of the pod; may be repeated.", value: "key=value")
    var annotations: [String] = []

    @Option("restart", help: "Always, OnFailure or Never.", value: "policy")
    var restart = "Always"

    @Flag("command", help: "What stands behind -- is the program, not its arguments.")
    var isCommand = false

    @Flag("privileged", help: "Run the container privileged.")
    var privileged = false

    @OptionGroup var overriding: OverrideOptions

    @Flag("stdin", "i", help: "Keep an input open, and give it standard input.")
    var stdin = false

    @Flag("tty", "t", help: "Give the container a terminal.")
    var tty = false

    @Flag("attach", help: "Stay with the pod; on with -i.")
    var attach: Bool?

    @Flag("leave-stdin-open", help: "Leave the input open when the first client leaves.")
    var leaveStdinOpen = false

    @Flag("rm", help: "Delete the pod when it ends or its client leaves.")
    var removes = false

    @Flag("quiet", "q", help: "Show nothing but the container's own output.")
    var quiet = false

    @Option("pod-running-timeout", help: "How long to wait until the pod runs.", value: "duration")
    var podRunningTimeout = Span(.seconds(60))

    @OptionGroup var detaching: DetachOptions

    @Option("cascade", bare: "background", help: "With --rm: what happens to dependents: background, foreground or orphan.", value: "how")
    var cascade = "background"

    @Option("grace-period", help: "With --rm: seconds for the pod to end in.", value: "int")
    var gracePeriod = -1

    @Flag("force", help: "With --rm: end the pod at once, without waiting for its processes.")
    var force = false

    @Option("timeout", help: "With --rm: how long to wait for the pod's end; 0 waits without end.", value: "duration")
    var timeout = Span(.zero)

    @Flag("wait", help: "Taken for kubectl's sake: --rm always waits for the pod's end.", isHidden: true)
    var wait = false

    @Option("filename", "f", help: "As in kubectl: ignored.", isHidden: true)
    var filenames: [String] = []

    @Option("kustomize", "k", help: "As in kubectl: ignored.", isHidden: true)
    var kustomize: String?

    @Flag("recursive", "R", help: "As in kubectl: ignored.", isHidden: true)
    var recursive = false

    @OptionGroup var creation: CreationOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        if !filenames.isEmpty {
            shell.output.note("Flag --filename has been deprecated, it is ignored by kubectl run and will be removed in a future release")
        }
        guard let image else { throw Failure("required flag(s) \"image\" not set") }
        guard let name else { throw Failure("NAME is required for run\nSee '\(CLI.program) run -h' for help and examples") }
        if image.isEmpty { throw Failure("--image is required") }
        if (try? ImageReference(image)) == nil { throw Failure("invalid image name \(JSON.quoted(image)): invalid reference format") }
        try await make(name, image, (more.map { [$0] } ?? []) + command, shell)
    }

    private var port: Int? { portText.flatMap { Int($0) } }

    private func make(_ name: String, _ image: String, _ arguments: [String], _ shell: Shell) async throws {
        let attaches: Bool = attach ?? stdin
        let dryRun: DryRun = try creation.dryRunOptions.value()
        if let portText, Int(portText) == nil { throw Failure("--port must be a number") }
        if tty, !stdin { throw Failure("-i/--stdin is required for containers with -t/--tty=true") }
        if expose, port == nil { throw Failure("--port must be set when exposing a service") }
        if removes, !attaches { throw Failure("--rm should only be used for attached containers") }
        if attaches, !dryRun.isReal {
            throw Failure("--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)")
        }
        guard ["Always", "OnFailure", "Never"].contains(restart) else {
            throw Failure("invalid restart policy: \(restart), valid values are: Always, OnFailure, Never")
        }
        if let imagePullPolicy, !["Always", "IfNotPresent", "Never"].contains(imagePullPolicy) {
            throw Failure("invalid image pull policy: \(imagePullPolicy), valid values are: Always, IfNotPresent, Never")
        }
        let deletion: DeletionOptions = try deletion(shell.output)
        if podRunningTimeout.duration <= .zero { throw Failure("--pod-running-timeout must be higher than zero") }
        let pod: JSON = try overriding.applied(to: try pod(name, image, arguments))
        guard attaches else {
            try await creation.create(Pod.names, shell.changeCause?.noted(pod) ?? pod, shell, failure: nil)
            if expose, port != nil, case .yaml = try creation.printing.format() { shell.output.line("---") }
            return try await exposeIfWanted(name, shell)
        }
        let keys: DetachKeys = try detaching.keys()
        let session: Session = try creation.connection.session(shell)
        var request = APIRequest(.create, Pod.names.resource, namespace: session.namespace, body: pod.serialized())
        request.options.fieldManager = "kubectl-run"
        let made = View<Pod>(try await session.send(request))
        try await exposeIfWanted(name, shell)
        if removes { removeOnSignal(made, deletion, session) }
        let result: Result<Void, any Error>
        do { result = .success(try await stay(with: made, keys, session)) } catch { result = .failure(error) }
        if removes { try await remove(made, deletion, session) }
        try result.get()
        try session.finish()
    }

    // MARK: - The pod

    private func pod(_ name: String, _ image: String, _ arguments: [String]) throws -> JSON {
        var container: JSON = ["name": .string(name), "image": .string(image), "resources": [:]]
        let values: JSON = .array(arguments.map { .string($0) })
        if !arguments.isEmpty { container[isCommand ? "command" : "args"] = values }
        if let imagePullPolicy { container["imagePullPolicy"] = .string(imagePullPolicy) }
        if !env.isEmpty {
            container["env"] = .array(
                try env.map { text in
                    guard let pair = EnvironmentEdit.pair(text) else { throw Failure("invalid env: \(text)") }
                    return pair
                })
        }
        if let port { container["ports"] = [["containerPort": .int(Int64(port))]] }
        if stdin { container["stdin"] = true }
        if stdin, !leaveStdinOpen { container["stdinOnce"] = true }
        if tty { container["tty"] = true }
        if privileged { container["securityContext"] = ["privileged": true] }
        var pod: JSON = Pod.new(name).json
        pod[["metadata", "labels"]] =
            try labels.map(Expose.labels) ?? ["run": .string(name)]
        if !annotations.isEmpty { pod[["metadata", "annotations"]] = try Self.pairs(annotations, "invalid annotations format") }
        pod["spec"] = ["containers": [container], "dnsPolicy": "ClusterFirst", "restartPolicy": .string(restart)]
        return pod
    }

    /// - Parameter what: said before a text that is no pair.
    private static func pairs(_ texts: [String], _ what: String) throws -> JSON {
        var pairs: JSON = [:]
        for text in texts {
            let parts: [Substring] = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else { throw Failure("\(what): \(text)") }
            pairs[String(parts[0])] = .string(String(parts[1]))
        }
        return pairs
    }

    private func exposeIfWanted(_ name: String, _ shell: Shell) async throws {
        guard expose, let port else { return }
        var service: JSON = Service.new(name).json
        service["spec"] = [
            "ports": [["port": .int(Int64(port)), "protocol": "TCP", "targetPort": .int(Int64(port))]],
            "selector": try labels.map(Expose.labels) ?? ["run": .string(name)],
        ]
        try await creation.create(Service.names, shell.changeCause?.noted(service) ?? service, shell, failure: nil)
    }
}
