import API
import Client
import Machinery

/// Flags of verbs that make an object for each of others: `expose`, `autoscale`.
package struct DerivationOptions: FlagGroup {
    @OptionGroup(title: "Manifests") var files: FilenameOptions

    @Flag("save-config", help: "Note the manifest in the object, so that apply can go on from it.")
    var saveConfig = false

    @OptionGroup var dryRunOptions: DryRunOptions
    @OptionGroup var printing: PrintOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    /// Creates what `make` makes of each object that the words or files name.
    ///
    /// - Parameters:
    ///   - done: what is told of it: `exposed`.
    ///   - status: where Go's type has one that it always writes.
    func create(
        _ names: KindNames, of words: [String], fieldManager: String, done: String, status: JSON? = nil, _ shell: Shell,
        make: (Manifest) throws -> JSON
    ) async throws {
        let dryRun: DryRun = try dryRunOptions.value()
        var printer: ObjectPrinter = try printing.printer(shell.output)
        let session: Session = try connection.session(shell)
        let writer = ObjectWriter(session: session, dryRun: dryRun, fieldManager: fieldManager)
        let query = ObjectQuery(session: session, words: words, files: try files.manifests(), isLatest: false)
        let resource = APIResource(names)
        try await query.visit { object in
            var made: JSON = try make(object)
            made["status"] = status ?? made["status"]
            guard dryRun.reachesServer else {
                made = shell.changeCause?.noted(made) ?? made
                if session.isNamespaceGiven { made[["metadata", "namespace"]] = .string(session.namespace) }
                return try printer.print(GoForm.completed(made), resource, done: done, suffix: dryRun.suffix, isTyped: true)
            }
            if saveConfig { made = LastApplied.added(to: GoForm.completed(made), isTyped: true) }
            let created: JSON = try await writer.create(
                Manifest(json: made, resource: resource, namespace: session.namespace, source: ""), made)
            try printer.print(created, resource, done: done, suffix: dryRun.suffix)
        }
        try session.finish()
    }
}
