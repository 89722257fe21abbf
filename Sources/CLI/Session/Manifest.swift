import API
import Client
import Machinery

/// One object, of a manifest or from the server, with the resource that it belongs to.
struct Manifest: Sendable {
    var json: JSON
    let resource: APIResource
    /// nil for kinds without namespace.
    let namespace: String?
    /// The file as it was given; `STDIN` for standard input; empty for what the server had.
    let source: String

    var name: String { json[["metadata", "name"]]?.string ?? "" }
    /// `deployment.apps/web`
    var shown: String { resource.shown + "/" + (name.isEmpty ? json[["metadata", "generateName"]]?.string ?? "" : name) }
}

/// Reads manifests: files, folders, standard input; several documents and lists in each.
struct ManifestReader {
    let session: Session
    /// Says what is missing in the words of `create` and `apply`, which check their input.
    var validates: Bool = false
    /// Takes kinds that nobody knows, too, and asks no server.
    var isLocal: Bool = false

    /// All objects in the order of the files. Nothing is returned unless everything could be read.
    func read(_ paths: [String], recursive: Bool) async throws -> [Manifest] {
        var manifests: [Manifest] = []
        try Self.checkPresence(paths)
        for path in paths {
            if path == "-" {
                manifests += try await parse(try session.shell.input(), "STDIN")
                continue
            }
            if path.hasPrefix(ManifestPaths.kustomization) {
                let folder = String(path.dropFirst(ManifestPaths.kustomization.count))
                for object in try KustomizeBuild(output: session.output).objects(folder) { manifests += try await manifest(object, folder) }
                continue
            }
            if RemoteFile.names(path) {
                let file = RemoteFile(path, environment: session.shell.environment)
                manifests += try await parse(try await file.bytes(userAgent: CLI.program), path)
                continue
            }
            for file in try Self.files(path, recursive: recursive) {
                manifests += try await parse(try Self.bytes(file), file)
            }
        }
        return manifests
    }

    private func parse(_ bytes: [UInt8], _ source: String) async throws -> [Manifest] {
        let documents: [YAMLDocument]
        do { documents = try YAML.documents(bytes, file: source) } catch {
            throw Failure("error parsing \(source): \(error.kubectlText)")
        }
        var manifests: [Manifest] = []
        for document in documents {
            if let duplicate = document.duplicates.first {
                throw Failure("error parsing \(source): error converting YAML to JSON: yaml: unmarshal errors:\n  \(duplicate)")
            }
            manifests += try await manifest(document.json, source)
        }
        return manifests
    }

    private func manifest(_ json: JSON, _ source: String) async throws -> [Manifest] {
        guard json.object != nil else {
            if validates {
                throw Failure(
                    "error validating \(JSON.quoted(source)): error validating data: invalid object to validate; if you choose to ignore these "
                        + "errors, turn validation off with --validate=false")
            }
            throw Failure(
                "unable to decode \(JSON.quoted(source)): json: cannot unmarshal \(json.typeName) into Go value of type map[string]interface {}"
            )
        }
        if validates { try Self.requireType(json, source) }
        guard let kind = json["kind"]?.string, !kind.isEmpty else {
            throw Failure("unable to decode \(JSON.quoted(source)): Object 'Kind' is missing in '\(json.sortedByKey.text())'")
        }
        if kind.hasSuffix("List"), let items = json["items"]?.array {
            var manifests: [Manifest] = []
            for item in items { manifests += try await manifest(item, source) }
            return manifests
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
        if isLocal { return [Manifest(json: json, resource: resource, namespace: given, source: source)] }
        guard resource.isNamespaced else { return [Manifest(json: json, resource: resource, namespace: nil, source: source)] }
        if let given, session.isNamespaceGiven, given != session.namespace {
            throw Failure(
                "the namespace from the provided object \(JSON.quoted(given)) does not match the namespace "
                    + "\(JSON.quoted(session.namespace)). You must pass '--namespace=\(given)' to perform this operation.")
        }
        var json: JSON = json
        let namespace: String = given ?? session.namespace
        json[["metadata", "namespace"]] = .string(namespace)
        return [Manifest(json: json, resource: resource, namespace: namespace, source: source)]
    }

    /// A resource for a kind that only a server knows.
    private static func guess(_ apiVersion: String, _ kind: String) -> APIResource {
        let (group, version): (String, String) = Discovery.split(apiVersion)
        let singular: String = kind.lowercased()
        return APIResource(
            resource: GroupVersionResource(group: group, version: version, resource: singular + "s"), kind: kind, singular: singular,
            short: [], categories: [], isNamespaced: true, verbs: [])
    }

    private static func requireType(_ json: JSON, _ source: String) throws {
        let missing: [String] = ["apiVersion", "kind"].filter { json[$0]?.string?.isEmpty != false }.map { $0 + " not set" }
        guard !missing.isEmpty else { return }
        let list: String = missing.count == 1 ? missing[0] : "[" + missing.joined(separator: ", ") + "]"
        throw Failure(
            "error validating \(JSON.quoted(source)): error validating data: \(list); if you choose to ignore these errors, turn validation "
                + "off with --validate=false")
    }

    /// Throws for all paths that are not there at once.
    private static func checkPresence(_ paths: [String]) throws {
        var failures = Failures()
        for path in paths where path != "-" && !path.hasPrefix(ManifestPaths.kustomization) && !RemoteFile.names(path) {
            if fitting(path).isEmpty {
                failures.add(Failure("the path \(JSON.quoted(path)) does not exist", isComplete: paths.count > 1))
            }
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
            let inner: String = path.hasSuffix("/") ? path + name : path + "/" + name
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
