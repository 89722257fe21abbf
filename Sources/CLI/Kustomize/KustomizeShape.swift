import Machinery

/// What each field of a kustomization holds, so that others are refused in the words of Go's decoder.
/// Source: sigs.k8s.io/kustomize/api/types.
indirect enum KustomizeShape: Sendable {
    case text, flag, object
    /// A whole number, of this type of Go.
    case number(String)
    /// A text of this type of Go.
    case word(String)
    case list(of: KustomizeShape, named: String)
    case map(of: KustomizeShape, named: String)
    /// Members that there are, by name.
    case record(String, [String: KustomizeShape])
    /// What a member holds that Go's type has from types within it, of which its errors tell: `ResId.Gvk`.
    case embedded(String, KustomizeShape)

    private static let texts = KustomizeShape.list(of: .text, named: "[]string")
    private static let pairs = KustomizeShape.map(of: .text, named: "map[string]string")
    private static let field = KustomizeShape.record(
        "FieldSpec", ["path": .text, "create": .flag, "group": .text, "version": .text, "kind": .text])
    private static let kind: [String: KustomizeShape] = ["group": .text, "version": .text, "kind": .text]
    private static let id: [String: KustomizeShape] = embedded("Gvk", kind).merging(["name": .text, "namespace": .text]) { $1 }
    private static let selector: [String: KustomizeShape] = embedded("ResId", id).merging([
        "labelSelector": .text, "annotationSelector": .text,
    ]) { $1 }
    private static let target = KustomizeShape.record("Selector", selector)
    private static let fieldOptions = KustomizeShape.record(
        "FieldOptions", ["delimiter": .text, "index": .number("int"), "encoding": .text, "create": .flag])
    private static let generatorOptions = KustomizeShape.record(
        "GeneratorOptions", ["labels": pairs, "annotations": pairs, "disableNameSuffixHash": .flag, "immutable": .flag])
    private static let sources: [String: KustomizeShape] = ["literals": texts, "files": texts, "envs": texts, "env": .text]
    private static let generator: [String: KustomizeShape] = embedded(
        "GeneratorArgs",
        embedded("KvPairSources", sources).merging([
            "name": .text, "namespace": .text, "behavior": .text, "options": generatorOptions, "fileMergeMode": .text,
        ]) { $1 })
    private static let image = KustomizeShape.record(
        "Image", ["name": .text, "newName": .text, "newTag": .text, "tagSuffix": .text, "digest": .text])
    private static let source = KustomizeShape.record(
        "SourceSelector", selector.merging(["fieldPath": .text, "options": fieldOptions]) { _, own in own })
    private static let replacement: [String: KustomizeShape] = [
        "source": source, "sourceValue": .text,
        "targets": .list(
            of: .record(
                "TargetSelector",
                [
                    "select": target, "reject": .list(of: target, named: "[]*types.Selector"), "fieldPaths": texts,
                    "options": fieldOptions,
                ]),
            named: "[]*types.TargetSelector"),
    ]
    private static let variable = KustomizeShape.record(
        "Var",
        [
            "name": .text, "fieldref": .record("FieldSelector", ["fieldpath": .text, "fieldPath": .text]),
            "objref": .record("Target", embedded("Gvk", kind).merging(["apiVersion": .text, "name": .text, "namespace": .text]) { $1 }),
        ])
    private static let metadata = KustomizeShape.record(
        "ObjectMeta", ["name": .text, "namespace": .text, "labels": pairs, "annotations": pairs])
    private static let chart: [String: KustomizeShape] = [
        "name": .text, "version": .text, "repo": .text, "releaseName": .text, "namespace": .text, "additionalValuesFiles": texts,
        "valuesFile": .text, "valuesInline": .object, "valuesMerge": .text, "includeCRDs": .flag, "skipHooks": .flag,
        "apiVersions": texts, "kubeVersion": .text, "nameTemplate": .text, "skipTests": .flag, "debug": .flag, "devel": .flag,
    ]

    private static func embedded(_ type: String, _ fields: [String: KustomizeShape]) -> [String: KustomizeShape] {
        fields.mapValues { field in
            guard case .embedded(let inner, let shape) = field else { return .embedded(type, field) }
            return .embedded(type + "." + inner, shape)
        }
    }

    static let kustomization = KustomizeShape.record(
        "Kustomization",
        [
            "apiVersion": .text, "kind": .text, "metadata": metadata, "resources": texts, "bases": texts, "components": texts,
            "namespace": .text, "namePrefix": .text, "nameSuffix": .text, "commonLabels": pairs, "commonAnnotations": pairs,
            "labels": list(
                "Label",
                [
                    "pairs": pairs, "includeSelectors": .flag, "includeTemplates": .flag,
                    "fields": .list(of: field, named: "[]types.FieldSpec"),
                ]),
            "configMapGenerator": list("ConfigMapArgs", generator),
            "secretGenerator": list("SecretArgs", generator.merging(["type": .text]) { _, own in own }),
            "generatorOptions": generatorOptions,
            "patches": list(
                "Patch", ["path": .text, "patch": .text, "target": target, "options": .map(of: .flag, named: "map[string]bool")]),
            "patchesStrategicMerge": texts,
            "patchesJson6902": list(
                "Patch", ["path": .text, "patch": .text, "target": target, "options": .map(of: .flag, named: "map[string]bool")]),
            "images": .list(of: image, named: "[]types.Image"), "imageTags": .list(of: image, named: "[]types.Image"),
            "replicas": list("Replica", ["name": .text, "count": .number("int64")]),
            "replacements": list("ReplacementField", embedded("Replacement", replacement).merging(["path": .text]) { $1 }),
            "configurations": texts, "crds": texts, "openapi": pairs, "vars": .list(of: variable, named: "[]types.Var"),
            "sortOptions": .record(
                "SortOptions",
                [
                    "order": .word("types.SortOrder"),
                    "legacySortOptions": .record("LegacySortOptions", ["orderFirst": texts, "orderLast": texts]),
                ]),
            "buildMetadata": texts, "generators": texts, "transformers": texts, "validators": texts,
            "helmCharts": list("HelmChart", chart), "helmGlobals": .record("HelmGlobals", ["chartHome": .text, "configHome": .text]),
            "helmChartInflationGenerator": .list(of: .object, named: "[]types.HelmChartArgs"),
        ])

    private static func list(_ type: String, _ fields: [String: KustomizeShape]) -> KustomizeShape {
        .list(of: .record(type, fields), named: "[]types.\(type)")
    }

    /// What Go calls it.
    private var name: String {
        switch self {
        case .text: "string"
        case .number(let name), .word(let name): name
        case .flag: "bool"
        case .object: "map[string]interface {}"
        case .list(_, let name), .map(_, let name): name
        case .record(let type, _): "types." + type
        case .embedded(_, let shape): shape.name
        }
    }

    /// Throws for a value of another type and for members that there are not.
    ///
    /// - Parameters:
    ///   - place: the way to the value, as Go tells it; empty for the whole.
    ///   - owner: the type that the value is a member of.
    func check(_ json: JSON, at place: String = "", in owner: String = "Kustomization") throws {
        func wrong() -> Failure {
            Failure(
                "invalid Kustomization: json: cannot unmarshal \(json.typeName)\(digits) into Go struct field \(owner).\(place) of type \(name)"
            )
        }
        // Of a number that is not whole Go tells which.
        var digits: String {
            if case .number = self, case .number(let digits) = json { " " + digits } else { "" }
        }
        if json.isNull { return }
        switch self {
        case .text, .word: guard json.string != nil else { throw wrong() }
        case .number: guard json.int != nil else { throw wrong() }
        case .flag: guard json.bool != nil else { throw wrong() }
        case .object: guard json.object != nil else { throw wrong() }
        case .list(let element, _):
            guard let elements = json.array else { throw wrong() }
            for one in elements { try element.check(one, at: place, in: owner) }
        case .map(let element, _):
            guard let object = json.object else { throw wrong() }
            for member in object { try element.check(member.value, at: place, in: owner) }
        case .record(let type, let fields):
            guard let object = json.object else { throw wrong() }
            // Go reads the members by name, and keeps the first error.
            for member in object.sorted(by: { $0.key < $1.key }) {
                guard let field = fields[member.key] else {
                    throw Failure("invalid Kustomization: json: unknown field \(JSON.quoted(member.key))")
                }
                var path: String = place.isEmpty ? "" : place + "."
                if case .embedded(let types, _) = field { path += types + "." }
                try field.check(member.value, at: path + member.key, in: type)
            }
        case .embedded(_, let shape): try shape.check(json, at: place, in: owner)
        }
    }
}
