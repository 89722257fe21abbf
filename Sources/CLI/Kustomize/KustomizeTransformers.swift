import Machinery

/// A change of all that a kustomization has gathered.
/// Source: sigs.k8s.io/kustomize/api/internal/builtins, where a transformer has the same name.
protocol KustomizeTransformer {
    func transform(_ resources: inout [KustomizeResource]) throws
}

/// `namespace`: moves what can stand in a namespace, and what says where accounts are.
struct KustomizeNamespace: KustomizeTransformer {
    let namespace: String
    let fields: [KustomizeField]
    /// Only what has none.
    var onlyUnset: Bool = false
    /// `defaultOnly`, `allServiceAccounts` or `none`.
    var subjects: String = "defaultOnly"

    func transform(_ resources: inout [KustomizeResource]) throws {
        guard !namespace.isEmpty else { return }
        for resource in resources {
            if onlyUnset, !resource.namespace.isEmpty { continue }
            resource.rememberID()
            if !resource.isClusterScoped { resource.setNamespace(namespace) }
            if ["RoleBinding", "ClusterRoleBinding"].contains(resource.kind) { setSubjects(of: resource) }
            for field in fields where !["metadata/namespace", "subjects"].contains(field.path) {
                try field.change(resource, new: "") { if !onlyUnset || $0 == "" { $0 = .string(namespace) } }
            }
            let id: KustomizeID = resource.id
            let same: [KustomizeResource] = resources.filter { $0.id.isSame(id) }
            if same.count > 1 {
                throw Failure(
                    "namespace transformation produces ID conflict: [\(same.map { $0.annotated.text() }.joined(separator: " "))]")
            }
        }
    }

    private func setSubjects(of binding: KustomizeResource) {
        guard var list = binding.json["subjects"]?.array else { return }
        for index in list.indices {
            let isMeant: Bool =
                switch subjects {
                case "allServiceAccounts": list[index]["kind"] == "ServiceAccount"
                case "none": false
                default: list[index]["name"] == "default"
                }
            if isMeant { list[index]["namespace"] = .string(namespace) }
        }
        binding.json["subjects"] = .array(list)
    }
}

/// `namePrefix` and `nameSuffix`.
struct KustomizeAffix: KustomizeTransformer {
    var prefix: String = ""
    var suffix: String = ""
    let fields: [KustomizeField]

    func transform(_ resources: inout [KustomizeResource]) throws {
        for resource in resources {
            let type: KustomizeType = resource.originalID.type
            if ["Namespace", "CustomResourceDefinition"].contains(type.kind)
                || type.kind == "APIService" && type.group == "apiregistration.k8s.io"
            {
                continue
            }
            for field in fields where field.type.selects(type) {
                if field.path == "metadata/name" {
                    if !prefix.isEmpty { resource.prefixes.append(prefix) }
                    if !suffix.isEmpty { resource.suffixes.append(suffix) }
                    resource.rememberID()
                }
                try field.change(resource) { if let text = $0.string { $0 = .string(prefix + text + suffix) } }
            }
        }
    }
}

/// `labels`, `commonLabels` and `commonAnnotations`.
struct KustomizePairs: KustomizeTransformer {
    let pairs: JSONObject
    let fields: [KustomizeField]

    func transform(_ resources: inout [KustomizeResource]) throws {
        guard !pairs.isEmpty else { return }
        for resource in resources {
            for field in fields {
                try field.change(resource, new: [:]) { value in for pair in pairs { value[pair.key] = pair.value } }
            }
        }
    }
}

/// `replicas`.
struct KustomizeReplicas: KustomizeTransformer {
    let name: String
    let count: JSON
    let fields: [KustomizeField]

    func transform(_ resources: inout [KustomizeResource]) throws {
        var isFound: Bool = false
        for field in fields {
            for resource in resources where resource.allIDs.contains(where: { $0.name == name && field.type.selects($0.type) }) {
                isFound = true
                try field.change(resource, new: 0) { $0 = count }
            }
        }
        if isFound { return }
        throw Failure(
            "resource with name \(name) does not match a config with the following GVK [\(fields.map(\.type.described).joined(separator: " "))]"
        )
    }
}

/// Puts the value of another field, or one that is given, into fields.
struct KustomizeValueAdd: KustomizeTransformer {
    let json: JSON

    func transform(_ resources: inout [KustomizeResource]) throws {
        let value: JSON = json["value"] ?? ""
        for target in json.list("targets") {
            let selector = try KustomizeSelector(target["selector"] ?? [:])
            for resource in resources where selector.matches(resource) {
                let field = KustomizeField(target.text(at: "fieldPath"), creates: true)
                if field.path == "metadata/name" { resource.rememberID() }
                try field.change(resource, new: value) { $0 = value }
            }
        }
    }
}
