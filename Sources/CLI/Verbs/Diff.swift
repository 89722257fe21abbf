import API
import Client
import Glibc
import Machinery

/// `diff`: shows what apply would change. Exit code 1 means that there is something.
package struct Diff: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Show what apply would change.", usage: "swkube diff -f FILE [flags]",
        discussion:
            "Exit codes: 0 no difference, 1 differences, more than 1 an error. $KUBECTL_EXTERNAL_DIFF names another program than diff.")

    @Argument(isHidden: true)
    var words: [String] = []

    @OptionGroup(title: "Manifests") var files: FilenameOptions

    @Option("selector", "l", help: "Only the manifests with these labels.", value: "selector")
    var selector: String?

    @Flag("server-side", help: "Compare with what server-side apply would make.")
    var serverSide = false

    @Flag("force-conflicts", help: "With --server-side: take over fields that others manage.")
    var forceConflicts = false

    @Option("field-manager", help: "Name under which the fields are managed.", value: "name")
    var fieldManager: String?

    @Flag("prune", help: "Show also what --prune of apply would delete.")
    var prune = false

    @OptionGroup var pruneOptions: PruneAllowlist

    @Option("concurrency", help: "How many objects to ask for at a time.", value: "int")
    var concurrency = 1

    @Flag("show-managed-fields", help: "Compare metadata.managedFields, too.")
    var showManagedFields = false

    @Flag("show-secrets", help: "Show the values of Secrets.")
    var showSecrets = false

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        do { try await compare(shell) } catch {
            // A 1 says that there are differences, and nothing else.
            let failure: Failure = (error as? KubeconfigError)?.inWords(of: self) ?? Failure(error)
            throw failure.exitCode == 1 && !failure.description.isEmpty
                ? Failure(failure.description, exitCode: 2, isComplete: failure.isComplete) : failure
        }
    }

    private func compare(_ shell: Shell) async throws {
        if !words.isEmpty {
            throw Failure("Unexpected args: [\(words.joined(separator: " "))]\nSee '\(CLI.program) diff -h' for help and examples")
        }
        let paths: [String] = try files.paths()
        if paths.isEmpty { throw Failure("must specify one of -f and -k") }
        if forceConflicts, !serverSide { throw Failure("--force-conflicts only works with --server-side") }
        let session: Session = try connection.session(shell)
        var query = ObjectQuery(session: session, files: try files.manifests(), isLatest: false)
        query.selector = selector
        let manifests: [Manifest] = try await query.objects()
        let folders = try DiffFolders(shell)
        defer { folders.remove() }
        let applier = Applier(
            session: session, dryRun: .server, fieldValidation: "Ignore",
            fieldManager: fieldManager ?? (serverSide ? "kubectl" : "kubectl-client-side-apply"), overwrite: true,
            forceConflicts: forceConflicts, recreates: false, migrates: false)
        var failure: (any Error)?
        await session.inOrder(manifests, atOnce: concurrency) { manifest, session in
            var applier: Applier = applier
            applier.session = session
            let live: JSON? = try await Self.live(manifest, session)
            let merged: JSON = try await serverSide ? applier.applyOnServer(manifest).object : applier.mergedOnClient(manifest, live)
            return (live, merged)
        } take: { manifest, result in
            do {
                let (live, merged): (JSON?, JSON) = try result.get()
                try write(live, merged, manifest, folders)
            } catch {
                failure = error
            }
            return failure == nil
        }
        if let failure { throw failure }
        if prune {
            let pruner = Pruner(session: session, allowlist: try await pruneOptions.resources(session), selector: selector, dryRun: .server)
            for object in try await pruner.objects(besides: manifests) { try write(object.json, nil, object, folders) }
        }
        shell.output.flush()
        let code: Int32 = try folders.compare(shell)
        if code != 0 { throw Failure.silent(code) }
        try session.finish()
    }

    private static func live(_ manifest: Manifest, _ session: Session) async throws -> JSON? {
        if manifest.name.isEmpty { return nil }
        do {
            return try await session.send(
                APIRequest(.get, manifest.resource.resource, namespace: manifest.namespace, name: manifest.name))
        } catch let status as APIStatus where status.isNotFound {
            return nil
        }
    }

    private func write(_ live: JSON?, _ merged: JSON?, _ manifest: Manifest, _ folders: DiffFolders) throws {
        var (live, merged): (JSON?, JSON?) = (live, merged)
        if !showManagedFields {
            live = live.map(ObjectPrinter.withoutManagedFields)
            merged = merged.map(ObjectPrinter.withoutManagedFields)
        }
        if manifest.resource.kind == "Secret", manifest.resource.resource.group.isEmpty, !showSecrets { Self.mask(&live, &merged) }
        let name: String = [
            manifest.resource.apiVersion.replacing("/", with: "."), manifest.resource.kind, manifest.namespace ?? "",
            manifest.name.isEmpty ? merged?.text(at: "metadata", "name") ?? "" : manifest.name,
        ].joined(separator: ".")
        if let live { try folders.write(YAML.write(live, sortedKeys: true), "LIVE", name) }
        if let merged { try folders.write(YAML.write(merged, sortedKeys: true), "MERGED", name) }
    }

    /// Values of Secrets: stars, and whether they differ.
    private static func mask(_ live: inout JSON?, _ merged: inout JSON?) {
        let (old, new): (JSONObject, JSONObject) = (live?["data"]?.object ?? [:], merged?["data"]?.object ?? [:])
        for key in Set(old.keys + new.keys) {
            let (was, isNow): (JSON?, JSON?) = (old[key], new[key])
            if was != nil, isNow != nil, was != isNow {
                live?[["data", key]] = "*** (before)"
                merged?[["data", key]] = "*** (after)"
            } else {
                if was != nil { live?[["data", key]] = "***" }
                if isNow != nil { merged?[["data", key]] = "***" }
            }
        }
        for path in [["metadata", "annotations", LastApplied.annotation]] {
            guard live?[path] != nil || merged?[path] != nil else { continue }
            let differs: Bool = live?[path] != nil && merged?[path] != nil && live?[path] != merged?[path]
            if live?[path] != nil { live?[path] = .string(differs ? "*** (before)" : "***") }
            if merged?[path] != nil { merged?[path] = .string(differs ? "*** (after)" : "***") }
        }
    }
}

