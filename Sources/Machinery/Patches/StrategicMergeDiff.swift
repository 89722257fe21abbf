/// Makes the patch between two objects.
struct StrategicDiff {
    /// False leaves out what is gone in the modified object.
    let keepsDeletions: Bool
    /// False leaves out what is new or different in the modified object.
    let keepsChanges: Bool

    func diff(
        _ original: JSONObject, _ modified: JSONObject, _ level: MergeLevel, retainsKeys: Bool = false
    ) throws(StrategicMergeError) -> JSONObject {
        var patch = JSONObject()
        for member in modified.members {
            guard let old: JSON = original[member.key] else {
                if keepsChanges { patch[member.key] = member.value }
                continue
            }
            let how: MergeLevel.Member = level[member.key]
            switch (old, member.value) {
            case (.object(let old), .object(let new)) where !how.isReplaced:
                let inner: JSONObject = try diff(old, new, how.level, retainsKeys: how.retainsKeys)
                if !inner.isEmpty { patch[member.key] = .object(inner) }
            case (.array(let old), .array(let new)) where how.mergesList:
                try diff(old, new, member.key, how, &patch)
            default:
                if keepsChanges, old != member.value { patch[member.key] = member.value }
            }
        }
        if keepsDeletions {
            for member in original.members where modified[member.key] == nil { patch[member.key] = .null }
        }
        if retainsKeys { addRetainKeys(original, modified, &patch) }
        return patch
    }

    /// `$retainKeys` goes with any change, and with members that only the original has.
    private func addRetainKeys(_ original: JSONObject, _ modified: JSONObject, _ patch: inout JSONObject) {
        let keys: [String] = modified.members.filter { !$0.value.isNull }.map(\.key).sorted()
        guard !keys.isEmpty, !patch.isEmpty || original.members.contains(where: { modified[$0.key] == nil }) else { return }
        patch[Directive.retainKeys] = .array(keys.map { .string($0) })
    }

    private func diff(
        _ original: [JSON], _ modified: [JSON], _ name: String, _ how: MergeLevel.Member, _ patch: inout JSONObject
    ) throws(StrategicMergeError) {
        guard !original.isEmpty else {
            if !modified.isEmpty, keepsChanges { patch[name] = .array(modified) }
            return
        }
        if try StrategicMerge.holdsObjects(original + modified) {
            guard let key: String = how.mergeKey else {
                throw .unprocessable("cannot merge lists without merge key for \(how.level.name)")
            }
            try diffObjects(original, modified, name, key, how, &patch)
        } else {
            diffValues(original, modified, name, &patch)
        }
    }

    private func diffObjects(
        _ original: [JSON], _ modified: [JSON], _ name: String, _ key: String, _ how: MergeLevel.Member,
        _ patch: inout JSONObject
    ) throws(StrategicMergeError) {
        let old: [JSON: JSON] = try byKey(original, key)
        let new: [JSON: JSON] = try byKey(modified, key)
        var list: [JSON] = []
        for element in modified {
            guard let value: JSON = element[key], case .object(let after) = element else { throw .noMergeKey(element, key) }
            guard case .object(let before)? = old[value] else {
                if keepsChanges { list.append(element) }
                continue
            }
            var inner: JSONObject = try diff(before, after, how.level, retainsKeys: how.retainsKeys)
            guard !inner.isEmpty else { continue }
            inner[key] = value
            list.append(.object(inner))
        }
        if keepsDeletions {
            // Deletions are ordered by their key, as Kubernetes orders them.
            let gone: [JSON] = original.compactMap { $0[key] }.filter { new[$0] == nil }
            for value in gone.sorted(by: { $0.goText < $1.goText }) { list.append(.object([Directive.patch: "delete", key: value])) }
        }
        if !list.isEmpty { patch[name] = .array(list) }
        let isOrderSame: Bool = original.map { $0[key] } == modified.map { $0[key] }
        if (keepsChanges && (!list.isEmpty || !isOrderSame)) || (keepsDeletions && !list.isEmpty) {
            patch[Directive.elementOrder + "/" + name] = .array(modified.map { [key: $0[key] ?? .null] })
        }
    }

    private func byKey(_ elements: [JSON], _ key: String) throws(StrategicMergeError) -> [JSON: JSON] {
        var result: [JSON: JSON] = [:]
        for element in elements {
            guard let value: JSON = element[key] else { throw .noMergeKey(element, key) }
            result[value] = element
        }
        return result
    }

    private func diffValues(_ original: [JSON], _ modified: [JSON], _ name: String, _ patch: inout JSONObject) {
        let old = Set<JSON>(original)
        let new = Set<JSON>(modified)
        let added: [JSON] = keepsChanges ? modified.filter { !old.contains($0) } : []
        var gone: [JSON] = []
        if keepsDeletions {
            for element in original where !new.contains(element) && !gone.contains(element) { gone.append(element) }
            gone.sort { $0.goText < $1.goText }
        }
        if !added.isEmpty { patch[name] = .array(added) }
        if !gone.isEmpty { patch[Directive.deleteFromList + "/" + name] = .array(gone) }
        if !gone.isEmpty || (keepsChanges && original != modified) {
            patch[Directive.elementOrder + "/" + name] = .array(modified)
        }
    }
}
