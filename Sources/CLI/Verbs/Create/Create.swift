import API
import Client
import Machinery

/// `create`: makes objects from manifests. What stands behind it as a second word makes one from flags.
package struct Create: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make objects from manifests or flags.", usage: "swkube create (-f FILE | TYPE NAME …) [flags]",
        discussion: "Types that can be made from flags: "
            + VerbList.family("create").map { String($0.commandName.dropFirst("create ".count)) }.joined(separator: ", ") + ".")

    @Argument(isHidden: true)
    var words: [String] = []

    @OptionGroup(title: "Manifests") var files: FilenameOptions
    @OptionGroup var creation: CreationOptions

    @Option("selector", "l", help: "Create only the manifests with these labels.", value: "selector")
    var selector: String?

    @Option("raw", help: "Send the file to this path of the API.", value: "path")
    var raw: String?

    @Flag("edit", help: "Open the manifests in an editor first.")
    var edit = false

    @Flag("windows-line-endings", help: "Give the editor lines as Windows ends them.")
    var windowsLineEndings = false

    package init() {}

    package func run(in shell: Shell) async throws {
        if let raw {
            if edit { throw Failure("--raw and --edit are mutually exclusive") }
            let conflicts: [(String, Bool)] = [
                ("--recursive", files.recursive), ("--selector (-l)", selector != nil), ("--output", creation.printing.output != nil),
            ]
            if let flag = conflicts.first(where: \.1)?.0 { throw Failure("--raw and \(flag) are mutually exclusive") }
            if try files.paths().isEmpty { throw Failure("must specify one of -f and -k") }
            try RawRequest.check(raw)
            return try await RawRequest(session: try creation.connection.session(shell)).send("POST", raw, files: try files.paths())
        }
        if !words.isEmpty {
            throw Failure("Unexpected args: [\(words.joined(separator: " "))]\nSee '\(CLI.program) create -h' for help and examples")
        }
        let paths: [String] = try files.paths()
        if paths.isEmpty { throw Failure("must specify one of -f and -k") }
        let session: Session = try creation.connection.session(shell)
        let reader = ManifestReader(session: session, validation: .init(try FieldValidation.word(creation.validate), session))
        let match: LabelMatch? = try ManifestReader.match(selector)
        func isMeant(_ manifest: Manifest) -> Bool { match?.matches(manifest.json[["metadata", "labels"]]) ?? true }
        if edit {
            let manifests: [Manifest] = try await reader.read(paths, recursive: files.recursive).filter(isMeant)
            if manifests.isEmpty { throw Failure("no objects passed to create") }
            return try await createEdited(manifests, session)
        }
        var creator = try ObjectCreation(creation, session)
        var count: Int = 0
        let failures: Failures = try await reader.visit(paths, recursive: files.recursive) { manifest in
            guard isMeant(manifest) else { return }
            count += 1
            try await creator.create(manifest)
        }
        try failures.throwIfAny()
        if count == 0 { throw Failure("no objects passed to create") }
        try session.finish()
    }
}

extension Create {
    /// Each manifest in an editor of its own, made as it comes back.
    fileprivate func createEdited(_ manifests: [Manifest], _ session: Session) async throws {
        let writer = ObjectWriter(
            session: session, fieldManager: creation.fieldManager, fieldValidation: try FieldValidation.word(creation.validate))
        let format: OutputFormat = try creation.printing.format()
        for manifest in manifests {
            var editing = EditSession(
                session: session, objects: [manifest], isJSON: { if case .json = format { true } else { false } }(),
                usesWindowsLines: windowsLineEndings, printer: ObjectPrinter(format, session.output))
            try await editing.run(retries: false) { original, edited, printer in
                let object: JSON = creation.saveConfig ? LastApplied.added(to: edited) : edited
                let made: JSON = try await writer.create(original, object)
                try printer.print(made, original.resource, done: "created")
            }
        }
    }
}

