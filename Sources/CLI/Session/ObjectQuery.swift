import API
import Client
import Machinery

/// Flags that say which objects a verb works on: manifests, or types and names, or all that a selector leaves.
struct ObjectQuery {
    let session: Session
    var words: [String] = []
    var files = ManifestPaths()
    var selector: String?
    var fieldSelector: String?
    /// All objects of the types.
    var all: Bool = false
    var allNamespaces: Bool = false
    /// Manifests are taken as they are, and nothing is asked from the server.
    var isLocal: Bool = false
    /// Manifests only name objects: what the server has is taken.
    var isLatest: Bool = true
    /// Objects that are not there are passed over.
    var ignoresAbsence: Bool = false

    /// True when the words or files name one object.
    func isSingle() async throws -> Bool {
        if !files.paths.isEmpty { return try await manifests().manifests.count == 1 }
        let targets: [Target] = try await targets()
        return targets.count == 1 && targets[0].name != nil
    }

    /// Calls the body for each object in order, goes on after errors, and throws all of them at the end. Returns how many there were.
    @discardableResult
    func visit(_ body: (Manifest) async throws -> Void) async throws -> Int {
        var failures = Failures()
        var count: Int = 0
        if !files.paths.isEmpty {
            try ResourceArguments.refuse(words, besides: files.paths)
            let match: LabelMatch? = try ManifestReader.match(selector)
            let reader = ManifestReader(session: session, isLocal: isLocal)
            failures = try await reader.visit(files.paths, recursive: files.recursive) { manifest in
                guard match?.matches(manifest.json[["metadata", "labels"]]) != false else { return }
                var object: Manifest = manifest
                if isLatest, !isLocal {
                    do { object = try await live(manifest.resource, manifest.namespace, manifest.name, source: manifest.source) } catch let
                        status as APIStatus
                        where status.isNotFound && ignoresAbsence
                    {
                        return
                    }
                }
                count += 1
                try await body(object)
            }
        } else {
            for target in try await targets() {
                do {
                    for object in try await objects(of: target) {
                        count += 1
                        do { try await body(object) } catch { failures.add(error) }
                    }
                } catch let status as APIStatus where status.isNotFound && ignoresAbsence {
                    continue
                } catch {
                    failures.add(error)
                    if error is TransportError { break }
                }
            }
        }
        try failures.throwIfAny()
        return count
    }

    /// All objects; throws when one of them cannot be had.
    func objects() async throws -> [Manifest] {
        var objects: [Manifest] = []
        try await visit { objects.append($0) }
        return objects
    }

    private func manifests() async throws -> ManifestReader.Reading {
        try ResourceArguments.refuse(words, besides: files.paths)
        var reading: ManifestReader.Reading = try await ManifestReader(session: session, isLocal: isLocal).readWhatCanBe(
            files.paths, recursive: files.recursive)
        try reading.narrow(selector)
        return reading
    }

    static let namesNothing = Failure(
        "You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   "
            + "'-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'")

    private func targets() async throws -> [Target] {
        guard !words.isEmpty else { throw Self.namesNothing }
        let hasSelector: Bool = selector?.isEmpty == false || fieldSelector?.isEmpty == false
        if hasSelector { try ResourceArguments.refuseNames(words) }
        let targets: [Target] = try await ResourceArguments(session: session, allNamespaces: allNamespaces).targets(words)
        if !targets.contains(where: { $0.name != nil }), !all, !hasSelector {
            throw Failure("resource(s) were provided, but no name was specified")
        }
        return targets
    }

    private func objects(of target: Target) async throws -> [Manifest] {
        if let name = target.name { return [try await live(target.resource, target.namespace, name)] }
        var request = APIRequest(.list, target.resource.resource, namespace: target.namespace)
        request.options.labelSelector = selector
        request.options.fieldSelector = fieldSelector
        request.options.limit = 500
        var objects: [Manifest] = []
        repeat {
            let list: JSON = try await session.send(request)
            for item in list["items"]?.array ?? [] {
                objects.append(
                    Manifest(
                        json: GetQuery.typed(item, target.resource), resource: target.resource,
                        namespace: target.resource.isNamespaced ? item[["metadata", "namespace"]]?.string : nil, source: ""))
            }
            request.options.continueToken = list.continueToken
        } while request.options.continueToken != nil
        return objects
    }

    private func live(_ resource: APIResource, _ namespace: String?, _ name: String, source: String = "") async throws -> Manifest {
        let json: JSON = try await session.send(APIRequest(.get, resource.resource, namespace: namespace, name: name))
        return Manifest(json: json, resource: resource, namespace: namespace, source: source)
    }
}
