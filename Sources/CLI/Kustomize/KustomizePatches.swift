import Machinery

/// Patches of both kinds: strategic, which look like parts of objects, and lists of operations of RFC 6902.
/// Source: sigs.k8s.io/kustomize/api/internal/builtins, PatchTransformer.go.
struct KustomizePatches: KustomizeTransformer {
    private let strategic: [JSON]
    /// nil when it is strategic.
    private let operations: JSON?
    private let target: JSON?
    private let options: JSON
    /// Whether it goes into the resources as a copy, whose labels and annotations are texts.
    private let isCopied: Bool
    /// Where it stands, for errors.
    private let source: String

    /// - Parameter json: with `patch` or `path`, `target` and `options`.
    init(_ json: JSON, _ kustomization: Kustomization) throws {
        let (inline, path): (String, String) = (String(json.text(at: "patch")[...].trimmed), json.text(at: "path"))
        if inline.isEmpty, path.isEmpty { throw Failure("must specify one of patch and path in\n" + YAML.write(json, sortedKeys: true)) }
        if !inline.isEmpty, !path.isEmpty {
            throw Failure("patch and path can't be set at the same time\n" + YAML.write(json, sortedKeys: true))
        }
        var text: String = inline
        source = path.isEmpty ? "[patch: \(JSON.quoted(inline))]" : "[path: \(JSON.quoted(path))]"
        if inline.isEmpty {
            do { text = String(decoding: try kustomization.file(path), as: UTF8.self) } catch let failure as Failure {
                throw Failure("failed to get the patch file from path(\(path)): \(failure.description)")
            }
        }
        options = json["options"] ?? [:]
        target = json["target"]
        isCopied = target != nil
        operations = Self.operations(text)
        strategic = operations == nil ? try Self.objects(text, source) : []
    }

    /// Of an entry of `patchesStrategicMerge`: a patch, or the name of its file.
    init(strategic entry: String, _ kustomization: Kustomization) throws {
        if let inline = try? Self.objects(entry, entry), !inline.isEmpty {
            strategic = inline
        } else {
            strategic = try Self.objects(String(decoding: try kustomization.file(entry), as: UTF8.self), entry)
        }
        (operations, target, options, source, isCopied) = (nil, nil, [:], entry, true)
    }

    /// nil for what is no list of operations.
    static func operations(_ text: String) -> JSON? {
        let json: JSON? = text.first == "[" ? try? JSON(parsing: text) : (try? YAML.documents(text))?.first?.json
        return json?.array?.allSatisfy { $0.object != nil } == true ? json : nil
    }

    private static func objects(_ text: String, _ source: String) throws -> [JSON] {
        let documents: [JSON]? = (try? YAML.documents(text, booleans: .words))?.map(\.json)
        guard let documents, documents.allSatisfy({ $0["kind"]?.string != nil && $0[["metadata", "name"]]?.string != nil }) else {
            throw Failure("unable to parse SM or JSON patch from \(source)")
        }
        return documents
    }

    func transform(_ resources: inout [KustomizeResource]) throws {
        if let operations { return try operate(operations, resources) }
        if let target {
            if strategic.count > 1 {
                throw Failure(
                    "Multiple Strategic-Merge Patches in one `patches` entry is not allowed to set `patches.target` field: \(source)")
            }
            let selector = try KustomizeSelector(target)
            for resource in resources where selector.matches(resource) { merge(strategic[0], into: resource, keepsKind: true) }
        } else {
            for patch in strategic { merge(patch, into: try self.target(of: patch, in: resources), keepsKind: false) }
        }
        var kept: [KustomizeResource] = []
        for resource in resources where !resource.json.isNull { if isCopied { try kept.add(resource) } else { kept.append(resource) } }
        resources = kept
    }

    /// The one resource that has or had the patch's name.
    private func target(of patch: JSON, in resources: [KustomizeResource]) throws -> KustomizeResource {
        guard let any = resources.first else { throw missing(patch, "no matches for Id", KustomizeResource(patch, KustomizeSchema()).id) }
        let id: KustomizeID = KustomizeResource(patch, any.schema).id
        let found: [KustomizeResource] = resources.filter { !$0.json.isNull && $0.allIDs.contains { $0.isSame(id) } }
        if found.count == 1 { return found[0] }
        throw missing(patch, found.isEmpty ? "no matches for Id" : "multiple matches for Id", id)
    }

    private func missing(_ patch: JSON, _ problem: String, _ id: KustomizeID) -> Failure {
        Failure(
            (isCopied ? "" : "no resource matches strategic merge patch \(JSON.quoted(id.described)): ")
                + "\(problem) \(id.described); failed to find unique target for patch \(id.described)")
    }

    /// A resource that the patch deletes becomes null.
    private func merge(_ patch: JSON, into resource: KustomizeResource, keepsKind: Bool) {
        let (mayRename, mayRetype): (Bool, Bool) = (options["allowNameChange"] == true, options["allowKindChange"] == true)
        var patch: JSON = isCopied ? patch.withTexts(["labels", "annotations"]) : patch
        if mayRename || mayRetype { patch = patch.withTexts(["annotations"]) }
        if keepsKind {
            patch["apiVersion"] = resource.json["apiVersion"]
            if !mayRetype { patch["kind"] = resource.json["kind"] }
        }
        if mayRename || mayRetype { resource.rememberID() }
        let (name, namespace, kind): (String, String, JSON?) = (resource.name, resource.namespace, resource.json["kind"])
        let shape: KustomizeSchema.Shape = resource.schema.shape(of: resource.json)
        resource.json = KustomizeMerge.merge(patch.object ?? [:], into: resource.json.object, shape).map { .object($0) } ?? .null
        guard !resource.json.isNull else { return }
        if !mayRetype { resource.json["kind"] = kind }
        if !mayRename { resource.setName(name) }
        resource.setNamespace(namespace)
    }

    private func operate(_ operations: JSON, _ resources: [KustomizeResource]) throws {
        guard let target else { throw Failure("must specify a target for JSON patch \(source)") }
        let selector = try KustomizeSelector(target)
        for resource in resources where selector.matches(resource) { try Self.apply(operations, to: resource) }
    }

    /// There are always annotations to add one to: kustomize keeps the former names there.
    static func apply(_ operations: JSON, to resource: KustomizeResource) throws {
        resource.rememberID()
        if resource.json[["metadata", "annotations"]]?.object == nil { resource.json[["metadata", "annotations"]] = [:] }
        do { resource.json = try JSONPatch(operations).applied(to: resource.json) } catch { throw Failure("\(error)") }
    }
}
