import Machinery

/// Merges a patch that looks like a part of an object, in kustomize's way, which is not that of a server: what a patch adds to a list
/// comes first in it, and keys of a list may be several. Source: sigs.k8s.io/kustomize/kyaml/yaml/merge2 and walk.
enum KustomizeMerge {
    /// nil when the patch deletes the value.
    static func merge(_ patch: JSONObject, into old: JSONObject?, _ shape: KustomizeSchema.Shape) -> JSONObject? {
        var patch: JSONObject = patch
        var result: JSONObject = old ?? [:]
        switch patch["$patch"]?.string {
        case "delete": return nil
        case "replace": result = [:]
        default: break
        }
        patch["$patch"] = nil
        for member in patch {
            let known: KustomizeSchema.Shape.Member = shape[member.key]
            switch member.value {
            case .null: result[member.key] = nil
            case .object(let inner):
                result[member.key] = merge(inner, into: result[member.key]?.object, known.shape).map { .object($0) }
            case .array(let elements):
                guard let keys = known.mergeKeys else {
                    result[member.key] = member.value
                    continue
                }
                let list: [JSON]? = merge(elements, into: result[member.key]?.array ?? [], keys: keys, known.shape)
                result[member.key] = list.map { .array($0) }
            default: result[member.key] = member.value
            }
        }
        return result
    }

    /// nil when the patch deletes the list.
    private static func merge(_ patch: [JSON], into old: [JSON], keys: [String], _ shape: KustomizeSchema.Shape) -> [JSON]? {
        // An element that is nothing but a directive speaks of the list.
        if let directive = patch.compactMap({ $0.object?.count == 1 ? $0["$patch"]?.string : nil }).first {
            if directive == "delete" { return nil }
            if directive == "replace" { return patch.filter { $0["$patch"] == nil } }
        }
        guard !keys.isEmpty else { return patch + old.filter { !patch.contains($0) } }
        var old: [JSON] = old
        var merged: [JSON] = []
        for element in patch {
            guard let object = element.object else {
                merged.append(element)
                continue
            }
            let given: [String] = keys.filter { object[$0] != nil }
            let index: Int? = old.firstIndex { other in given.allSatisfy { other[$0] == object[$0] } }
            guard let result = merge(object, into: index.flatMap { old[$0].object }, shape) else {
                if let index { old.remove(at: index) }
                continue
            }
            if let index, object["$patch"] == nil { old[index] = .object(result) }
            merged.append(.object(result))
        }
        return keys.count == 1 ? united(merged, old, by: keys[0]) : appended(merged, old, by: keys)
    }

    /// In the order of the patch, then the rest. Of two with one key the one of the list stands, changed or not.
    private static func united(_ merged: [JSON], _ old: [JSON], by key: String) -> [JSON] {
        var result: [JSON] = merged
        for element in old {
            if let index = result.firstIndex(where: { $0[key] == element[key] }) {
                result[index] = element
            } else {
                result.append(element)
            }
        }
        return result
    }

    /// What is new, then the list in its order.
    private static func appended(_ merged: [JSON], _ old: [JSON], by keys: [String]) -> [JSON] {
        merged.filter { one in
            !old.contains { other in keys.prefix { other[$0] != nil }.allSatisfy { one[$0] == other[$0] } }
        } + old
    }
}
