import API
package import ArgumentParser
import Client
import Machinery

/// `create`: makes objects from manifests. What stands behind it as a second word makes one from flags.
package struct Create: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make objects from manifests or flags.", usage: "swkube create (-f FILE | TYPE NAME …) [flags]",
        discussion: "Types that can be made from flags: "
            + (VerbList.families["create"] ?? []).map { String($0._commandName.dropFirst("create ".count)) }.joined(separator: ", ") + ".")

    @Argument(help: ArgumentHelp("", visibility: .hidden))
    var words: [String] = []

    @OptionGroup(title: "Manifests") var files: FilenameOptions
    @OptionGroup var creation: CreationOptions

    @Option(
        name: [.customShort("l"), .customLong("selector")],
        help: ArgumentHelp("Create only the manifests with these labels.", valueName: "selector"))
    var selector: String?

    package init() {}

    package func run(in shell: Shell) async throws {
        if !words.isEmpty {
            throw Failure("Unexpected args: [\(words.joined(separator: " "))]\nSee '\(CLI.program) create -h' for help and examples")
        }
        let paths: [String] = try files.paths()
        if paths.isEmpty { throw Failure("must specify one of -f and -k") }
        let session: Session = try creation.connection.session(shell)
        var manifests: [Manifest] = try await ManifestReader(
            session: session, validates: try FieldValidation.word(creation.validate) != "Ignore"
        ).read(paths, recursive: files.recursive)
        if let selector {
            let match: LabelMatch
            do { match = try LabelMatch(parsing: selector) } catch { throw Failure("\(error)") }
            manifests = manifests.filter { match.matches($0.json[["metadata", "labels"]]) }
        }
        if manifests.isEmpty { throw Failure("no objects passed to create") }
        try await creation.create(manifests, session)
    }
}

/// Flags of everything that creates.
package struct CreationOptions: ParsableArguments, Sendable {
    @OptionGroup var dryRunOptions: DryRunOptions

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("Show the objects: json, yaml, name, jsonpath=…", valueName: "format"))
    var output: String?

    @Option(help: ArgumentHelp("What to do about fields that the server does not know.", valueName: "strict|warn|ignore"))
    var validate = "strict"

    @Option(name: .customLong("field-manager"), help: ArgumentHelp("Name under which the fields are managed.", valueName: "name"))
    var fieldManager = "kubectl-create"

    @Flag(name: .customLong("save-config"), help: "Note the manifest in the object, so that apply can go on from it.")
    var saveConfig = false

    @Flag(name: .customLong("show-managed-fields"), help: "Show metadata.managedFields.")
    var showManagedFields = false

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    /// Creates one object that flags have made. With `--dry-run=client` no server is needed.
    ///
    /// - Parameter failure: what could not be created, in kubectl's words; nil for kinds whose errors it passes on as they are.
    func create(_ names: KindNames, _ object: JSON, _ shell: Shell, failure: String? = "") async throws {
        var object: JSON = object
        let session: Session = try connection.session(shell)
        if names.isNamespaced, session.isNamespaceGiven || !isClientDryRun {
            object[["metadata", "namespace"]] = .string(session.namespace)
        }
        let manifest = Manifest(
            json: object, resource: APIResource(names), namespace: names.isNamespaced ? session.namespace : nil, source: "")
        try await create([manifest], session, failure: failure == "" ? names.singular : failure)
    }

    private var isClientDryRun: Bool { dryRunOptions.dryRun == "client" }

    func create(_ manifests: [Manifest], _ session: Session, failure: String? = nil) async throws {
        let dryRun: DryRun = try dryRunOptions.value()
        var printer = ObjectPrinter(try OutputFormat(output), session.output, showsManagedFields: showManagedFields)
        let validation: String = try FieldValidation.word(validate)
        var failures = Failures()
        for manifest in manifests {
            let object: JSON = saveConfig ? LastApplied.added(to: manifest.json) : manifest.json
            do {
                var made: JSON = object
                if case .client = dryRun {
                } else {
                    var request = APIRequest(.create, manifest.resource.resource, namespace: manifest.namespace, body: object.serialized())
                    request.options.fieldManager = fieldManager
                    request.options.fieldValidation = validation
                    if case .server = dryRun { request.options.dryRun = true }
                    made = try await session.send(request)
                }
                try printer.print(made, manifest.resource, done: "created", suffix: dryRun.suffix)
            } catch let status as APIStatus {
                failures.add(manifest.source.isEmpty ? status.creating(failure) : status.when("creating", manifest.source))
            } catch {
                failures.add(error)
                if error is TransportError { break }
            }
        }
        try failures.throwIfAny()
        try session.finish()
    }
}

extension APIStatus {
    /// kubectl's words for an object that flags made: `failed to create configmap: …`.
    fileprivate func creating(_ what: String?) -> any Error {
        guard let what, reason != "Invalid" else { return self }
        return Failure("failed to create \(what): \(message)")
    }
}
