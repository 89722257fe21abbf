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
        func visit(_ object: Manifest) async {
            count += 1
            do { try await body(object) } catch { failures.add(error) }
        }
        if !files.paths.isEmpty {
            let reading: ManifestReader.Reading = try await manifests()
            failures.add(reading.failures)
            for manifest in reading.manifests {
                guard isLatest, !isLocal else {
                    await visit(manifest)
                    continue
                }
                do { await visit(try await live(manifest.resource, manifest.namespace, manifest.name, source: manifest.source)) } catch let
                    status as APIStatus
                    where status.isNotFound && ignoresAbsence
                {
                    continue
                } catch {
                    failures.add(error)
                }
            }
        } else {
            for target in try await targets() {
                do {
                    for object in try await objects(of: target) { await visit(object) }
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
        if !words.isEmpty {
            throw Failure("when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well")
        }
        var reading: ManifestReader.Reading = try await ManifestReader(session: session, isLocal: isLocal).readWhatCanBe(
            files.paths, recursive: files.recursive)
        try reading.narrow(selector)
        return reading
    }

    private func targets() async throws -> [Target] {
        guard !words.isEmpty else {
            throw Failure(
                "You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   "
                    + "'-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'")
        }
        let hasSelector: Bool = selector?.isEmpty == false || fieldSelector?.isEmpty == false
        let targets: [Target] = try await ResourceArguments(session: session, allNamespaces: allNamespaces).targets(words)
        if targets.contains(where: { $0.name != nil }) {
            if selector?.isEmpty == false { throw Failure("name cannot be provided when a selector is specified") }
            if fieldSelector?.isEmpty == false { throw Failure("name cannot be provided when a selector is specified") }
        } else if !all, !hasSelector {
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

/// Sends the changes of one verb: all under one manager's name, all dry or none.
struct ObjectWriter {
    let session: Session
    var dryRun: DryRun = .none
    var fieldManager: String
    var fieldValidation: String?

    func patch(
        _ object: Manifest, _ patch: [UInt8], as type: APIRequest.ContentType, subresource: String? = nil
    ) async throws -> JSON {
        var request: APIRequest = request(.patch, object, subresource)
        request.contentType = type
        request.body = patch
        return try await session.send(request)
    }

    /// Sends what changed between two forms of an object: a strategic patch where we know the kind, a merge patch elsewhere.
    func patch(_ object: Manifest, to changed: JSON, subresource: String? = nil) async throws -> JSON {
        let (patch, isStrategic): (JSON, Bool) = Self.difference(object, changed)
        return try await self.patch(
            object, patch.serialized(), as: isStrategic ? .strategicMergePatch : .mergePatch, subresource: subresource)
    }

    static func difference(_ object: Manifest, _ changed: JSON) -> (patch: JSON, isStrategic: Bool) {
        if let schema: ObjectSchema = KnownSchema.of(object.resource.resource),
            let patch = try? StrategicMergePatch.twoWay(object.json, changed, schema: schema)
        {
            return (patch, true)
        }
        return (MergePatch.diff(from: object.json, to: changed), false)
    }

    /// Puts the object in place of what is there.
    func replace(_ object: Manifest, _ json: JSON, subresource: String? = nil) async throws -> JSON {
        var request: APIRequest = request(.update, object, subresource)
        request.body = json.sortedByKey.serialized()
        return try await session.send(request)
    }

    func create(_ object: Manifest, _ json: JSON) async throws -> JSON {
        var request: APIRequest = request(.create, object, nil)
        request.name = nil
        request.body = json.sortedByKey.serialized()
        return try await session.send(request)
    }

    private func request(_ verb: API.Verb, _ object: Manifest, _ subresource: String?) -> APIRequest {
        var request = APIRequest(
            verb, object.resource.resource, namespace: object.namespace, name: object.name, subresource: subresource)
        request.options.fieldManager = fieldManager
        request.options.fieldValidation = fieldValidation
        if case .server = dryRun { request.options.dryRun = true }
        return request
    }
}
