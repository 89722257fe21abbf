import Machinery

/// One object on its way through a build, with what the build has to remember of it.
/// Source: sigs.k8s.io/kustomize/api/resource; what stands in annotations there stands in members here.
final class KustomizeResource {
    var json: JSON
    /// Names that it had before, oldest first.
    private(set) var formerIDs: [KustomizeID] = []
    /// Put around the name by the kustomizations that it came through, outermost last.
    var prefixes: [String] = []
    var suffixes: [String] = []
    /// The file that it came from, or the generator that made it.
    var origin: JSON?
    /// The transformers that it went through, for `transformerAnnotations`.
    var transformations: [JSON] = []
    /// A hash of the content is put behind the name at the end.
    var needsHash: Bool = false
    /// Variables that stand for one of its fields.
    var variables: [String] = []
    let schema: KustomizeSchema

    init(_ json: JSON, _ schema: KustomizeSchema) {
        self.json = json
        self.schema = schema
    }

    var type: KustomizeType { KustomizeType(of: json) }
    var kind: String { json["kind"]?.string ?? "" }
    var name: String { json.text(at: "metadata", "name") }
    var namespace: String { json.text(at: "metadata", "namespace") }
    var isClusterScoped: Bool { schema.isClusterScoped(type) }

    var id: KustomizeID { KustomizeID(type: type, name: name, namespace: namespace, isClusterScoped: isClusterScoped) }
    /// As it was in the file.
    var originalID: KustomizeID { formerIDs.first ?? id }
    var allIDs: [KustomizeID] { formerIDs + [id] }

    /// What a generator was told to do with another of its name; nil for what none made.
    var behavior: String?

    /// To be called before a change of name, namespace or kind.
    func rememberID() { formerIDs.append(id) }

    func setName(_ name: String) { json[["metadata", "name"]] = .string(name) }

    func setNamespace(_ namespace: String) { json[["metadata", "namespace"]] = namespace.isEmpty ? nil : .string(namespace) }

    /// Goes on in the place of another, of which it keeps the name and what it does not say itself of labels and annotations.
    func take(theNameOf other: KustomizeResource) {
        for member in ["labels", "annotations"] {
            var pairs: JSONObject = other.json[["metadata", member]]?.object ?? [:]
            for pair in json[["metadata", member]]?.object ?? [:] { pairs[pair.key] = pair.value }
            if !pairs.isEmpty { json[["metadata", member]] = .object(pairs) }
        }
        setName(other.name)
        setNamespace(other.namespace)
        formerIDs = other.formerIDs
        (prefixes, suffixes, variables) = (other.prefixes, other.suffixes, other.variables)
        needsHash = needsHash && other.needsHash
    }

    /// With the names that it had as annotations, which kustomize shows in some errors.
    var annotated: JSON {
        var json: JSON = json
        let former: [(String, [String])] = [
            ("previousKinds", formerIDs.map(\.type.kind)), ("previousNames", formerIDs.map(\.name)),
            ("previousNamespaces", formerIDs.map(\.effectiveNamespace)),
        ]
        var notes: [(String, String)] = former.filter { !$1.isEmpty }.map { ($0, $1.joined(separator: ",")) }
        if let behavior { notes.append(("generatorBehavior", behavior)) }
        if needsHash { notes.append(("needsHashSuffix", "enabled")) }
        for (key, value) in notes { json[["metadata", "annotations", "internal.config.kubernetes.io/" + key]] = .string(value) }
        return json.sortedByKey
    }
}

extension JSON {
    /// With these members of the metadata as texts, whatever stands there: kustomize copies them as such, and null is one, too.
    func withTexts(_ members: [String]) -> JSON {
        var object: JSON = self
        for member in members {
            guard var pairs = object[["metadata", member]]?.object else { continue }
            pairs.updateValues { _, value in if value.string == nil { value = .string(value.isNull ? "null" : GoText.of(value)) } }
            object[["metadata", member]] = pairs.isEmpty ? nil : .object(pairs)
        }
        return object
    }
}

extension [KustomizeResource] {
    /// Throws when there is one with its name already.
    mutating func add(_ resource: KustomizeResource) throws {
        let id: KustomizeID = resource.id
        if contains(where: { $0.id.isSame(id) }) {
            throw Failure("may not add resource with an already registered id: \(id.described)")
        }
        append(resource)
    }
}
