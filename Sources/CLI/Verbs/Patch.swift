import API
import Client
import Machinery

/// `patch`: changes fields of objects.
package struct Patch: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "patch", abstract: "Change fields of an object.",
        usage: "swkube patch (-f FILE | TYPE NAME | TYPE/NAME …) (-p PATCH | --patch-file FILE) [flags]")

    @Argument(help: "Types and names: pod web-1, deploy/web", value: "type or type/name")
    var words: [String] = []

    @OptionGroup(title: "Manifests") var files: FilenameOptions

    @Option("patch", "p", help: "The patch, in JSON or YAML.", value: "patch")
    var patch: String?

    @Option("patch-file", help: "A file with the patch.", value: "file")
    var patchFile: String?

    @Option("type", help: "What the patch is: strategic, merge or json.", value: "type")
    var type = "strategic"

    @Option("subresource", help: "Change this part of the object: status, scale, resize.", value: "name")
    var subresource: String?

    @Flag("local", help: "Work on the manifests alone, without a server.")
    var local = false

    @Option("field-manager", help: "Name under which the fields are managed.", value: "name")
    var fieldManager = "kubectl-patch"

    @OptionGroup var dryRunOptions: DryRunOptions
    @OptionGroup var printing: PrintOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        let dryRun: DryRun = try dryRunOptions.value()
        let (inline, file): (String, String) = (patch ?? "", patchFile ?? "")
        if !inline.isEmpty, !file.isEmpty { throw Failure("cannot specify --patch and --patch-file together") }
        if inline.isEmpty, file.isEmpty { throw Failure("must specify --patch or --patch-file containing the contents of the patch") }
        if local, !words.isEmpty { throw Failure("cannot specify --local and server resources") }
        if local, case .server = dryRun {
            throw Failure("cannot specify --local and --dry-run=server - did you mean --dry-run=client?")
        }
        let kind: String = type.isEmpty ? "strategic" : type.lowercased()
        let types: [String: APIRequest.ContentType] = ["strategic": .strategicMergePatch, "merge": .mergePatch, "json": .jsonPatch]
        guard let contentType = types[kind] else {
            throw Failure("--type must be one of [json merge strategic], not \(JSON.quoted(type))")
        }
        var printer: ObjectPrinter = try printing.printer(shell.output)
        let change: [UInt8] = try bytes(inline, file)
        let session: Session = try connection.session(shell)
        let writer = ObjectWriter(session: session, dryRun: dryRun, fieldManager: fieldManager)
        let query = ObjectQuery(session: session, words: words, files: try files.manifests(), isLocal: local, isLatest: false)
        let part: String? = subresource.flatMap { $0.isEmpty ? nil : $0 }
        let count: Int = try await query.visit { object in
            var before: JSON = object.json
            let result: JSON
            if let part, !local {
                before = try await session.send(
                    APIRequest(.get, object.resource.resource, namespace: object.namespace, name: object.name, subresource: part))
            }
            if local || !dryRun.reachesServer {
                result = try object.patched(try JSON(parsing: change), contentType)
            } else {
                do { result = try await writer.patch(object, change, as: contentType, subresource: part) } catch let status as APIStatus
                    where status.code == 415
                {
                    throw Failure(
                        "\(contentType.rawValue) is not supported by \(object.resource.apiVersion), Kind=\(object.resource.kind): \(status.message)"
                    )
                }
            }
            // As kubectl 1.37: a dry run is not told apart here.
            try printer.print(result, object.resource, done: result == before ? "patched (no change)" : "patched")
            printer = try printing.printer(shell.output)
        }
        if count == 0 { throw Failure("no objects passed to patch") }
        try session.finish()
    }

    /// JSON as it was given; YAML as JSON.
    private func bytes(_ inline: String, _ file: String) throws -> [UInt8] {
        var bytes = Array(inline.utf8)
        if !file.isEmpty {
            do { bytes = try LocalFile.read(file) } catch { throw Failure("unable to read patch file: \(error)") }
        }
        if bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") { return bytes }
        do { return (try YAML.documents(bytes).first?.json ?? .null).serialized() } catch {
            throw Failure("unable to parse \(JSON.quoted(inline)): \(error.kubectlText)")
        }
    }
}

extension Manifest {
    /// What a patch makes of the object, without a server.
    func patched(_ patch: JSON, _ type: APIRequest.ContentType) throws -> JSON {
        switch type {
        case .jsonPatch:
            do { return try JSONPatch(patch).applied(to: json) } catch { throw Failure("\(error)") }
        case .mergePatch: return MergePatch.apply(patch, to: json)
        default:
            guard let schema = KnownSchema.of(resource.resource) else {
                throw Failure(
                    "strategic merge patch is not supported for \(resource.apiVersion), Kind=\(resource.kind) locally, try --type merge")
            }
            do { return try StrategicMergePatch.apply(patch, to: json, schema: schema) } catch { throw Failure("\(error)") }
        }
    }
}
