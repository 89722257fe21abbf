import API
import Client
import Crypto
import Machinery

/// Objects that are applied together, and the parent object that keeps which kinds and namespaces they are of.
///
/// Members bear a label with the set's id, so that what is applied no longer can be found and deleted.
/// Source: KEP-3659, k8s.io/kubectl/pkg/cmd/apply/applyset.go.
struct ApplySet {
    /// Kinds and namespaces that members may be found in.
    private struct Range {
        var kinds: [String: APIResource] = [:]
        var namespaces: Set<String> = []

        func union(_ other: Range) -> Range {
            Range(kinds: kinds.merging(other.kinds) { $1 }, namespaces: namespaces.union(other.namespaces))
        }
    }

    private enum Mark {
        static let id = "applyset.kubernetes.io/id"
        static let partOf = "applyset.kubernetes.io/part-of"
        static let tooling = "applyset.kubernetes.io/tooling"
        static let kinds = "applyset.kubernetes.io/contains-group-kinds"
        static let oldKinds = "applyset.kubernetes.io/contains-group-resources"
        static let namespaces = "applyset.kubernetes.io/additional-namespaces"
        static let parentType = "applyset.kubernetes.io/is-parent-type"
    }

    /// kubectl's sets are ours, and the other way round.
    private static let tool = "kubectl"
    private static let usualParents: [String] = ["secrets", "configmaps"]

    private let session: Session
    private let dryRun: DryRun
    private let fieldValidation: String
    private let resource: APIResource
    private let name: String
    private let namespace: String?
    /// As the parent had it when this apply began.
    private var before = Range()
    private var after = Range()

    /// The features that are off unless a variable says otherwise.
    static func isEnabled(_ shell: Shell) -> Bool { shell.environment("KUBECTL_APPLYSET")?.lowercased() == "true" }

    /// - Parameter reference: `NAME`, which is a Secret, or `RESOURCE[.GROUP]/NAME`.
    init(_ reference: String, _ session: Session, _ dryRun: DryRun, fieldValidation: String) async throws {
        self.session = session
        self.dryRun = dryRun
        self.fieldValidation = fieldValidation
        let parts: [Substring] = reference.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let word: String = parts.count > 1 ? String(parts[0]) : "secrets"
        name = String(parts.last ?? "")
        func invalid(_ why: String) -> Failure { Failure("invalid parent reference \(JSON.quoted(reference)): \(why)") }
        if name.isEmpty { throw invalid("name cannot be blank") }
        guard let found = try await session.catalog.find(word) else {
            let halves: [Substring] = word.split(separator: ".", maxSplits: 1)
            throw invalid("no matches for \(halves.count > 1 ? halves[1] : "")/, Resource=\(halves.first ?? "")")
        }
        resource = found
        namespace = found.isNamespaced && session.isNamespaceGiven ? session.namespace : nil
        try await check()
    }

    /// Whether the parent may be one.
    private func check() async throws {
        var problems: [String] = []
        if resource.isNamespaced, namespace == nil { problems.append("namespace is required to use namespace-scoped ApplySet") }
        if !Self.usualParents.contains(resource.qualified) {
            let list: JSON = try await session.send(
                APIRequest(
                    .list, CustomResourceDefinition.names.resource, options: RequestOptions { $0.labelSelector = Mark.parentType },
                    representation: .metadataList))
            if !list.list("items").contains(where: { $0.text(at: "metadata", "name") == resource.qualified }) {
                let place = "\(resource.apiVersion), Resource=\(resource.resource.resource)"
                problems.append(
                    "resource \(JSON.quoted((resource.resource.group.isEmpty ? "/" : "") + place)) is not permitted as an ApplySet parent")
            }
        }
        guard !problems.isEmpty else { return }
        throw Failure(problems.count == 1 ? problems[0] : "[" + problems.joined(separator: ", ") + "]")
    }

    private var shown: String { JSON.quoted("\(resource.resource.resource).\(resource.resource.group)/\(name)") }

