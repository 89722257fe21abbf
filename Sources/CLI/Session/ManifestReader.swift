import API
import Client
import Machinery

/// Reads manifests: files, folders, standard input; several documents and lists in each.
struct ManifestReader {
    let session: Session
    /// Of `create`, `apply` and `replace`, which check their input.
    var validation: ManifestValidation?
    /// Takes kinds that nobody knows, too, and asks no server.
    var isLocal: Bool = false

    /// What could be read, in the order of the files, and why the rest could not.
    struct Reading {
        var manifests: [Manifest] = []
        var failures = Failures()

        /// Leaves out the objects whose labels a selector does not fit.
        mutating func narrow(_ selector: String?) throws {
            guard let match = try ManifestReader.match(selector) else { return }
            manifests = manifests.filter { match.matches($0.json[["metadata", "labels"]]) }
        }
    }

    /// nil when there is no selector.
    static func match(_ selector: String?) throws -> LabelMatch? {
        guard let selector, !selector.isEmpty else { return nil }
        do { return try LabelMatch(parsing: selector) } catch {
            throw Failure("the provided selector \(JSON.quoted(selector)) is not valid: \(error)")
        }
    }

    /// All objects in the order of the files. Throws when one of them cannot be read.
    func read(_ paths: [String], recursive: Bool) async throws -> [Manifest] {
        let reading: Reading = try await readWhatCanBe(paths, recursive: recursive)
        try reading.failures.throwIfAny()
        return reading.manifests
    }

    /// All that can be read, as kubectl's verbs go on with the rest of a file after an object that they do not understand. Throws for
    /// files that are not there, and when the server cannot be reached.
    func readWhatCanBe(_ paths: [String], recursive: Bool) async throws -> Reading {
        var manifests: [Manifest] = []
        let failures: Failures = try await visit(paths, recursive: recursive) { manifests.append($0) }
        return Reading(manifests: manifests, failures: failures)
    }

    /// Calls the body for each object as soon as it is read. Returns why others cannot be read, and what the body threw, in the order of
    /// the files. Throws as ``readWhatCanBe(_:recursive:)`` does.
    func visit(_ paths: [String], recursive: Bool, _ body: (Manifest) async throws -> Void) async throws -> Failures {
        var failures = Failures()
        try Self.checkPresence(paths)
        for path in paths {
            if path == "-" {
                try await parse(try session.shell.input(), "STDIN", &failures, body)
            } else if path.hasPrefix(ManifestPaths.kustomization) {
                let folder = String(path.dropFirst(ManifestPaths.kustomization.count))
                for object in try KustomizeBuild(output: session.output).objects(folder) {
                    do throws(Failure) { try await validation?.check(object, folder) } catch {
                        failures.add(error)
                        break
                    }
                    try await add(object, folder, &failures, body)
                }
            } else if RemoteFile.names(path) {
                let file = RemoteFile(path, environment: session.shell.environment)
                try await parse(try await file.bytes(userAgent: CLI.program), path, &failures, body)
            } else {
                for file in try Self.files(path, recursive: recursive) {
                    do { try await parse(try Self.bytes(file), file, &failures, body) } catch let failure as Failure {
                        failures.add(failure)
                    }
                }
            }
        }
        return failures
    }

    /// The documents of a file. What the schema refuses, and what is no YAML, ends it.
    private func parse(
        _ bytes: [UInt8], _ source: String, _ failures: inout Failures, _ body: (Manifest) async throws -> Void
    ) async throws {
        for document in ManifestStream(bytes, source: source) {
            do throws(Failure) {
                let document: YAMLDocument = try document.get()
                // kubectl takes the last of two without a word.
                if !CLI.isKubectl, let duplicate = document.duplicates.first {
                    throw Failure("error parsing \(source): error converting YAML to JSON: yaml: unmarshal errors:\n  \(duplicate)")
                }
                try await validation?.check(document.json, source)
            } catch {
                return failures.add(error)
            }
            if case .success(let document) = document { try await add(document.json, source, &failures, body) }
        }
    }

    /// The object, or the objects of a list. Throws when the server cannot be reached.
    private func add(
        _ json: JSON, _ source: String, _ failures: inout Failures, _ body: (Manifest) async throws -> Void
    ) async throws {
        if json["kind"]?.string?.hasSuffix("List") == true, let items = json["items"]?.array {
            for item in items { try await add(item, source, &failures, body) }
            return
        }
        let found: Manifest
        do { found = try await manifest(json, source) } catch let failure as Failure { return failures.add(failure) }
        do { try await body(found) } catch {
            failures.add(error)
            if error is TransportError { throw error }
        }
    }

