import Machinery

/// What each field of a kustomization holds, so that others are refused in the words of Go's decoder.
/// Source: sigs.k8s.io/kustomize/api/types.
indirect enum KustomizeShape: Sendable {
    case text, number, flag, object
    case list(of: KustomizeShape, named: String)
    case map(of: KustomizeShape, named: String)
    /// Members that there are, by name.
    case record(String, [String: KustomizeShape])

    private static let texts = KustomizeShape.list(of: .text, named: "[]string")
    private static let pairs = KustomizeShape.map(of: .text, named: "map[string]string")
    private static let field = KustomizeShape.record(
        "FieldSpec", ["path": .text, "create": .flag, "group": .text, "version": .text, "kind": .text])
    private static let selector: [String: KustomizeShape] = [
        "group": .text, "version": .text, "kind": .text, "name": .text, "namespace": .text, "labelSelector": .text,
        "annotationSelector": .text,
    ]
    private static let target = KustomizeShape.record("Selector", selector)
    private static let fieldOptions = KustomizeShape.record(
        "FieldOptions", ["delimiter": .text, "index": .number, "encoding": .text, "create": .flag])
    private static let generatorOptions = KustomizeShape.record(
        "GeneratorOptions", ["labels": pairs, "annotations": pairs, "disableNameSuffixHash": .flag, "immutable": .flag])
    private static let generator: [String: KustomizeShape] = [
        "name": .text, "namespace": .text, "behavior": .text, "literals": texts, "files": texts, "envs": texts, "env": .text,
        "options": generatorOptions, "fileMergeMode": .text,
    ]
    private static let image = KustomizeShape.record(
        "Image", ["name": .text, "newName": .text, "newTag": .text, "tagSuffix": .text, "digest": .text])
    private static let source = KustomizeShape.record(
        "SourceSelector", selector.merging(["fieldPath": .text, "options": fieldOptions]) { _, own in own })
    private static let replacement = KustomizeShape.record(
        "ReplacementField",
        [
            "path": .text, "source": source, "sourceValue": .text,
            "targets": .list(
                of: .record(
                    "TargetSelector",
                    [
                        "select": target, "reject": .list(of: target, named: "[]*types.Selector"), "fieldPaths": texts,
                        "options": fieldOptions,
                    ]),
                named: "[]*types.TargetSelector"),
        ])
    private static let variable = KustomizeShape.record(
        "Var",
        [
            "name": .text, "fieldref": .record("FieldSelector", ["fieldpath": .text, "fieldPath": .text]),
            "objref": .record(
                "Target", ["apiVersion": .text, "group": .text, "version": .text, "kind": .text, "name": .text, "namespace": .text]),
        ])

    static let kustomization = KustomizeShape.record(
        "Kustomization",
        [
            "apiVersion": .text, "kind": .text, "metadata": .object, "resources": texts, "bases": texts, "components": texts,
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
            "replicas": list("Replica", ["name": .text, "count": .number]),
            "replacements": .list(of: replacement, named: "[]types.ReplacementField"),
            "configurations": texts, "crds": texts, "openapi": pairs, "vars": .list(of: variable, named: "[]types.Var"),
            "sortOptions": .record(
                "SortOptions",
                ["order": .text, "legacySortOptions": .record("LegacySortOptions", ["orderFirst": texts, "orderLast": texts])]),
            "buildMetadata": texts, "generators": texts, "transformers": texts, "validators": texts,
            "helmCharts": .list(of: .object, named: "[]types.HelmChart"), "helmGlobals": .object,
            "helmChartInflationGenerator": .list(of: .object, named: "[]types.HelmChartArgs"),
        ])

    private static func list(_ type: String, _ fields: [String: KustomizeShape]) -> KustomizeShape {
        .list(of: .record(type, fields), named: "[]types.\(type)")
    }

    /// What Go calls it.
    private var name: String {
        switch self {
        case .text: "string"
        case .number: "int64"
        case .flag: "bool"
        case .object: "map[string]interface {}"
        case .list(_, let name), .map(_, let name): name
        case .record(let type, _): "types." + type
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
                "invalid Kustomization: json: cannot unmarshal \(json.typeName) into Go struct field \(owner).\(place) of type \(name)")
        }
        if json.isNull { return }
        switch self {
        case .text: guard json.string != nil else { throw wrong() }
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
                try field.check(member.value, at: place.isEmpty ? member.key : "\(place).\(member.key)", in: type)
            }
        }
    }
}
