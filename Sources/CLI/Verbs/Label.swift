import API
import Client
import Machinery

/// `label`: sets and removes labels.
package struct Label: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "label", abstract: "Set and remove labels of objects.",
        usage: "swkube label [--overwrite] (-f FILE | TYPE NAME | TYPE/NAME …) KEY=VALUE … KEY- … [flags]")

    @OptionGroup var options: PairOptions

    @Option("field-manager", help: "Name under which the fields are managed.", value: "name")
    var fieldManager = "kubectl-label"

    package init() {}

    package func run(in shell: Shell) async throws {
        try await PairEdit(options: options, what: .labels, fieldManager: fieldManager).run(shell)
    }
}

/// `annotate`: sets and removes annotations.
package struct Annotate: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "annotate", abstract: "Set and remove annotations of objects.",
        usage: "swkube annotate [--overwrite] (-f FILE | TYPE NAME | TYPE/NAME …) KEY=VALUE … KEY- … [flags]")

    @OptionGroup var options: PairOptions

    @Option("field-manager", help: "Name under which the fields are managed.", value: "name")
    var fieldManager = "kubectl-annotate"

    package init() {}

    package func run(in shell: Shell) async throws {
        try await PairEdit(options: options, what: .annotations, fieldManager: fieldManager).run(shell)
    }
}

/// Flags of `label` and `annotate`.
package struct PairOptions: FlagGroup {
    @Argument(help: "Types and names, then the changes: pod web-1 tier=front old-", value: "word")
    var words: [String] = []

    @OptionGroup(title: "Which objects") var selection: SelectionOptions
    @OptionGroup(title: "Manifests") var files: FilenameOptions

    @Flag("all", help: "All objects of the types in the namespace.")
    var all = false

    @Flag("all-namespaces", "A", help: "The objects of all namespaces.")
    var allNamespaces = false

    @Flag("overwrite", help: "Change values that are there already.")
    var overwrite = false

    @Flag("list", help: "Show what is there and change nothing else.")
    var list = false

    @Flag("local", help: "Work on the manifests alone, without a server.")
    var local = false

    @Option("resource-version", help: "Change the object only at this revision.", value: "revision")
    var resourceVersion: String?

    @OptionGroup var dryRunOptions: DryRunOptions
    @OptionGroup var printing: PrintOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}
}

/// Carries `label` and `annotate` out.
/// Source: k8s.io/kubectl/pkg/cmd/{label,annotate}.
struct PairEdit {
    /// What the pairs are.
    enum What: String {
        case labels, annotations

        var singular: String { String(rawValue.dropLast()) }
    }

    let options: PairOptions
    let what: What
    let fieldManager: String

    func run(_ shell: Shell) async throws {
        let dryRun: DryRun = try options.dryRunOptions.value()
        let (words, pairs) = try Self.split(options.words, what.singular)
        let change: PairChange = try PairChange(pairs, what)
        if options.list, options.printing.output?.isEmpty == false {
            throw Failure("--list and --output may not be specified together")
        }
        try validate(words, change, dryRun)
        let session: Session = try options.connection.session(shell)
        var query = ObjectQuery(session: session, words: words, files: try options.files.manifests(), isLocal: options.local)
        query.selector = options.selection.selector
        query.fieldSelector = options.selection.fieldSelector
        query.all = options.all
        query.allNamespaces = options.allNamespaces
        let isSingle: Bool = try await query.isSingle()
        if !isSingle, options.resourceVersion?.isEmpty == false {
            throw Failure("--resource-version may only be used with a single resource")
        }
        var printer: ObjectPrinter = try options.printing.printer(shell.output)
        let writer = ObjectWriter(session: session, dryRun: dryRun, fieldManager: fieldManager)
        try await query.visit { object in
            var object: Manifest = object
            if options.resourceVersion?.isEmpty == false { object.json[["metadata", "resourceVersion"]] = nil }
            let changed: JSON = try change.applied(to: object.json, options.overwrite, options.resourceVersion)
            if options.list { return list(changed, isSingle, shell) }
            var result: JSON = changed
            if !options.local, dryRun.reachesServer {
                if what == .labels {
                    for key in change.removed where object.json[["metadata", "labels", key]] == nil {
                        shell.output.line("label \(JSON.quoted(key)) not found.")
                    }
                }
                let patch: JSON = MergePatch.diff(from: object.json, to: changed)
                result = try await writer.patch(object, patch.serialized(), as: .mergePatch)
            }
            try printer.print(
                result, object.resource, done: what == .labels ? change.done(object.json) : "annotated", suffix: dryRun.suffix)
            // As kubectl: the objects of label have no line of dashes between them.
            if what == .labels { printer = try options.printing.printer(shell.output) }
        }
        try session.finish()
    }