/// The one name behind a verb.
package struct NameArgument: FlagGroup {
    @Argument(help: "Name of the object.", value: "name")
    var names: [String] = []

    package init() {}

    /// Throws kubectl's text for none and for several.
    func name(_ verb: String) throws -> String {
        if names.count > 1 { throw Self.wrong(names.count, verb) }
        return try Self.required(names.first, verb)
    }

    static func required(_ name: String?, _ verb: String) throws -> String {
        guard let name else { throw wrong(0, verb) }
        return name
    }

    private static func wrong(_ count: Int, _ verb: String) -> Failure {
        Failure("exactly one NAME is required, got \(count)\nSee '\(CLI.program) \(verb) -h' for help and examples")
    }
}

/// Flags of everything that creates.
package struct CreationOptions: FlagGroup {
    @OptionGroup var dryRunOptions: DryRunOptions

    @OptionGroup var printing: PrintOptions

    @Option("validate", bare: "strict", help: "What to do about fields that the server does not know.", value: "strict|warn|ignore")
    var validate = "strict"

    @Option("field-manager", help: "Name under which the fields are managed.", value: "name")
    var fieldManager = "kubectl-create"

    @Flag("save-config", help: "Note the manifest in the object, so that apply can go on from it.")
    var saveConfig = false

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    /// For verbs whose `--user` names a subject, not a user of the kubeconfig.
    var withoutUser: CreationOptions {
        var options: CreationOptions = self
        options.connection.user = []
        return options
    }

    /// Creates one object that flags have made. With `--dry-run=client` no server is needed.
    ///
    /// - Parameter failure: what could not be created, in kubectl's words; nil for kinds whose errors it passes on as they are.
    func create(_ names: KindNames, _ object: JSON, _ shell: Shell, failure: String? = "") async throws {
        var object: JSON = object
        let session: Session = try connection.session(shell)
        if names.isNamespaced, session.isNamespaceGiven {
            object[["metadata", "namespace"]] = .string(session.namespace)
        }
        let manifest = Manifest(
            json: object, resource: APIResource(names), namespace: names.isNamespaced ? session.namespace : nil, source: "")
        var creator = try ObjectCreation(self, session, failure: failure == "" ? names.singular : failure, isTyped: true)
        try await creator.create(manifest)
        try session.finish()
    }
}

/// Creates objects, one after the other, and shows them.
private struct ObjectCreation {
    private let options: CreationOptions
    private let session: Session
    /// What could not be created, in kubectl's words; nil for kinds whose errors it passes on as they are.
    private let failure: String?
    /// The objects were made here, and are shown as Go writes its own types.
    private let isTyped: Bool
    private let dryRun: DryRun
    private let validation: String
    private var printer: ObjectPrinter

    init(_ options: CreationOptions, _ session: Session, failure: String? = nil, isTyped: Bool = false) throws {
        self.options = options
        self.session = session
        self.failure = failure
        self.isTyped = isTyped
        dryRun = try options.dryRunOptions.value()
        printer = try options.printing.printer(session.output)
        validation = try FieldValidation.word(options.validate)
    }

    mutating func create(_ manifest: Manifest) async throws {
        let bare: JSON = isTyped ? GoForm.completed(manifest.json) : manifest.json
        var made: JSON = options.saveConfig ? LastApplied.added(to: bare, isTyped: isTyped) : bare
        do {
            if dryRun.reachesServer {
                var request = APIRequest(
                    .create, manifest.resource.resource, namespace: manifest.namespace, body: made.sortedByKey.serialized())
                request.options.fieldManager = options.fieldManager
                request.options.fieldValidation = validation
                if case .server = dryRun { request.options.dryRun = true }
                made = try await session.send(request)
            }
            try printer.print(made, manifest.resource, done: "created", suffix: dryRun.suffix, isTyped: isTyped)
        } catch let status as APIStatus {
            throw manifest.source.isEmpty ? status.creating(failure) : status.when("creating", manifest.source)
        }
    }
}

extension APIStatus {
    /// kubectl's words for an object that flags made: `failed to create configmap: …`.
    fileprivate func creating(_ what: String?) -> any Error {
        guard let what else { return self }
        return Failure("failed to create \(what)\(what == "secret" ? "" : ":") \(message)")
    }
}
