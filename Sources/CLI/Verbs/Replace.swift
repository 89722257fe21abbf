import API
import Client
import Machinery

/// `replace`: puts manifests in place of the objects that are there.
package struct Replace: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "replace", abstract: "Put manifests in place of the objects that are there.", usage: "swkube replace -f FILE [flags]")

    @Argument(isHidden: true)
    var words: [String] = []

    @OptionGroup(title: "Manifests") var files: FilenameOptions

    @Flag("force", help: "Delete the objects first and make them anew.")
    var force = false

    @Option("grace-period", help: "With --force: seconds to end in.", value: "int")
    var gracePeriod = -1

    @Option("timeout", help: "With --force: how long to wait for the end; 0 leaves it to the object.", value: "duration")
    var timeout = Span(.zero)

    @Option(
        "cascade", bare: "background", help: "With --force: what happens to dependents: background, foreground or orphan.", value: "how")
    var cascade = "background"

    @Flag("wait", help: "With --force: wait until the objects are gone.")
    var wait = false

    @Option("subresource", help: "Replace this part of the object: status, scale.", value: "name")
    var subresource: String?

    @Option("raw", help: "Send the file to this path of the API.", value: "path")
    var raw: String?

    @Option("validate", bare: "strict", help: "What to do about fields that the server does not know.", value: "strict|warn|ignore")
    var validate = "strict"

    @Option("field-manager", help: "Name under which the fields are managed.", value: "name")
    var fieldManager = "kubectl-replace"

    @Flag("save-config", help: "Note the manifest in the object, so that apply can go on from it.")
    var saveConfig = false

    @OptionGroup var dryRunOptions: DryRunOptions
    @OptionGroup var printing: PrintOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        let dryRun: DryRun = try dryRunOptions.value()
        let validation: String = try FieldValidation.word(validate)
        let paths: [String] = try files.paths()
        if force, dryRun.suffix != "" { throw Failure("--dry-run can not be used when --force is set") }
        if gracePeriod >= 0, !force { throw Failure("--grace-period must have --force specified") }
        if timeout.duration != .zero, !force { throw Failure("--timeout must have --force specified") }
        if paths.isEmpty { throw Failure("must specify one of -f and -k") }
        if let raw {
            let session: Session = try connection.session(shell)
            return try await RawRequest(session: session).send("PUT", raw, files: paths)
        }
        var printer: ObjectPrinter = try printing.printer(shell.output)
        let policy: String = try DeletionOptions.policy(cascade, shell.output)
        let session: Session = try connection.session(shell)
        let reader = ManifestReader(session: session, validation: .init(validation, session))
        let reading: ManifestReader.Reading = try await reader.readWhatCanBe(paths, recursive: files.recursive)
        let manifests: [Manifest] = reading.manifests
        var failures: Failures = reading.failures
        if manifests.isEmpty { try failures.throwIfAny() }
        if manifests.isEmpty { throw Failure("no objects passed to replace") }
        let writer = ObjectWriter(session: session, dryRun: dryRun, fieldManager: fieldManager, fieldValidation: validation)
        if force { try await delete(manifests, session, dryRun, policy) }
        for manifest in manifests {
            do {
                let made: JSON = try await replaced(manifest, writer)
                try printer.print(made, manifest.resource, done: "replaced", suffix: dryRun.suffix)
            } catch let status as APIStatus {
                failures.add(status.when("replacing", manifest.source))
            } catch {
                failures.add(error)
            }
        }
        try failures.throwIfAny()
        try session.finish()
    }

    private func replaced(_ manifest: Manifest, _ writer: ObjectWriter) async throws -> JSON {
        let hasNote: Bool = manifest.json[["metadata", "annotations", LastApplied.annotation]] != nil
        var object: JSON = saveConfig || hasNote ? LastApplied.added(to: manifest.json) : manifest.json
        guard writer.dryRun.reachesServer else { return object }
        if manifest.name.isEmpty, !force {
            throw Failure("error when replacing \(JSON.quoted(manifest.source)): resource name may not be empty")
        }
        if force { return try await writer.create(manifest, object) }
        if object[["metadata", "resourceVersion"]]?.string?.isEmpty != false {
            let live: JSON = try await writer.session.send(
                APIRequest(.get, manifest.resource.resource, namespace: manifest.namespace, name: manifest.name))
            object[["metadata", "resourceVersion"]] = live[["metadata", "resourceVersion"]]
        }
        return try await writer.replace(manifest, object, subresource: subresource.flatMap { $0.isEmpty ? nil : $0 })
    }

    private func delete(_ manifests: [Manifest], _ session: Session, _ dryRun: DryRun, _ policy: String) async throws {
        let deletion = ObjectDeletion(
            session: session, dryRun: dryRun, gracePeriodSeconds: gracePeriod >= 0 ? gracePeriod : nil, propagationPolicy: policy,
            showsNameOnly: printing.output == "name", tellsForce: false,
            timeout: timeout.duration > .zero ? timeout.duration : .seconds(300))
        var deleted: [ObjectDeletion.Deleted] = []
        for manifest in manifests {
            do {
                let target = Target(resource: manifest.resource, name: manifest.name, namespace: manifest.namespace)
                if let one = try await deletion.delete(target) { deleted.append(one) }
            } catch let status as APIStatus where status.isNotFound {
                continue
            }
        }
        session.output.flush()
        if dryRun.isReal { try await deletion.wait(for: deleted) }
    }
}

/// Sends a file to a path of the API and shows the answer, for `--raw`.
struct RawRequest {
    let session: Session

    /// Throws kubectl's text for what is no path.
    static func check(_ path: String) throws {
        guard path.hasPrefix("/") else {
            throw Failure("--raw must be a valid URL path: parse \(JSON.quoted(path)): invalid URI for request")
        }
    }

    func send(_ method: String, _ path: String, files: [String]) async throws {
        try Self.check(path)
        guard method == "DELETE" || files.count == 1 else {
            throw Failure(files.isEmpty ? "must specify one of -f and -k" : "--raw can only use a single local file or stdin")
        }
        var body: [UInt8] = []
        if let file = files.first {
            if file == "-" {
                body = try session.shell.input()
            } else {
                do { body = try LocalFile.read(file) } catch { throw Failure("\(error)") }
            }
        }
        let answer: APIResponse = try await session.transport.raw(method, path, body)
        session.show(answer.warnings)
        session.output.write(answer.body)
    }
}