    private var id: String {
        let text = "\(name).\(namespace ?? "").\(resource.kind).\(resource.resource.group)"
        let hash: String = Base64Text.encode(Array(SHA256.hash(data: Array(text.utf8))))
        let safe: String = String(hash.prefix { $0 != "=" }.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })
        return "applyset-\(safe)-v1"
    }

    // MARK: - Before

    /// The manifests with the label of members.
    func labelled(_ manifests: [Manifest]) throws -> [Manifest] {
        try manifests.map { manifest in
            var manifest: Manifest = manifest
            if manifest.json[["metadata", "labels", Mark.partOf]] != nil {
                throw Failure("ApplySet label \(JSON.quoted(Mark.partOf)) already set in input data")
            }
            manifest.json[["metadata", "labels", Mark.partOf]] = .string(id)
            return manifest
        }
    }

    /// Reads the parent and tells it, before anything is applied, of all that there may be afterwards: an apply that breaks off loses nothing.
    mutating func begin(_ manifests: [Manifest]) async throws {
        before = try await known()
        for manifest in manifests {
            after.kinds[Self.kind(manifest.resource)] = manifest.resource
            if let namespace = manifest.namespace { after.namespaces.insert(namespace) }
        }
        try await update(before.union(after))
    }

    /// What the parent knows. One that is not there is made, unless it is a custom resource.
    private func known() async throws -> Range {
        let parent: JSON
        do {
            parent = try await session.send(APIRequest(.get, resource.resource, namespace: namespace, name: name))
        } catch let status as APIStatus where status.isNotFound {
            guard Self.usualParents.contains(resource.qualified) else {
                throw Failure("custom resource ApplySet parents cannot be created automatically")
            }
            return Range()
        } catch let status as APIStatus {
            throw Failure("failed to fetch ApplySet parent object \(shown): \(status.message)")
        }
        func annotation(_ key: String) -> String? { parent[["metadata", "annotations", key]]?.string }
        guard let tooling = annotation(Mark.tooling) else {
            throw Failure("ApplySet parent object \(shown) already exists and is missing required annotation \(JSON.quoted(Mark.tooling))")
        }
        let tool: String = tooling.lastIndex(of: "/").map { String(tooling[..<$0]) } ?? tooling
        if tool != Self.tool {
            throw Failure(
                "ApplySet parent object \(shown) already exists and is managed by tooling \(JSON.quoted(tool)) instead of "
                    + JSON.quoted(Self.tool))
        }
        guard let label = parent[["metadata", "labels", Mark.id]]?.string else {
            throw Failure("ApplySet parent object \(shown) exists and does not have required label \(Mark.id)")
        }
        if label != id {
            throw Failure(
                "ApplySet parent object \(shown) exists and has incorrect value for label \(JSON.quoted(Mark.id)) (got: \(label), want: \(id))"
            )
        }
        var range = Range()
        let key: String = annotation(Mark.kinds) == nil && annotation(Mark.oldKinds)?.isEmpty == false ? Mark.oldKinds : Mark.kinds
        func unreadable(_ why: String) -> Failure { Failure("parsing ApplySet annotation on \(shown): \(why)") }
        guard let kinds = annotation(key) else {
            throw unreadable("kubectl requires the \(JSON.quoted(Mark.kinds)) annotation to be set on all ApplySet parent objects")
        }
        for kind in kinds.split(separator: ",") {
            guard let found = try await session.catalog.find(String(kind)) else {
                let halves: [Substring] = kind.split(separator: ".", maxSplits: 1)
                throw unreadable(
                    "could not find mapping for kind in \(JSON.quoted(key)) annotation: no matches for kind "
                        + "\(JSON.quoted(String(halves[0]))) in group \(JSON.quoted(halves.count > 1 ? String(halves[1]) : ""))")
            }
            range.kinds[Self.kind(found)] = found
        }
        range.namespaces = Set((annotation(Mark.namespaces) ?? "").split(separator: ",").map(String.init))
        if let namespace { range.namespaces.insert(namespace) }
        return range
    }

    /// `ConfigMap`, `Deployment.apps`
    private static func kind(_ resource: APIResource) -> String {
        resource.resource.group.isEmpty ? resource.kind : resource.kind + "." + resource.resource.group
    }

    private func update(_ range: Range) async throws {
        guard dryRun.reachesServer else { return }
        var metadata: JSON = [
            "name": .string(name), "labels": [Mark.id: .string(id)],
            "annotations": [
                Mark.tooling: .string("\(Self.tool)/\(Versions.kubernetes)"),
                Mark.kinds: .string(range.kinds.keys.sorted().joined(separator: ",")),
                Mark.namespaces: .string(range.namespaces.subtracting([namespace ?? ""]).sorted().joined(separator: ",")),
            ],
        ]
        if let namespace { metadata["namespace"] = .string(namespace) }
        var request = APIRequest(.patch, resource.resource, namespace: namespace, name: name)
        request.contentType = .applyYAML
        request.options.fieldManager = Self.tool + "-applyset"
        request.options.fieldValidation = fieldValidation
        request.options.force = false
        if case .server = dryRun { request.options.dryRun = true }
        let parent: JSON = ["apiVersion": .string(resource.apiVersion), "kind": .string(resource.kind), "metadata": metadata]
        request.body = parent.serialized()
        do {
            do { _ = try await session.send(request) } catch let status as APIStatus where status.isConflict {
                session.output.warn(
                    "failed to update ApplySet: \(status.message)\nApplySet field manager \(Self.tool)-applyset should own these fields. "
                        + "Retrying with conflicts forced.")
                request.options.force = true
                _ = try await session.send(request)
            }
        } catch let status as APIStatus {
            throw Failure("failed to update ApplySet: \(status.message)")
        }
    }

    // MARK: - Afterwards

    /// Deletes the members that were not applied, tells of each, and lets the parent know what is left.
    func prune(besides applied: [Manifest], _ deletion: DeletionOptions, _ printer: inout ObjectPrinter) async throws {
        let kept: Set<String> = Set(applied.map { Self.key($0) })
        let unwanted: [Manifest] = try await members().filter { !kept.contains(Self.key($0)) }
        if dryRun.reachesServer {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for member in unwanted { group.addTask { try await delete(member, deletion) } }
                try await group.waitForAll()
            }
        }
        for member in unwanted { try printer.print(member.json, member.resource, done: "pruned", suffix: dryRun.suffix) }
        do { try await update(after) } catch {
            throw Failure("apply and prune succeeded, but ApplySet update failed: \(Failure(error).description)")
        }
    }

    private static func key(_ object: Manifest) -> String { "\(kind(object.resource)) \(object.namespace ?? "")/\(object.name)" }

    /// What bears the set's label, kind by kind, asked for side by side.
    private func members() async throws -> [Manifest] {
        let places: [(resource: APIResource, namespace: String?)] = before.kinds.keys.sorted().flatMap { kind in
            let resource: APIResource = before.kinds[kind] ?? self.resource
            return resource.isNamespaced ? before.namespaces.sorted().map { (resource, $0) } : [(resource, nil)]
        }
        return try await withThrowingTaskGroup(of: (Int, [Manifest]).self) { group in
            for (index, place) in places.enumerated() {
                group.addTask {
                    var found: [Manifest] = []
                    var request = APIRequest(
                        .list, place.resource.resource, namespace: place.namespace,
                        options: RequestOptions { $0.labelSelector = "\(Mark.partOf)=\(id)" })
                    request.options.limit = 500
                    repeat {
                        let list: JSON = try await session.send(request)
                        found += list.list("items").map { item in
                            Manifest(
                                json: GetQuery.typed(item, place.resource), resource: place.resource, namespace: place.namespace, source: ""
                            )
                        }
                        request.options.continueToken = list.continueToken
                    } while request.options.continueToken != nil
                    return (index, found)
                }
            }
            var all: [Int: [Manifest]] = [:]
            for try await (index, found) in group { all[index] = found }
            return all.keys.sorted().flatMap { all[$0] ?? [] }
        }
    }

    private func delete(_ member: Manifest, _ deletion: DeletionOptions) async throws {
        var request = APIRequest(.delete, member.resource.resource, namespace: member.namespace, name: member.name)
        var deletion: DeletionOptions = deletion
        if case .server = dryRun { deletion.dryRun = true }
        request.options.dryRun = deletion.dryRun
        request.body = deletion.body
        do { _ = try await session.send(request) } catch let status as APIStatus {
            let place: String = member.namespace.map { $0 + "/" } ?? ""
            throw Failure("pruning \(Self.kind(member.resource)) \(place)\(member.name): \(status.message)")
        }
    }
}
