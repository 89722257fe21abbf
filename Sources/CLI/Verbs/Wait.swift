import API
import Client
import Machinery

/// `wait`: waits until objects are as wanted, or gone.
package struct Wait: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "wait", abstract: "Wait until objects are as wanted.",
        usage:
            "swkube wait (-f FILE | TYPE NAME | TYPE/NAME … | TYPE (-l label | --all)) --for=(create | delete | condition=NAME[=VALUE] | "
            + "jsonpath=PATH[=VALUE]) [flags]")

    @Argument(help: "Types and names: pod/web-1", value: "type or type/name")
    var words: [String] = []

    @OptionGroup(title: "Which objects") var selection: SelectionOptions
    @OptionGroup(title: "Manifests") var files: FilenameOptions

    @Flag("all", help: "All objects of the types in the namespace.")
    var all = false

    @Flag("all-namespaces", "A", help: "The objects of all namespaces.")
    var allNamespaces = false

    @Flag("local", help: "Work on the manifests alone, without a server.")
    var local = false

    @Option(
        "for",
        help: "What to wait for: create, delete, condition=NAME[=VALUE] or jsonpath=PATH[=VALUE]; may be repeated, then all must hold.",
        value: "condition")
    var conditions: [String] = []

    @Flag("any", help: "With several --for: end as soon as one of them holds (kubectl has no such flag).")
    var any = false

    @Option("timeout", help: "How long to wait; 0 looks once, less than 0 waits a week.", value: "duration")
    var timeout = Span(.seconds(30))

    @OptionGroup var printing: PrintOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        var printer: ObjectPrinter = try printing.printer(shell.output)
        let wanted: [WaitCondition] = try conditions.map(WaitCondition.init)
        if wanted.isEmpty { throw Failure("unrecognized condition: []") }
        if local, !words.isEmpty { throw LocalWork.needsFiles }
        let session: Session = try connection.session(shell)
        let deadline: ContinuousClock.Instant = .now + (timeout.duration < .zero ? .seconds(7 * 86_400) : timeout.duration)
        let isForDeletion: Bool = wanted.contains { $0.isDeletion }
        let paths: [String] = try files.paths()
        if !paths.isEmpty { try ResourceArguments.refuse(words, besides: paths) }
        if wanted.contains(where: { $0.isCreation }) {
            try await Progress.during(shell, { "waiting for \(words.joined(separator: " ")) to be created" }) {
                try await waitForCreation(session, deadline)
            }
        }
        let rest: [WaitCondition] = wanted.filter { !$0.isCreation }
        var query = ObjectQuery(session: session, words: words, files: try files.manifests(), isLocal: local)
        query.selector = selection.selector
        query.fieldSelector = selection.fieldSelector
        query.all = all
        query.allNamespaces = allNamespaces
        query.ignoresAbsence = isForDeletion
        let count: Int = try await query.visit { object in
            // One after the other, each told; with --any all at once.
            let isTold: Bool = rest.isEmpty || rest.count < wanted.count
            for conditions in any ? [rest] : (isTold ? [[]] : []) + rest.map({ [$0] }) {
                let watcher = ObjectWait(
                    session: session, object: object, conditions: conditions, deadline: deadline, looksOnce: timeout.duration == .zero)
                let found: JSON = try await watcher.run()
                try printer.print(found, object.resource, done: "condition met")
                shell.output.flush()
            }
        }
        if count == 0, !isForDeletion { throw Failure("no matching resources found") }
        try session.finish()
    }

    /// Until what the words name is there.
    private func waitForCreation(_ session: Session, _ deadline: ContinuousClock.Instant) async throws {
        let late: String = "timed out waiting for the condition"
        let targets: [Target] = try await ResourceArguments(session: session, allNamespaces: allNamespaces).targets(words)
        for target in targets {
            try await Deadline.run(timeout.duration == .zero ? nil : deadline, or: late) {
                var request = APIRequest(.list, target.resource.resource, namespace: target.namespace)
                request.options.labelSelector = selection.selector
                request.options.fieldSelector = target.name.map { "metadata.name=" + $0 } ?? selection.fieldSelector
                while true {
                    let list: JSON = try await session.send(request)
                    if list["items"]?.array?.isEmpty == false { return }
                    if timeout.duration == .zero { throw Failure(late) }
                    var watch: APIRequest = request
                    watch.verb = .watch
                    watch.options.resourceVersion = list[["metadata", "resourceVersion"]]?.string
                    for try await event in WatchEvents(try await session.transport.stream(watch)) where event.kind == .added { return }
                }
            }
        }
    }
}
