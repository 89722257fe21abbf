import API
import Client
import Machinery

/// `logs`: shows what containers wrote.
package struct Logs: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Show what containers wrote.",
        usage: "swkube logs [-f] [-p] (POD | TYPE/NAME | -l label) [-c CONTAINER] [flags]")

    @Argument(help: "A pod, or a workload whose pod is meant: web-1, deploy/web, job/backup.", value: "pod")
    var words: [String] = []

    @Option("selector", "l", help: "Labels that the pods must have.", value: "selector")
    var selector: String?

    @Flag("follow", "f", help: "Go on and show lines as they come.")
    var follow = false

    @Flag("previous", "p", help: "Show the run before the last restart.")
    var previous = false

    @Option("container", "c", help: "The container.", value: "name")
    var container: String?

    @Flag("all-containers", help: "Show all containers of the pods.")
    var allContainers = false

    @Flag("all-pods", help: "Show all pods of the workload, each line with its origin.")
    var allPods = false

    @Flag("prefix", help: "Write the pod and the container before each line.")
    var prefix = false

    @Flag(
        "new-pods",
        help: "With -f and a selector or a workload: follow pods that come later and containers that start again, too (not in kubectl).")
    var newPods = false

    @Option("color", help: "Colours of prefixes: auto, always or never (not in kubectl).", value: "when")
    var color = "auto"

    @Flag("json-lines", help: "Write each line as an object with its origin (not in kubectl).")
    var jsonLines = false

    @Flag("timestamps", help: "Write the time before each line.")
    var timestamps = false

    @Option("since", help: "Only lines younger than this.", value: "duration")
    var since: Span?

    @Option("since-time", help: "Only lines after this time (RFC 3339).", value: "time")
    var sinceTime: String?

    @Option("tail", help: "The last lines only; -1 shows all, which is the default without a selector.", value: "int")
    var tail: Int?

    @Option("limit-bytes", help: "At most so many bytes.", value: "int")
    var limitBytes: Int?

    @Flag("ignore-errors", help: "Go on when the log of one container cannot be followed.")
    var ignoreErrors = false

    @Option("max-log-requests", help: "At most so many logs at once with -f.", value: "int")
    var maxLogRequests = 5

    @Option("pod-running-timeout", help: "How long to wait for a workload's first pod.", value: "duration")
    var podRunningTimeout = Span(.seconds(20))

    @Flag("insecure-skip-tls-verify-backend", help: "Let the server take the log from a kubelet whose certificate it does not trust.")
    var insecureSkipTLSVerifyBackend = false

    @Flag("control-plane", help: "Show what a cluster of this machine logs about itself (kubectl has no such flag).")
    var controlPlane = false

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        if controlPlane {
            let context: String = try connection.context ?? connection.files(shell).load().currentContext
            return try ControlPlaneLog(tail: tail, follow: follow).show(context: context, shell)
        }
        var container: String? = self.container
        var words: [String] = self.words
        if words.count == 2, !words[0].contains("/") {
            if container != nil { throw Failure("only one of -c or an inline [CONTAINER] arg is allowed") }
            container = words.removeLast()
        }
        if words.count > 2 || words.isEmpty && selector == nil {
            throw Failure(
                "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command\n"
                    + "See '\(CLI.program) logs -h' for help and examples")
        }
        if !words.isEmpty, selector != nil {
            throw Failure("only a selector (-l) or a POD name is allowed\nSee '\(CLI.program) logs -h' for help and examples")
        }
        if words.count > 1 { throw Failure("expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'") }
        if let sinceTime {
            do { _ = try Time(parsing: sinceTime) } catch {
                throw Failure(
                    "parsing time \(JSON.quoted(sinceTime)) as \"2006-01-02T15:04:05Z07:00\": cannot parse \(JSON.quoted(sinceTime)) as \"2006\""
                )
            }
        }
        if podRunningTimeout.duration <= .zero { throw Failure("--pod-running-timeout must be higher than zero") }
        if newPods, !follow { throw Failure("--new-pods goes with --follow") }
        guard ["auto", "always", "never"].contains(color) else { throw Failure("--color must be 'auto', 'always' or 'never'") }
        let session: Session = try connection.session(shell)
        if newPods {
            try check(container)
            return try await followAll(words.first, container, session, shell)
        }
        let pods = try await LogPods(session: session, wait: podRunningTimeout.duration).find(words.first, selector: selector, all: allPods)
        try check(container)
        let logs: [ContainerLog] = try pods.flatMap { try containers(of: $0, container, session) }
        if follow, logs.count > maxLogRequests {
            throw Failure(
                "you are attempting to follow \(logs.count) log streams, but maximum allowed concurrency is \(maxLogRequests), use "
                    + "--max-log-requests to increase the limit")
        }
        let reader = LogReader(
            session: session, style: style(prefix || allPods, shell), ignoresErrors: ignoreErrors, options: options(selector != nil))
        if follow, logs.count > 1 { try await reader.showTogether(logs) } else { for log in logs { try await reader.show(log) } }
        try session.finish()
    }

    /// What does not go together or is out of range; kubectl finds it after the pods.
    private func check(_ container: String?) throws {
        if since != nil, sinceTime != nil { throw Failure("at most one of `sinceTime` or `sinceSeconds` may be specified") }
        if allContainers, let container {
            throw Failure("--all-containers=true should not be specified with container name \(container)")
        }
        if let since, since.duration <= .zero { throw Failure("--since must be greater than 0") }
        if let limitBytes, limitBytes < 1 { throw Failure("--limit-bytes must be greater than 0") }
        if let tail, tail < -1 { throw Failure("--tail must be greater than or equal to -1") }
    }

    private func style(_ isPrefixed: Bool, _ shell: Shell) -> LogStyle {
        if jsonLines { return .json }
        return isPrefixed ? .prefixed(isColoured: color == "always" || color == "auto" && shell.columns != nil && !CLI.isKubectl) : .plain
    }

    private func followAll(_ workload: String?, _ container: String?, _ session: Session, _ shell: Shell) async throws {
        let pods = LogPods(session: session, wait: .zero)
        var labels: String? = selector
        if labels == nil { labels = try await pods.selector(workload) }
        guard let labels else {
            throw Failure("--new-pods needs a workload or a selector: one pod stays one pod")
        }
        let reader = LogReader(session: session, style: style(true, shell), ignoresErrors: true, options: options(false))
        try await LogFollower(session: session, reader: reader, namespace: session.namespace, selector: labels) {
            try containers(of: $0, container, session)
        }.run()
    }

    /// The containers of a pod that are meant.
    private func containers(of pod: View<Pod>, _ container: String?, _ session: Session) throws -> [ContainerLog] {
        let main: [String] = pod.spec.containers.map(\.json).compactMap { $0["name"]?.string }
        let initial: [String] = pod.spec.initContainers.map(\.json).compactMap { $0["name"]?.string }
        let ephemeral: [String] = (pod.json[["spec", "ephemeralContainers"]]?.array ?? []).compactMap { $0["name"]?.string }
        let all: [String] = initial + main + ephemeral
        if allContainers { return all.map { ContainerLog(pod: pod.key, container: $0) } }
        if let container {
            guard all.contains(container) else {
                throw Failure("container \(container) is not valid for pod \(pod.name) out of: \(ContainerNames.list(of: pod))")
            }
            return [ContainerLog(pod: pod.key, container: container)]
        }
        if let named = pod.metadata.annotations["kubectl.kubernetes.io/default-container"], all.contains(named) {
            return [ContainerLog(pod: pod.key, container: named)]
        }
        guard let first = main.first else { throw Failure("pod \(pod.name) has no container") }
        if all.count > 1 {
            session.output.note("Defaulted container \(JSON.quoted(first)) out of: \(ContainerNames.list(of: pod))")
        }
        return [ContainerLog(pod: pod.key, container: first)]
    }

    private func options(_ hasSelector: Bool) -> RequestOptions {
        var options = RequestOptions()
        func add(_ name: String, _ value: String?) { if let value { options.other.append((name, value)) } }
        add("follow", follow ? "true" : nil)
        add("previous", previous ? "true" : nil)
        add("timestamps", timestamps ? "true" : nil)
        add("insecureSkipTLSVerifyBackend", insecureSkipTLSVerifyBackend ? "true" : nil)
        add("sinceSeconds", since.map { String(Int($0.duration.inSeconds.rounded(.up))) })
        add("sinceTime", sinceTime)
        let lines: Int = tail ?? (hasSelector ? 10 : -1)
        add("tailLines", lines >= 0 ? String(lines) : nil)
        add("limitBytes", limitBytes.map { String($0) })
        return options
    }
}
