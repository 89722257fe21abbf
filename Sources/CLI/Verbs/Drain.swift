import Machinery

/// `drain`: cordons nodes and moves their pods away.
package struct Drain: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "drain", abstract: "Move all pods off a node, for maintenance.", usage: "swkube drain NODE [flags]")

    @Argument(help: "Names of nodes.", value: "node")
    var words: [String] = []

    @Option("selector", "l", help: "Labels that the nodes must have.", value: "selector")
    var selector: String?

    @Flag("ignore-daemonsets", help: "Leave pods of DaemonSets where they are.")
    var ignoreDaemonSets = false

    @Flag("delete-emptydir-data", help: "Go on even if pods lose the data of their emptyDir volumes.")
    var deleteEmptyDirData = false

    @Flag("force", help: "Delete pods, too, that no controller makes anew.")
    var force = false

    @Option("grace-period", help: "Seconds for pods to end in; -1 leaves it to the pod.", value: "int")
    var gracePeriod = -1

    @Option("timeout", help: "How long to try; 0 tries without end.", value: "duration")
    var timeout = Span(.zero)

    @Option("pod-selector", help: "Labels that the pods must have.", value: "selector")
    var podSelector: String?

    @Flag("disable-eviction", help: "Delete pods even where a PodDisruptionBudget forbids it.")
    var disableEviction = false

    @Option("skip-wait-for-delete-timeout", help: "Do not wait for pods whose deletion began more than so many seconds ago.", value: "int")
    var skipWaitSeconds = 0

    @Option("chunk-size", help: "Pods to ask for at once; 0 asks for all.", value: "int")
    var chunkSize = 500

    @Flag("plan", help: "Say what would become of each pod, and do nothing. Exit code: 0 when the drain would finish, 1 when not.")
    var plan = false

    @OptionGroup var dryRunOptions: DryRunOptions

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        if words.isEmpty, selector == nil {
            throw Failure("USAGE: drain NODE [flags]\nSee '\(CLI.program) drain -h' for help and examples")
        }
        if let podSelector, (try? LabelMatch(parsing: podSelector)) == nil {
            throw Failure("--pod-selector=<pod_selector> must be a valid label selector")
        }
        let dryRun: DryRun = try dryRunOptions.value()
        let session: Session = try connection.session(shell)
        let selection = NodeSelection(session: session)
        let nodes: [JSON] = try await selection.nodes(words, selector: selector, verb: "drain")
        if plan {
            var isDone: Bool = true
            for node in nodes {
                let drain = NodeDrain(session: session, node: node[["metadata", "name"]]?.string ?? "", verb: self, dryRun: dryRun)
                if try await !DrainPlan(session: session, drain: drain).show() { isDone = false }
            }
            try session.finish()
            if !isDone { throw Failure.silent() }
            return
        }
        for node in nodes { try await selection.setUnschedulable(node, true, dryRun) }
        var pending: [String] = []
        var failures: [String] = []
        for node in nodes {
            let name: String = node[["metadata", "name"]]?.string ?? ""
            let drain = NodeDrain(session: session, node: name, verb: self, dryRun: dryRun)
            do {
                try await drain.run()
                shell.output.line("node/\(name) drained\(dryRun.suffix)")
            } catch {
                shell.output.note(
                    "error: unable to drain node \(JSON.quoted(name)) due to error: \(Failures.listed(error)), continuing command...")
                pending.append(name)
                failures += Failures.texts(error)
            }
        }
        guard pending.isEmpty else {
            shell.output.note("There are pending nodes to be drained:")
            for name in pending { shell.output.note(" \(name)") }
            throw Failure(failures.joined(separator: "\n"), isComplete: true)
        }
        try session.finish()
    }
}
