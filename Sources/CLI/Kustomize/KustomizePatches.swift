import Client
import Machinery

/// Patches of both kinds: strategic, which look like parts of objects, and lists of operations of RFC 6902.
struct KustomizePatches {
    let kustomization: Kustomization

    func apply(to resources: inout [KustomizeResource]) throws {
        for text in kustomization.texts("patchesStrategicMerge") {
            // A patch or the name of its file.
            let isInline: Bool = text.contains("\n") || text.contains(":") && !LocalFile.exists(kustomization.path(text))
            let bytes: [UInt8] = isInline ? Array(text.utf8) : try kustomization.file(text)
            for patch in try Self.documents(bytes, text) { try merge(patch, target: nil, options: nil, &resources) }
        }
        for entry in kustomization.json.list("patches") + kustomization.json.list("patchesJson6902") {
            let (inline, path): (String?, String?) = (entry["patch"]?.string, entry["path"]?.string)
            guard (inline == nil) != (path == nil) else {
                throw Failure("patch and path can't be set at the same time, and one must be set")
            }
            let bytes: [UInt8] = try inline.map { Array($0.utf8) } ?? kustomization.file(path ?? "")
            for patch in try Self.documents(bytes, path ?? "a patch") {
                if patch.array != nil {
                    try operate(patch, entry, &resources)
                } else {
                    try merge(patch, target: entry["target"], options: entry["options"], &resources)
                }
            }
        }
    }

    private static func documents(_ bytes: [UInt8], _ what: String) throws -> [JSON] {
        do { return try YAML.documents(bytes).map(\.json).filter { !$0.isNull } } catch {
            throw Failure("unable to parse SM or JSON patch from \(what): \(error)")
        }
    }

    private func operate(_ patch: JSON, _ entry: JSON, _ resources: inout [KustomizeResource]) throws {
        guard let target = entry["target"] else { throw Failure("must specify a target for JSON patch \(patch.text())") }
        for index in resources.indices where try KustomizeSelector(json: target).matches(resources[index]) {
            do {
                try replace(&resources[index], try JSONPatch(patch).applied(to: resources[index].json), entry["options"], keepsType: false)
            } catch let
                error as JSONPatchError
            {
                throw Failure("\(resources[index].described): \(error)")
            }
        }
    }

    private func merge(_ patch: JSON, target: JSON?, options: JSON?, _ resources: inout [KustomizeResource]) throws {
        var wanted: [Int] = []
        if let target {
            wanted = try resources.indices.filter { try KustomizeSelector(json: target).matches(resources[$0]) }
        } else {
            let named = KustomizeResource(patch)
            wanted = resources.indices.filter {
                let resource: KustomizeResource = resources[$0]
                return resource.kind == named.kind && resource.group == named.group && resource.isNamed(named.name)
                    && (named.namespace.isEmpty || resource.namespace == named.namespace
                        || resource.formerNames.contains { $0.namespace == named.namespace })
            }
            guard wanted.count == 1 else {
                throw Failure(
                    wanted.isEmpty
                        ? "no resource matches strategic merge patch \(JSON.quoted(named.described)): no matches for Id \(named.described); failed to find unique target for patch \(named.described)"
                        : "multiple matches for Id \(named.described); failed to find unique target for patch \(named.described)")
            }
        }
        var deleted: Set<Int> = []
        for index in wanted {
            if patch["$patch"] == "delete" {
                deleted.insert(index)
                continue
            }
            // The patch may be for many: it names none of them.
            var patch: JSON = patch
            if target != nil {
                if options?["allowNameChange"] != true { patch[["metadata", "name"]] = nil }
                if options?["allowKindChange"] != true {
                    patch["kind"] = nil
                    patch["apiVersion"] = nil
                }
            }
            let resource: KustomizeResource = resources[index]
            let result: JSON
            do {
                result = try StrategicMergePatch.apply(patch, to: resource.json, schema: resource.schema)
            } catch {
                throw Failure("\(resource.described): \(error)")
            }
            try replace(&resources[index], result, options, keepsType: true)
        }
        if !deleted.isEmpty { resources = resources.enumerated().filter { !deleted.contains($0.offset) }.map(\.element) }
    }

    /// Names and kinds stay unless the options allow them to change.
    private func replace(_ resource: inout KustomizeResource, _ json: JSON, _ options: JSON?, keepsType: Bool) throws {
        var json: JSON = json
        let name: String = json.text(at: "metadata", "name")
        if options?["allowKindChange"] != true {
            json["kind"] = resource.json["kind"]
            if keepsType { json["apiVersion"] = resource.json["apiVersion"] }
        }
        if name != resource.name {
            if options?["allowNameChange"] == true {
                resource.formerNames.append((resource.name, resource.namespace))
            } else {
                json[["metadata", "name"]] = .string(resource.name)
            }
        }
        resource.json = json
    }
}