    private func validate(_ words: [String], _ change: PairChange, _ dryRun: DryRun) throws {
        if options.all, options.selection.selector?.isEmpty == false { throw Failure("cannot set --all and --selector at the same time") }
        if options.all, options.selection.fieldSelector?.isEmpty == false {
            throw Failure("cannot set --all and --field-selector at the same time")
        }
        let hasFiles: Bool = try !options.files.paths().isEmpty
        if options.local {
            let file: String = what == .labels ? "pod" : "rsrc"
            if case .server = dryRun {
                throw Failure("cannot specify --local and --dry-run=server - did you mean --dry-run=client?")
            }
            if !words.isEmpty {
                throw Failure("can only use local files by -f \(file).yaml or --filename=\(file).json when --local=true is set")
            }
            if !hasFiles { throw Failure("one or more files must be specified as -f \(file).yaml or --filename=\(file).json") }
        } else if words.isEmpty, !hasFiles {
            throw Failure("one or more resources must be specified as <resource> <name> or <resource>/<name>")
        }
        if change.isEmpty, !options.list { throw Failure("at least one \(what.singular) update is required") }
        if what == .annotations { try change.refuseContradictions() }
    }

    private func list(_ object: JSON, _ isSingle: Bool, _ shell: Shell) {
        if !isSingle {
            let group: String = Discovery.split(object["apiVersion"]?.string ?? "").group
            shell.output.line(
                "Listing \(what.rawValue) for \(object["kind"]?.string ?? "").\(group)/\(object[["metadata", "name"]]?.string ?? ""):")
        }
        for member in (object[["metadata", what.rawValue]]?.object ?? [:]).sorted() {
            shell.output.line("\(isSingle ? "" : " ")\(member.key)=\(member.value.string ?? "")")
        }
    }

    /// Types and names first, changes behind them.
    static func split(_ words: [String], _ what: String) throws -> (words: [String], pairs: [String]) {
        func isPair(_ word: String) -> Bool {
            (word.contains("=") && word.first != "=") || (word.hasSuffix("-") && word != "-")
        }
        let start: Int = words.firstIndex(where: isPair) ?? words.count
        if let late = words[start...].first(where: { !isPair($0) }) {
            throw Failure("all resources must be specified before \(what) changes: \(late)")
        }
        return (Array(words[..<start]), Array(words[start...]))
    }
}

/// Pairs to set and keys to remove.
struct PairChange {
    private let what: PairEdit.What
    private var set: [(key: String, value: String)] = []
    private(set) var removed: [String] = []

    init(_ pairs: [String], _ what: PairEdit.What) throws {
        self.what = what
        for pair in pairs {
            let parts: [String] = pair.split(separator: "=", maxSplits: what == .labels ? .max : 1, omittingEmptySubsequences: false)
                .map(String.init)
            if parts.count == 1 {
                removed.append(String(pair.dropLast()))
                continue
            }
            if what == .labels {
                if parts.count != 2 { throw Failure("invalid label spec: \(pair)") }
                let problems: [String] = Names.labelValue(parts[1])
                if !problems.isEmpty { throw Failure("invalid label value: \(JSON.quoted(pair)): \(problems.joined(separator: ";"))") }
            }
            set.removeAll { $0.key == parts[0] }
            set.append((parts[0], parts[1]))
        }
        if what == .labels, removed.contains(where: { key in set.contains { $0.key == key } }) {
            throw Failure("can not both modify and remove a label in the same command")
        }
    }

    var isEmpty: Bool { removed.isEmpty && set.isEmpty }

    /// What the change does to the labels of an object.
    func done(_ object: JSON) -> String {
        let labels: JSONObject = object[["metadata", "labels"]]?.object ?? [:]
        let isSet: Bool = set.contains { labels[$0.key]?.string != $0.value }
        let isRemoved: Bool = removed.contains { labels[$0] != nil }
        return isSet && isRemoved ? "modified" : isSet ? "labeled" : isRemoved ? "unlabeled" : "not labeled"
    }

    func refuseContradictions() throws {
        let both: [String] = removed.filter { key in set.contains { $0.key == key } }
        if !both.isEmpty {
            throw Failure("can not both modify and remove the following annotation(s) in the same command: \(both.joined(separator: ", "))")
        }
    }

    /// Throws kubectl's text when something would be overwritten that must not be.
    func applied(to object: JSON, _ overwrite: Bool, _ resourceVersion: String?) throws -> JSON {
        var pairs: JSONObject = object[["metadata", what.rawValue]]?.object ?? [:]
        if !overwrite {
            let present: [String] = set.compactMap { pair -> String? in
                guard let value = pairs[pair.key]?.string, value != pair.value else { return nil }
                return "'\(pair.key)' already has a value (\(value))"
            }
            if !present.isEmpty {
                if what == .annotations {
                    throw Failure(
                        "--overwrite is false but found the following declared annotation(s): \(present.joined(separator: "; "))")
                }
                var failures = Failures()
                for text in present { failures.add(Failure(text + ", and --overwrite is false")) }
                try failures.throwIfAny()
            }
        }
        for (key, value) in set { pairs[key] = .string(value) }
        for key in removed { pairs[key] = nil }
        var object: JSON = object
        object[["metadata", what.rawValue]] = pairs.isEmpty ? nil : .object(pairs)
        if let resourceVersion, !resourceVersion.isEmpty { object[["metadata", "resourceVersion"]] = .string(resourceVersion) }
        return object
    }
}
