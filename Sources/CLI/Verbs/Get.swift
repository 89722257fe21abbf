import API
import Client
import Machinery

/// `get`: shows objects as a table, or in any other form.
package struct Get: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Show objects.",
        usage: "swkube get (TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE/NAME …) [flags]")

    @Argument(help: "Types and names: pods, deploy/web, po,svc", value: "type or type/name")
    var words: [String] = []

    @OptionGroup(title: "Which objects") var selection: SelectionOptions
    @OptionGroup(title: "Manifests") var files: FilenameOptions

    @Flag("all-namespaces", "A", help: "Show the objects of all namespaces.")
    var allNamespaces = false

    @OptionGroup var printing: PrintOptions

    @Flag("watch", "w", help: "Go on and show changes as they come.")
    var watch = false

    @Flag("watch-only", help: "Show changes only, not what is there now.")
    var watchOnly = false

    @Flag("output-watch-events", help: "Show the type of each change: ADDED, MODIFIED, DELETED.")
    var outputWatchEvents = false

    @Option("sort-by", help: "Sort by this field, a JSONPath such as .metadata.creationTimestamp.", value: "path")
    var sortBy: String?

    @Flag("no-headers", help: "Leave the header of the table out.")
    var noHeaders = false

    @Flag("show-labels", help: "Show all labels in a last column.")
    var showLabels = false

    @Flag("show-kind", help: "Show the kind before each name.")
    var showKind = false

    @Option("label-columns", "L", help: "Show these labels as columns.", value: "keys")
    var labelColumns: [String] = []

    @Option("chunk-size", help: "Objects to ask for at once; 0 asks for all.", value: "int")
    var chunkSize = 500

    @Flag("ignore-not-found", help: "Succeed and show nothing when an object is not there.")
    var ignoreNotFound = false

    @Flag("fail-empty", help: "End with exit code 4 when there is nothing to show (kubectl has no such flag).")
    var failEmpty = false

    @Flag("server-print", help: "Let the server choose the columns.")
    var serverPrint = true

    @Option("subresource", help: "Show the object's subresource: status or scale.", value: "name")
    var subresource: String?

    @Option("raw", help: "Ask for this path of the API and show the answer as it is.", value: "path")
    var raw: String?

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        if let raw {
            guard words.isEmpty else { throw Failure("arguments may not be passed when --raw is specified") }
            if watch || watchOnly || selection.selector?.isEmpty == false {
                throw Failure("--raw may not be specified with other flags that filter the server request or alter the output")
            }
            guard printing.output == nil else { throw Failure("--raw and --output are mutually exclusive") }
            try RawRequest.check(raw)
            let session: Session = try connection.session(shell)
            shell.output.write(try await session.transport.raw(raw, accept: "application/json, */*").body)
            return
        }
        if outputWatchEvents, !watch, !watchOnly {
            throw Failure("--output-watch-events option can only be used with --watch or --watch-only")
        }
        let format: OutputFormat = try printing.format(allowsTables: true, noHeaders: noHeaders)
        let session: Session = try connection.session(shell)
        let (targets, unread): ([Target], Failures) = try await targets(session)
        if case .name = format { try unread.throwIfAny() }
        let query = GetQuery(
            session: session, targets: targets, verb: self, format: format,
            sortBy: try sortBy.flatMap { $0.isEmpty ? nil : try SortBy($0, isTable: format.isForPeople) })
        if watch || watchOnly {
            try unread.throwIfAny()
            try await query.watch()
        } else if unread.all.isEmpty {
            try await query.show()
        } else {
            var failures = Failures()
            do { try await query.show() } catch { failures.add(error) }
            failures.add(unread)
            try failures.throwIfAny()
        }
        try session.finish()
    }

    /// What is meant, and why some of the manifests cannot be read.
    private func targets(_ session: Session) async throws -> (found: [Target], unread: Failures) {
        let paths: [String] = try files.paths()
        if !paths.isEmpty {
            try ResourceArguments.refuse(words, besides: paths)
            var reading: ManifestReader.Reading = try await ManifestReader(session: session).readWhatCanBe(
                paths, recursive: files.recursive)
            try reading.narrow(selection.selector)
            if reading.manifests.isEmpty { try reading.failures.throwIfAny() }
            return (
                reading.manifests.map { Target(resource: $0.resource, name: $0.name, namespace: $0.namespace) }, reading.failures
            )
        }
        guard !words.isEmpty else {
            session.output.note(
                "You must specify the type of resource to get. Use \"\(CLI.program) api-resources\" for a complete list of supported resources.\n"
            )
            throw Failure(
                "Required resource not specified.\nUse \"\(CLI.program) explain <resource>\" for a detailed description of that resource (e.g. \(CLI.program) explain pods).\nSee '\(CLI.program) get -h' for help and examples"
            )
        }
        if selection.selector != nil || selection.fieldSelector?.isEmpty == false { try ResourceArguments.refuseNames(words) }
        let targets: [Target] = try await ResourceArguments(session: session, allNamespaces: allNamespaces).targets(words)
        if targets.contains(where: { $0.name == nil }), subresource?.isEmpty == false {
            throw Failure("subresource cannot be used when bulk resources are specified")
        }
        return (targets, Failures())
    }

    /// What narrows lists and watches.
    var listOptions: RequestOptions {
        var options = RequestOptions()
        options.labelSelector = selection.selector
        options.fieldSelector = selection.fieldSelector
        return options
    }

    /// `-L a,b -L c`
    var labels: [String] { labelColumns.flatMap { $0.split(separator: ",").map(String.init) } }
}
