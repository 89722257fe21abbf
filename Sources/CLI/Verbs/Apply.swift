package import ArgumentParser
import Client
import Machinery

/// `apply`: makes objects what their manifests say, and keeps what others added.
package struct Apply: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Make objects what their manifests say.", usage: "swkube apply -f FILE [flags]",
        aliases: [])

    @OptionGroup(title: "Manifests") var files: FilenameOptions

    @Option(
        name: [.customShort("l"), .customLong("selector")],
        help: ArgumentHelp("Apply only the manifests with these labels.", valueName: "selector"))
    var selector: String?

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("Show the objects: json, yaml, name, jsonpath=…", valueName: "format"))
    var output: String?

    @OptionGroup var dryRunOptions: DryRunOptions

    @Option(help: ArgumentHelp("What to do about fields that the server does not know.", valueName: "strict|warn|ignore"))
    var validate = "strict"

    @Flag(name: .customLong("server-side"), help: "Let the server merge, and keep track of who manages which field.")
    var serverSide = false

    @Flag(name: .customLong("force-conflicts"), help: "With --server-side: take over fields that others manage.")
    var forceConflicts = false

    @Option(name: .customLong("field-manager"), help: ArgumentHelp("Name under which the fields are managed.", valueName: "name"))
    var fieldManager: String?

    @Flag(inversion: .prefixedNo, help: "Use the manifest's values where others changed them since the last apply.")
    var overwrite = true

    @Flag(help: "Delete and make anew what cannot be changed in place.")
    var force = false

    @Flag(help: "Wait until objects that --force deletes are gone.")
    var wait = false

    @Flag(help: ArgumentHelp("Delete what is not in the manifests.", visibility: .hidden))
    var prune = false

    @Flag(name: .customLong("show-managed-fields"), help: "Show metadata.managedFields.")
    var showManagedFields = false

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        if prune { throw Failure("--prune is not there yet; delete by label: \(CLI.program) delete TYPE -l LABEL") }
        let paths: [String] = try files.paths()
        if paths.isEmpty { throw Failure("must specify one of -f and -k") }
        if forceConflicts, !serverSide { throw Failure("--force-conflicts only works with --server-side") }
        let dryRun: DryRun = try dryRunOptions.value()
        if serverSide, case .client = dryRun {
            throw Failure("--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)")
        }
        if serverSide, force { throw Failure("--force cannot be used with --server-side") }
        let format = try OutputFormat(output)
        let validation: String = try FieldValidation.word(validate)
        let session: Session = try connection.session(shell)
        var manifests: [Manifest] = try await ManifestReader(session: session, validates: validation != "Ignore").read(
            paths, recursive: files.recursive)
        if let selector {
            let match: LabelMatch
            do { match = try LabelMatch(parsing: selector) } catch { throw Failure("\(error)") }
            manifests = manifests.filter { match.matches($0.json[["metadata", "labels"]] ?? [:]) }
        }
        if manifests.isEmpty { throw Failure("no objects passed to apply") }
        let applier = Applier(
            session: session, dryRun: dryRun, fieldValidation: validation,
            fieldManager: fieldManager ?? (serverSide ? "kubectl" : "kubectl-client-side-apply"), overwrite: overwrite,
            forceConflicts: forceConflicts, recreates: force)
        try await apply(manifests, applier, format, dryRun, session)
        try session.finish()
    }

    private func apply(
        _ manifests: [Manifest], _ applier: Applier, _ format: OutputFormat, _ dryRun: DryRun, _ session: Session
    ) async throws {
        var failures = Failures()
        var printer = ObjectPrinter(format, session.output, showsManagedFields: showManagedFields)
        var shown: [JSON] = []
        for manifest in manifests {
            do {
                let applied: Applied = serverSide ? try await applier.applyOnServer(manifest) : try await applier.applyOnClient(manifest)
                if format.isForPeople || format.isName || manifests.count == 1 {
                    try printer.print(applied.object, manifest.resource, done: applied.done, suffix: dryRun.suffix)
                } else {
                    shown.append(applied.object)
                }
            } catch {
                failures.add(error)
                if error is TransportError { break }
            }
        }
        if !shown.isEmpty {
            try printer.print(["apiVersion": "v1", "items": .array(shown), "kind": "List", "metadata": [:]], nil)
        }
        try failures.throwIfAny()
    }
}
