import Machinery

/// A step of a build with where it is configured.
struct KustomizeStep<Work> {
    let work: Work
    /// nil when the build notes no origins.
    let origin: JSON?
}

/// Makes transformers and generators of what configures them: fields of a kustomization, or objects in files of their own that
/// `generators`, `transformers` and `validators` name. Only kustomize's own, `apiVersion: builtin`; others would be programs.
/// Source: sigs.k8s.io/kustomize/api/internal/target, kusttarget_configplugin.go.
struct KustomizePlugins {
    let kustomization: Kustomization
    let configuration: KustomizeConfiguration
    private var json: JSON { kustomization.json }

    /// The changes that the kustomization's own fields ask for, in kustomize's order.
    func transformers() throws -> [KustomizeStep<any KustomizeTransformer>] {
        var steps: [KustomizeStep<any KustomizeTransformer>] = []
        func add(_ kind: String, _ config: JSON) throws {
            let work: any KustomizeTransformer
            do { work = try transformer(kind, config) } catch let failure as Failure {
                throw Self.trouble(kind, config, failure)
            }
            steps.append(KustomizeStep(work: work, origin: kustomization.origin(builtIn: kind)))
        }
        func text(_ member: String) -> JSON? { json[member]?.string.flatMap { $0.isEmpty ? nil : .string($0) } }
        let strategic: [JSON] = json.list("patchesStrategicMerge")
        if !strategic.isEmpty { try add("PatchStrategicMergeTransformer", ["paths": .array(strategic)]) }
        for patch in json.list("patches") { try add("PatchTransformer", patch) }
        if let namespace = text("namespace") { try add("NamespaceTransformer", ["metadata": ["namespace": namespace]]) }
        if let prefix = text("namePrefix") { try add("PrefixTransformer", ["prefix": prefix]) }
        if let suffix = text("nameSuffix") { try add("SuffixTransformer", ["suffix": suffix]) }
        for entry in json.list("labels") { try add("LabelTransformer", try labels(entry)) }
        if let labels = json["commonLabels"], !labels.isEmpty { try add("LabelTransformer", ["labels": labels]) }
        if let annotations = json["commonAnnotations"], !annotations.isEmpty {
            try add("AnnotationsTransformer", ["annotations": annotations])
        }
        for entry in json.list("patchesJson6902") {
            var config: JSON = entry
            config["patch"] = nil
            config["jsonOp"] = entry["patch"]
            try add("PatchJson6902Transformer", config)
        }
        for entry in json.list("replicas") { try add("ReplicaCountTransformer", ["replica": entry]) }
        for entry in json.list("images") + json.list("imageTags") { try add("ImageTagTransformer", ["imageTag": entry]) }
        let replacements: [JSON] = json.list("replacements")
        if !replacements.isEmpty { try add("ReplacementTransformer", ["Replacements": .array(replacements)]) }
        return steps
    }

    /// An entry of `labels` as a transformer takes it.
    private func labels(_ entry: JSON) throws -> JSON {
        var fields: [KustomizeField] = entry.list("fields").map(KustomizeField.init)
        if entry["includeSelectors"] == true {
            fields = try fields.merged(with: configuration["commonLabels"], as: "CommonLabels")
        } else {
            if entry["includeTemplates"] == true { fields = try fields.merged(with: configuration["templateLabels"], as: "TemplateLabels") }
            fields = try fields.merged(with: [KustomizeField("metadata/labels", creates: true)], as: "CommonLabels")
        }
        return ["labels": entry["pairs"] ?? [:], "fieldSpecs": .array(fields.map(\.json))]
    }

    static func trouble(_ kind: String, _ config: JSON, _ failure: Failure) -> Failure {
        var config: JSON = config
        for member in config.object ?? [:] where member.value.isEmpty { config[member.key] = nil }
        return Failure(
            "trouble configuring builtin \(kind) with config: `\n\(YAML.write(config, sortedKeys: true))`: \(failure.description)")
    }