    private func manifest(_ json: JSON, _ source: String) async throws -> Manifest {
        guard json.object != nil else {
            throw Failure(
                "unable to decode \(JSON.quoted(source)): json: cannot unmarshal \(json.typeName) into Go value of type map[string]interface {}"
            )
        }
        guard let kind = json["kind"]?.string, !kind.isEmpty else {
            throw Failure("unable to decode \(JSON.quoted(source)): Object 'Kind' is missing in '\(json.sortedByKey.text())'")
        }
        if let mistake = Self.mistake(json["metadata"] ?? [:]) {
            throw Failure("unable to decode \(JSON.quoted(source)): json: \(mistake)")
        }
        let apiVersion: String = json["apiVersion"]?.string ?? ""
        let name: String = json[["metadata", "name"]]?.string ?? ""
        let given: String? = json[["metadata", "namespace"]]?.string.flatMap { $0.isEmpty ? nil : $0 }
        guard
            let resource = try await isLocal
                ? session.catalog.builtIn(apiVersion: apiVersion, kind: kind) ?? Self.guess(apiVersion, kind)
                : session.catalog.find(apiVersion: apiVersion, kind: kind)
        else {
            throw Failure(
                "resource mapping not found for name: \(JSON.quoted(name)) namespace: \(JSON.quoted(given ?? "")) from \(JSON.quoted(source)): "
                    + "no matches for kind \(JSON.quoted(kind)) in version \(JSON.quoted(apiVersion))\nensure CRDs are installed first")
        }
        var json: JSON = session.shell.changeCause?.noted(json) ?? json
        if isLocal { return Manifest(json: json, resource: resource, namespace: given, source: source) }
        guard resource.isNamespaced else { return Manifest(json: json, resource: resource, namespace: nil, source: source) }
        if let given, session.isNamespaceGiven, given != session.namespace {
            throw Failure(
                "the namespace from the provided object \(JSON.quoted(given)) does not match the namespace "
                    + "\(JSON.quoted(session.namespace)). You must pass '--namespace=\(given)' to perform this operation.")
        }
        let namespace: String = given ?? session.namespace
        json[["metadata", "namespace"]] = .string(namespace)
        return Manifest(json: json, resource: resource, namespace: namespace, source: source)
    }

    /// A resource for a kind that only a server knows.
    private static func guess(_ apiVersion: String, _ kind: String) -> APIResource {
        let (group, version): (String, String) = Discovery.split(apiVersion)
        let singular: String = kind.lowercased()
        return APIResource(
            resource: GroupVersionResource(group: group, version: version, resource: singular + "s"), kind: kind, singular: singular,
            short: [], categories: [], isNamespaced: true, verbs: [])
    }

    /// A member of the metadata that is no text, as Go's JSON says it; nil when all are.
    private static func mistake(_ metadata: JSON) -> String? {
        func mistake(_ json: JSON?, _ member: String) -> String? {
            guard let json, json.string == nil, !json.isNull else { return nil }
            return "cannot unmarshal \(json.typeName) into Go struct field ObjectMeta.metadata.\(member) of type string"
        }
        for member in ["name", "generateName", "namespace"] { if let found = mistake(metadata[member], member) { return found } }
        for member in ["labels", "annotations"] {
            for pair in metadata[member]?.object ?? [:] { if let found = mistake(pair.value, member) { return found } }
        }
        return nil
    }

    /// Throws for all paths that are not there at once.
    static func checkPresence(_ paths: [String]) throws {
        let missing: [String] = paths.filter { path in
            path != "-" && !path.hasPrefix(ManifestPaths.kustomization) && !RemoteFile.names(path) && fitting(path).isEmpty
        }
        var failures = Failures()
        for path in missing {
            failures.add(Failure("the path \(JSON.quoted(path)) does not exist", isComplete: missing.count > 1))
        }
        try failures.throwIfAny()
    }

    /// The path itself, or the files that it stands for as a pattern: `config/*.yaml`.
    private static func fitting(_ path: String) -> [String] {
        LocalFile.exists(path) ? [path] : LocalFile.matching(path)
    }

    /// The file itself, or the manifests in a folder by name.
    private static func files(_ path: String, recursive: Bool) throws -> [String] {
        let matches: [String] = fitting(path)
        guard matches == [path] else { return try matches.flatMap { try Self.files($0, recursive: recursive) } }
        guard LocalFile.isFolder(path) else { return [path] }
        var files: [String] = []
        for name in try LocalFile.names(in: path) {
            let inner: String = path == "." ? name : path.hasSuffix("/") ? path + name : path + "/" + name
            if LocalFile.isFolder(inner) {
                if recursive { files += try Self.files(inner, recursive: true) }
            } else if [".json", ".yaml", ".yml"].contains(where: name.hasSuffix) {
                files.append(inner)
            }
        }
        if files.isEmpty, !recursive {
            throw Failure("error reading [\(path)]: recognized file extensions are [.json .yaml .yml]")
        }
        return files
    }

    private static func bytes(_ path: String) throws -> [UInt8] {
        do { return try LocalFile.read(path) } catch { throw Failure("error reading \(path): \(error)") }
    }
}
