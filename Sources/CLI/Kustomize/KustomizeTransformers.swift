import Machinery

/// The changes that a kustomization makes to all that it has gathered, in kustomize's order.
struct KustomizeTransformers {
    let kustomization: Kustomization
    private var json: JSON { kustomization.json }

    init(_ kustomization: Kustomization) { self.kustomization = kustomization }

    func apply(to resources: inout [KustomizeResource]) throws {
        try KustomizePatches(kustomization: kustomization).apply(to: &resources)
        setNamespace(&resources)
        addAffixes(&resources)
        try addLabels(&resources)
        addAnnotations(&resources)
        try setReplicas(&resources)
        setImages(&resources)
        try KustomizeReplacements(kustomization: kustomization).apply(to: &resources)
    }

    private func setNamespace(_ resources: inout [KustomizeResource]) {
        guard let namespace = json["namespace"]?.string, !namespace.isEmpty else { return }
        for index in resources.indices {
            if resources[index].kind == "Namespace", resources[index].group.isEmpty {
                resources[index].rename(namespace)
            } else if resources[index].isNamespaced {
                resources[index].move(to: namespace)
            }
            guard ["RoleBinding", "ClusterRoleBinding"].contains(resources[index].kind) else { continue }
            resources[index].json["subjects"] = resources[index].json["subjects"]?.array.map { subjects in
                .array(
                    subjects.map { subject in
                        guard subject["kind"] == "ServiceAccount", subject["name"] == "default" else { return subject }
                        var subject: JSON = subject
                        subject["namespace"] = .string(namespace)
                        return subject
                    })
            }
        }
    }

    private func addAffixes(_ resources: inout [KustomizeResource]) {
        let prefix: String = json["namePrefix"]?.string ?? ""
        let suffix: String = json["nameSuffix"]?.string ?? ""
        if prefix.isEmpty, suffix.isEmpty { return }
        for index in resources.indices {
            resources[index].affixes.append(prefix + "*" + suffix)
            if ["Namespace", "CustomResourceDefinition", "APIService"].contains(resources[index].kind) { continue }
            resources[index].rename(prefix + resources[index].name + suffix)
        }
    }

    private func addLabels(_ resources: inout [KustomizeResource]) throws {
        let metadata = KustomizeField("metadata/labels", creates: true)
        if let common = json["commonLabels"]?.object {
            add(common, [metadata] + KustomizeFields.templateLabels + KustomizeFields.selectors, &resources)
        }
        for entry in json.list("labels") {
            var fields: [KustomizeField] = [metadata]
            if entry["includeSelectors"] == true {
                fields += KustomizeFields.templateLabels + KustomizeFields.selectors
            } else if entry["includeTemplates"] == true {
                fields += KustomizeFields.templateLabels
            }
            for field in entry.list("fields") {
                let kinds: Set<String> = field["kind"]?.string.map { [$0] } ?? []
                fields.append(
                    KustomizeField(field.text(at: "path"), kinds, creates: field["create"] == true, group: field["group"]?.string))
            }
            add(entry["pairs"]?.object ?? [:], fields, &resources)
        }
    }

    private func addAnnotations(_ resources: inout [KustomizeResource]) {
        guard let common = json["commonAnnotations"]?.object else { return }
        add(common, KustomizeFields.annotations, &resources)
    }

    private func add(_ pairs: JSONObject, _ fields: [KustomizeField], _ resources: inout [KustomizeResource]) {
        for index in resources.indices {
            for field in fields where field.suits(resources[index]) {
                field.change(&resources[index].json) { value in
                    if value.object == nil { value = [:] }
                    for pair in pairs { value[pair.key] = .string(pair.value.string ?? GoText.of(pair.value)) }
                }
            }
        }
    }

    private func setReplicas(_ resources: inout [KustomizeResource]) throws {
        let kinds: [String] = ["Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"]
        for entry in json.list("replicas") {
            let name: String = entry.text(at: "name")
            let wanted: [Int] = resources.indices.filter { kinds.contains(resources[$0].kind) && resources[$0].isNamed(name) }
            if wanted.isEmpty {
                throw Failure(
                    "resource with name \(name) does not match a config with the following GVK [\(kinds.map { "\($0).[noVer].[noGrp]" }.joined(separator: " "))]"
                )
            }
            for index in wanted { resources[index].json[["spec", "replicas"]] = entry["count"] ?? 0 }
        }
    }

    private func setImages(_ resources: inout [KustomizeResource]) {
        for entry in json.list("images") {
            for index in resources.indices where resources[index].kind != "CustomResourceDefinition" {
                Self.visitContainers(&resources[index].json) { container in
                    guard let image = container["image"]?.string, let changed = Self.changed(image, entry) else { return }
                    container["image"] = .string(changed)
                }
            }
        }
    }

    /// Elements of every list `containers` and `initContainers`, however deep.
    private static func visitContainers(_ json: inout JSON, _ body: (inout JSON) -> Void) {
        switch json {
        case .object(let object):
            for member in object {
                guard var value = json[member.key] else { continue }
                if ["containers", "initContainers"].contains(member.key), var elements = value.array {
                    for index in elements.indices where elements[index].object != nil { body(&elements[index]) }
                    value = .array(elements)
                }
                visitContainers(&value, body)
                json[member.key] = value
            }
        case .array(var elements):
            for index in elements.indices { visitContainers(&elements[index], body) }
            json = .array(elements)
        default: return
        }
    }

    /// The image with the entry's name, tag or digest; nil when the entry means another.
    private static func changed(_ image: String, _ entry: JSON) -> String? {
        var name: String = image
        var (tag, digest): (String, String) = ("", "")
        if let at = name.firstIndex(of: "@") {
            digest = String(name[name.index(after: at)...])
            name = String(name[..<at])
        }
        let lastPart: String.Index = name.lastIndex(of: "/") ?? name.startIndex
        if let colon = name[lastPart...].lastIndex(of: ":") {
            tag = String(name[name.index(after: colon)...])
            name = String(name[..<colon])
        }
        guard name == entry.text(at: "name") else { return nil }
        if let newName = entry["newName"]?.string, !newName.isEmpty { name = newName }
        let newTag: String = entry["newTag"].map { $0.string ?? GoText.of($0) } ?? ""
        let newDigest: String = entry.text(at: "digest")
        if !newTag.isEmpty || !newDigest.isEmpty { (tag, digest) = (newTag, newDigest) }
        if let suffix = entry["tagSuffix"]?.string, !tag.isEmpty { tag += suffix }
        return name + (tag.isEmpty ? "" : ":" + tag) + (digest.isEmpty ? "" : "@" + digest)
    }
}