    /// One of kustomize's own by name. Fields that a plugin leaves out are none; the kustomization's own are those of the configuration.
    private func transformer(_ kind: String, _ config: JSON, isPlugin: Bool = false) throws -> any KustomizeTransformer {
        func fields(_ list: String) -> [KustomizeField] {
            config["fieldSpecs"]?.array?.map(KustomizeField.init) ?? (isPlugin ? [] : configuration[list])
        }
        switch kind {
        case "PatchStrategicMergeTransformer":
            let inline: [JSON] = config["patches"]?.string.map { [.string($0)] } ?? []
            let patches: [KustomizePatches] = try (config.list("paths") + inline).map {
                try KustomizePatches(strategic: $0.string ?? "", kustomization)
            }
            return KustomizeSequence(all: patches)
        case "PatchTransformer": return try KustomizePatches(config, kustomization)
        case "PatchJson6902Transformer": return try KustomizeOperations(config, kustomization)
        case "NamespaceTransformer":
            let subjects: String = config.text(at: "setRoleBindingSubjects")
            return KustomizeNamespace(
                namespace: config.text(at: "metadata", "namespace"), fields: fields("namespace"), onlyUnset: config["unsetOnly"] == true,
                subjects: subjects.isEmpty ? "defaultOnly" : subjects)
        case "PrefixTransformer": return KustomizeAffix(prefix: config.text(at: "prefix"), fields: fields("namePrefix"))
        case "SuffixTransformer": return KustomizeAffix(suffix: config.text(at: "suffix"), fields: fields("nameSuffix"))
        case "LabelTransformer": return KustomizePairs(pairs: config["labels"]?.object ?? [:], fields: fields("commonLabels"))
        case "AnnotationsTransformer":
            return KustomizePairs(pairs: config["annotations"]?.object ?? [:], fields: fields("commonAnnotations"))
        case "ReplicaCountTransformer":
            let entry: JSON = config["replica"] ?? [:]
            return KustomizeReplicas(name: entry.text(at: "name"), count: entry["count"] ?? 0, fields: fields("replicas"))
        case "ImageTagTransformer": return try KustomizeImages(config["imageTag"] ?? [:], fields("images"))
        case "ReplacementTransformer":
            return try KustomizeReplacements(["replacements": config["Replacements"] ?? config["replacements"] ?? []], kustomization)
        case "ValueAddTransformer": return KustomizeValueAdd(json: config)
        default: throw Failure("unable to load builtin \(KustomizeType(of: config).described)")
        }
    }

    // MARK: - Objects that configure

    /// The transformers that `transformers` or `validators` name.
    func transformers(_ objects: [KustomizeResource]) throws -> [KustomizeStep<any KustomizeTransformer>] {
        try objects.map { object in
            try Self.checkBuiltIn(object)
            let work: any KustomizeTransformer = try transformer(object.kind, object.json, isPlugin: true)
            return KustomizeStep(work: work, origin: Self.origin(object))
        }
    }

    /// What the generators make that `generators` names.
    func generators(_ objects: [KustomizeResource]) throws -> [KustomizeGenerator] {
        try objects.map { object in
            try Self.checkBuiltIn(object)
            guard let kind = KustomizeGenerator.kinds[object.kind] else {
                let problem: String =
                    object.kind == KustomizeCharts.kind
                    ? "failed to load generator: plugin \(object.id.described) fails configuration: \(KustomizeCharts.refusal(kustomization))"
                    : "unable to load builtin \(object.type.described)"
                throw Failure("loading generator plugins: " + problem)
            }
            var entry: JSON = object.json
            entry["name"] = .string(object.name)
            if !object.namespace.isEmpty { entry["namespace"] = .string(object.namespace) }
            return KustomizeGenerator(kustomization: kustomization, kind: kind, entry: entry, origin: Self.origin(object))
        }
    }

    private static func checkBuiltIn(_ object: KustomizeResource) throws {
        if object.json["apiVersion"] == "builtin" { return }
        throw Failure("external plugins disabled; unable to load external plugin '\(object.kind)'")
    }

    private static func origin(_ object: KustomizeResource) -> JSON? {
        object.origin.map { origin in
            [
                "configuredIn": origin["path"] ?? "",
                "configuredBy": ["apiVersion": .string(object.type.version), "kind": .string(object.kind), "name": .string(object.name)],
            ]
        }
    }
}

/// Several changes as one.
private struct KustomizeSequence: KustomizeTransformer {
    let all: [KustomizePatches]

    func transform(_ resources: inout [KustomizeResource]) throws {
        for one in all { try one.transform(&resources) }
    }
}
