import API
import Client
import Machinery

/// `apply view-last-applied`: shows what was applied last.
package struct ApplyViewLastApplied: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "apply view-last-applied", abstract: "Show what was applied last.",
        usage: "swkube apply view-last-applied (TYPE [NAME | -l label] | TYPE/NAME | -f FILE) [flags]")

    @Argument(help: "Types and names: deploy/web", value: "type or type/name")
    var words: [String] = []

    @OptionGroup(title: "Manifests") var files: FilenameOptions

    @Option("selector", "l", help: "Labels that the objects must have.", value: "selector")
    var selector: String?

    @Flag("all", help: "All objects of the types in the namespace.")
    var all = false

    @Option("output", "o", help: "yaml or json.", value: "format")
    var output = "yaml"

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        let session: Session = try connection.session(shell)
        if all, words.count > 1 || words.contains(where: { $0.contains("/") }) { throw ResourceArguments.besidesSelector(words) }
        var query = ObjectQuery(session: session, words: words, files: try files.manifests())
        query.selector = selector
        query.all = all
        var texts: [String] = []
        var unnoted: Failure?
        try await query.visit { object in
            guard unnoted == nil else { return }
            guard let text = object.json[["metadata", "annotations", LastApplied.annotation]]?.string else {
                // kubectl passes over objects that no file names, and ends at the first that one names.
                if !object.source.isEmpty {
                    unnoted = Failure(
                        "error when no last-applied-configuration annotation found on resource: \(object.name)\n "
                            + "\(JSON.quoted(object.source)): <nil>")
                }
                return
            }
            let applied: JSON = try LastApplied.of(object.json) ?? [:]
            texts.append(output == "yaml" ? YAML.write(applied, sortedKeys: true) : Self.indented(text))
        }
        if let unnoted { throw unnoted }
        guard ["yaml", "json"].contains(output) else {
            throw Failure(
                "Unexpected -o output mode: \(output), the flag 'output' must be one of yaml|json\nSee '\(CLI.program) apply view-last-applied -h' for help and examples"
            )
        }
        for text in texts { shell.output.write(text) }
        try session.finish()
    }

    /// The note as it stands, two spaces a level.
    private static func indented(_ text: String) -> String {
        let json: JSON = (try? JSON(parsing: text)) ?? [:]
        return json.text(JSONStyle(indent: 2, escapeHTML: true)) + "\n"
    }
}

/// `apply set-last-applied`: notes a manifest in an object without applying it.
package struct ApplySetLastApplied: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "apply set-last-applied", abstract: "Note a manifest in an object without applying it.",
        usage: "swkube apply set-last-applied -f FILE [flags]")

    @OptionGroup(title: "Manifests") var files: FilenameOptions

    @Flag("create-annotation", help: "Make the note also where there is none yet.")
    var createAnnotation = false

    @OptionGroup var dryRunOptions: DryRunOptions
    @OptionGroup var printing: PrintOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        let dryRun: DryRun = try dryRunOptions.value()
        var printer: ObjectPrinter = try printing.printer(shell.output)
        let session: Session = try connection.session(shell)
        let writer = ObjectWriter(session: session, dryRun: dryRun, fieldManager: "kubectl")
        let manifests: [Manifest] = try await ObjectQuery(session: session, files: try files.manifests(), isLatest: false).objects()
        if manifests.isEmpty { throw Failure("no objects passed to set-last-applied") }
        var changes: [(manifest: Manifest, live: JSON, note: JSON)] = []
        for manifest in manifests {
            let live: JSON
            do {
                live = try await session.send(
                    APIRequest(.get, manifest.resource.resource, namespace: manifest.namespace, name: manifest.name))
            } catch let status as APIStatus where status.isNotFound {
                throw Failure(
                    "Error from server (NotFound): \(status.message)", isComplete: true)
            }
            let present: String? = live[["metadata", "annotations", LastApplied.annotation]]?.string
            if present == nil, !createAnnotation {
                throw Failure(
                    "no last-applied-configuration annotation found on resource: \(manifest.name), to create the annotation, run the command with --create-annotation"
                )
            }
            let note: JSON = LastApplied.note(of: manifest.json)
            if present == note.string {
                shell.output.line("set-last-applied \(manifest.name): no changes required.")
            } else {
                changes.append((manifest, live, note))
            }
        }
        for (manifest, live, note) in changes {
            var result: JSON = live
            result[["metadata", "annotations", LastApplied.annotation]] = note
            if dryRun.reachesServer {
                let patch: JSON = ["metadata": ["annotations": [LastApplied.annotation: note]]]
                result = try await writer.patch(manifest, patch.serialized(), as: .mergePatch)
            }
            try printer.print(result, manifest.resource, done: "configured", suffix: dryRun.suffix)
        }
        try session.finish()
    }
}

/// `apply edit-last-applied`: changes in an editor what was applied last.
package struct ApplyEditLastApplied: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "apply edit-last-applied", abstract: "Change in an editor what was applied last.",
        usage: "swkube apply edit-last-applied (TYPE NAME | TYPE/NAME | -f FILE) [flags]")

    @Argument(help: "Types and names: deploy/web", value: "type or type/name")
    var words: [String] = []

    @OptionGroup(title: "Manifests") var files: FilenameOptions

    @Option("field-manager", help: "Name under which the fields are managed.", value: "name")
    var fieldManager = "kubectl-client-side-apply"

    @Option("validate", bare: "strict", help: "What to do about fields that the server does not know.", value: "strict|warn|ignore")
    var validate = "strict"

    @Flag("windows-line-endings", help: "Give the editor lines as Windows ends them.")
    var windowsLineEndings = false

    @OptionGroup var printing: PrintOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        let format: OutputFormat = try printing.documentFormat()
        let session: Session = try connection.session(shell)
        let live: [Manifest] = try await ObjectQuery(session: session, words: words, files: try files.manifests()).objects()
        var notes: [Manifest] = []
        for object in live {
            guard let applied = try LastApplied.of(object.json) else { continue }
            notes.append(Manifest(json: applied, resource: object.resource, namespace: object.namespace, source: ""))
        }
        if notes.isEmpty {
            throw Failure(
                "no last-applied-configuration annotation found on resources, to create the annotation, use command `kubectl apply set-last-applied --create-annotation`"
            )
        }
        let writer = ObjectWriter(
            session: session, fieldManager: fieldManager, fieldValidation: try FieldValidation.word(validate))
        var editing = EditSession(
            session: session, objects: notes, isJSON: { if case .json = format { true } else { false } }(),
            usesWindowsLines: windowsLineEndings, printer: ObjectPrinter(format, shell.output))
        editing.introduction = [
            "# Please edit the 'last-applied-configuration' annotations below.",
            "# Lines beginning with a '#' will be ignored, and an empty file will abort the edit.", "#",
        ]
        try await editing.run { original, edited, printer in
            if edited == original.json { return try printer.print(edited, original.resource, done: "skipped") }
            let note: JSON = LastApplied.added(to: edited)[["metadata", "annotations", LastApplied.annotation]] ?? ""
            let patch: JSON = ["metadata": ["annotations": [LastApplied.annotation: note]]]
            _ = try await writer.patch(original, patch.serialized(), as: .mergePatch)
            try printer.print(edited, original.resource, done: "edited")
        }
        try session.finish()
    }
}
