import API
import Client
import Machinery

/// `edit`: opens objects in an editor and saves what was changed.
package struct Edit: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "edit", abstract: "Change objects in an editor.", usage: "swkube edit (-f FILE | TYPE NAME | TYPE/NAME …) [flags]",
        discussion: "The editor is $KUBE_EDITOR, else $EDITOR, else vi.")

    @Argument(help: "Types and names: deploy/web", value: "type or type/name")
    var words: [String] = []

    @OptionGroup(title: "Manifests") var files: FilenameOptions

    @Flag("output-patch", help: "Show the patch that was sent.")
    var outputPatch = false

    @Option("subresource", help: "Edit this part of the object: status, scale.", value: "name")
    var subresource: String?

    @Option("validate", bare: "strict", help: "What to do about fields that the server does not know.", value: "strict|warn|ignore")
    var validate = "strict"

    @Option("field-manager", help: "Name under which the fields are managed.", value: "name")
    var fieldManager = "kubectl-edit"

    @Flag("save-config", help: "Note the manifest in the object, so that apply can go on from it.")
    var saveConfig = false

    @Flag("windows-line-endings", help: "Give the editor lines as Windows ends them.")
    var windowsLineEndings = false

    @OptionGroup var printing: PrintOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        let part: String? = subresource.flatMap { $0.isEmpty ? nil : $0 }
        let session: Session = try connection.session(shell)
        // A type alone means all of its objects.
        let namesObjects: Bool = words.count > 1 || words.contains { $0.contains("/") }
        let query = ObjectQuery(session: session, words: words, files: try files.manifests(), all: !namesObjects)
        var objects: [Manifest] = try await query.objects()
        if objects.isEmpty { throw Failure("edit cancelled, no objects found") }
        let format: OutputFormat = try printing.documentFormat()
        if let part {
            for index in objects.indices {
                objects[index].json = try await session.send(
                    APIRequest(
                        .get, objects[index].resource.resource, namespace: objects[index].namespace, name: objects[index].name,
                        subresource: part))
            }
        }
        let writer = ObjectWriter(
            session: session, fieldManager: fieldManager, fieldValidation: try FieldValidation.word(validate))
        let saver = EditedObjects(
            writer: writer, subresource: part, savesConfig: saveConfig, showsPatch: outputPatch)
        var editing = EditSession(
            session: session, objects: objects, isJSON: { if case .json = format { true } else { false } }(),
            usesWindowsLines: windowsLineEndings, printer: ObjectPrinter(format, shell.output))
        try await editing.run { original, edited, printer in try await saver.save(original, edited, &printer) }
        try session.finish()
    }
}

/// Sends what an editor changed. Source: `visitToPatch` of k8s.io/kubectl/pkg/cmd/util/editor.
struct EditedObjects {
    let writer: ObjectWriter
    let subresource: String?
    let savesConfig: Bool
    let showsPatch: Bool

    /// Throws ``APIStatus`` when the server said no, ``Failure`` for what must not be changed.
    func save(_ original: Manifest, _ edited: JSON, _ printer: inout ObjectPrinter) async throws {
        if edited == original.json { return try printer.print(edited, original.resource, done: "skipped") }
        for path in [["apiVersion"], ["kind"], ["metadata", "name"]] where edited[path] != original.json[path] {
            throw Failure("At least one of apiVersion, kind and name was changed")
        }
        let changed: JSON = savesConfig ? LastApplied.added(to: edited) : edited
        let (patch, isStrategic): (JSON, Bool) = ObjectWriter.difference(original, changed)
        if showsPatch { printer.output.line("Patch: \(patch.sortedByKey.text())") }
        let result: JSON = try await writer.patch(
            original, patch.serialized(), as: isStrategic ? .strategicMergePatch : .mergePatch, subresource: subresource)
        try printer.print(result, original.resource, done: "edited")
    }
}
