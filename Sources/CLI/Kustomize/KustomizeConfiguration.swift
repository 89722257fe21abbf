import Machinery

/// Which fields the transformers of a kustomization change: kustomize's own, and what `configurations` and `crds` add.
/// Source: sigs.k8s.io/kustomize/api/internal/plugins/builtinconfig.
struct KustomizeConfiguration {
    /// Fields that hold names of objects of a kind.
    struct Reference {
        let target: KustomizeType
        var fields: [KustomizeField]
    }

    /// By the name that the list has in a configuration file.
    private(set) var fields: [String: [KustomizeField]] = [:]
    private(set) var references: [Reference] = []

    /// The lists of fields, as files and errors name them.
    private static let lists: [String: String] = [
        "namePrefix": "NamePrefix", "nameSuffix": "NameSuffix", "namespace": "NameSpace", "commonLabels": "CommonLabels",
        "templateLabels": "TemplateLabels", "commonAnnotations": "CommonAnnotations", "varReference": "VarReference",
        "images": "Images", "replicas": "Replicas", "labels": "Labels",
    ]

    init() {}

    init(fields: [String: [KustomizeField]], references: [Reference] = []) {
        self.fields = fields
        self.references = references
    }

    /// Of a file that `configurations` names.
    init(file: [UInt8], named path: String) throws {
        let json: JSON
        do { json = try YAML.documents(file, file: path).first?.json ?? [:] } catch { throw Failure(error.kubectlText) }
        for member in json.object ?? [:] {
            let elements: [JSON] = member.value.array ?? []
            if member.key == "nameReference" {
                references += elements.map {
                    Reference(target: KustomizeType(selector: $0), fields: $0.list("fieldSpecs").map(KustomizeField.init))
                }
            } else if Self.lists[member.key] != nil {
                fields[member.key] = elements.map(KustomizeField.init)
            } else {
                throw Failure("error unmarshaling JSON: while decoding JSON: json: unknown field \(JSON.quoted(member.key))")
            }
        }
    }

    subscript(list: String) -> [KustomizeField] { fields[list] ?? [] }

    mutating func add(_ field: KustomizeField, to list: String) { fields[list, default: []].append(field) }

    mutating func add(_ field: KustomizeField, for target: KustomizeType) { references.append(Reference(target: target, fields: [field])) }

    mutating func merge(_ other: KustomizeConfiguration) throws {
        for (list, added) in other.fields {
            fields[list] = try self[list].merged(with: added, as: Self.lists[list] ?? list)
        }
        for reference in other.references {
            if let index = references.firstIndex(where: { $0.target == reference.target }) {
                references[index].fields = try references[index].fields.merged(with: reference.fields, as: "NameReference")
            } else {
                references.append(reference)
            }
        }
    }
}