/// Two folders of files, and the program that compares them.
struct DiffFolders {
    private let paths: [String: String]

    init(_ shell: Shell) throws {
        let place: String = shell.environment("TMPDIR").flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        var paths: [String: String] = [:]
        for name in ["LIVE", "MERGED"] {
            var template: [CChar] = Array("\(place)/\(name)-XXXXXX".utf8CString)
            guard mkdtemp(&template) != nil else {
                throw Failure("cannot make a folder in \(place): \(String(cString: strerror(errno)))", exitCode: 2)
            }
            paths[name] = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        self.paths = paths
    }

    func write(_ text: String, _ folder: String, _ name: String) throws {
        try LocalFile.replace("\(paths[folder] ?? "")/\(name)", with: Array(text.utf8))
    }

    /// Runs the program; its output is ours. Returns its exit code.
    func compare(_ shell: Shell) throws -> Int32 {
        var command: [String] = ["diff", "-u", "-N"]
        if let external = shell.environment("KUBECTL_EXTERNAL_DIFF"), !external.isEmpty {
            // As kubectl: words of letters, digits, dashes and equal signs only, so that no shell is needed.
            let words: [String] = external.split(separator: " ").map(String.init)
            command = [words[0]] + words.dropFirst().filter { $0.allSatisfy { $0.isLetter || $0.isNumber || "-=".contains($0) } }
        }
        let program = Program(command[0], command.dropFirst() + [paths["LIVE"] ?? "", paths["MERGED"] ?? ""])
        do { return try program.run().code } catch {
            let why: String = error.isMissing ? "executable file not found in $PATH" : "\(error)"
            throw Failure("failed to run \(JSON.quoted(command[0])): \(why)", exitCode: 2)
        }
    }

    func remove() {
        for path in paths.values {
            for name in (try? LocalFile.names(in: path)) ?? [] { unlink(path + "/" + name) }
            rmdir(path)
        }
    }
}
