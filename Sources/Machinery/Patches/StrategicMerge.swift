/// Merges a patch into an object, or a second patch into a first one.
struct StrategicMerge {
    /// True when both sides are patches: directives and nulls are then kept for the object they will meet.
    let isPatchOfPatch: Bool

    func merge(_ original: JSONObject, _ patch: JSONObject, _ level: MergeLevel) throws(StrategicMergeError) -> JSONObject {
        var patch: JSONObject = patch
        if let directive: JSON = patch[Directive.patch] { return try replaced(by: directive, &patch) }
        var merged: JSONObject = original
        try retainKeys(&merged, &patch)
        try mergeOrderedLists(&merged, &patch, level)
        for member in patch.members { try merge(member, into: &merged, level) }
        return merged
    }

    /// `$patch: replace` takes the rest of the patch, `$patch: delete` empties the object.
    private func replaced(by directive: JSON, _ patch: inout JSONObject) throws(StrategicMergeError) -> JSONObject {
        switch directive {
        case "replace":
            patch[Directive.patch] = nil
            return patch
        case "delete": return JSONObject()
        default: throw .badPatchType(directive, patch)
        }
    }

    private func merge(
        _ member: JSONObject.Member, into merged: inout JSONObject, _ level: MergeLevel
    ) throws(StrategicMergeError) {
        if let field: String = Directive.field(of: member.key, Directive.deleteFromList) {
            if isPatchOfPatch { return merged[member.key] = member.value }
            guard !field.isEmpty else { throw .badPrimitiveList }
            guard let list: [JSON] = merged[field]?.array else { return }
            guard let unwanted: [JSON] = member.value.array else { throw .badPrimitiveList }
            merged[field] = .array(list.filter { !unwanted.contains($0) })
            return
        }
        if member.value.isNull {
            merged[member.key] = isPatchOfPatch ? .null : nil
            return
        }
        switch (merged[member.key], member.value) {
        case (.object(let old)?, .object(let new)):
            let how: MergeLevel.Member = level[member.key]
            merged[member.key] = how.isReplaced ? member.value : .object(try merge(old, new, how.level))
        case (.array(let old)?, .array(let new)):
            let how: MergeLevel.Member = level[member.key]
            if how.mergesList {
                merged[member.key] = .array(try merge(old, new, how))
            } else {
                merged[member.key] = member.value
            }
        default:
            merged[member.key] = isPatchOfPatch ? member.value : Self.withoutDirectives(member.value)
        }
    }

    /// A new value as an object holds it: without nulls, directives and elements to delete. nil when nothing is left of it.
    private static func withoutDirectives(_ value: JSON) -> JSON? {
        switch value {
        case .object(let object):
            if object[Directive.patch] == "delete" { return nil }
            var kept: [JSONObject.Member] = []
            kept.reserveCapacity(object.count)
            for member in object.members where !member.value.isNull && !isDirective(member.key) {
                if let value: JSON = withoutDirectives(member.value) { kept.append(JSONObject.Member(key: member.key, value: value)) }
            }
            return .object(JSONObject(members: kept))
        case .array(let elements):
            let kept: [JSON] = elements.compactMap { withoutDirectives($0) }
            return .array(
                kept.filter { element in
                    // An element that was only `$patch: replace` marks the list, and is none.
                    !(element == .object(JSONObject()) && elements.contains(.object([Directive.patch: "replace"])))
                })
        default: return value
        }
    }

    private static func isDirective(_ name: String) -> Bool {
        name == Directive.patch || name == Directive.retainKeys || name.hasPrefix(Directive.elementOrder + "/")
            || name.hasPrefix(Directive.deleteFromList + "/")
    }

    /// `$retainKeys` clears the members of the object that it does not list.
    private func retainKeys(_ original: inout JSONObject, _ patch: inout JSONObject) throws(StrategicMergeError) {
        guard let directive: JSON = patch[Directive.retainKeys] else { return }
        patch[Directive.retainKeys] = nil
        if isPatchOfPatch {
            if let other: JSON = original[Directive.retainKeys], other != directive {
                throw .unprocessable(
                    "\(other.goText) and \(directive.goText) are not deep equal: this may happen when calculating the 3-way diff patch")
            }
            original[Directive.retainKeys] = directive
            return
        }
        guard let keys: [JSON] = directive.array else { throw .badRetainKeys }
        for member in patch.members where !member.value.isNull && !Self.isDirective(member.key) {
            guard keys.contains(.string(member.key)) else { throw .contentNotRetained }
        }
        original.removeAll { !keys.contains(.string($0.key)) }
    }

    /// Lists with `$setElementOrder` are merged and ordered here, and taken out of the patch.
    private func mergeOrderedLists(
        _ merged: inout JSONObject, _ patch: inout JSONObject, _ level: MergeLevel
    ) throws(StrategicMergeError) {
        for directive in patch.members where directive.key.hasPrefix(Directive.elementOrder) {
            if isPatchOfPatch {
                if let other: JSON = merged[directive.key], other != directive.value { throw .badElementOrder }
                merged[directive.key] = directive.value
            }
            patch[directive.key] = nil
            guard let order: [JSON] = directive.value.array else { throw .wrongType(directive.value, wanted: []) }
            guard let field: String = Directive.field(of: directive.key, Directive.elementOrder), !field.isEmpty else {
                throw .badElementOrder
            }
            let how: MergeLevel.Member = level[field]
            guard how.isKnown || isPatchOfPatch else {
                throw .unprocessable("unable to find api field in struct \(level.name) for the json field \(JSON.quoted(field))")
            }
            let old: [JSON]? = try Self.list(merged[field])
            let new: [JSON]? = try Self.list(patch[field])
            let lists: ListOrder = ListOrder(mergeKey: how.mergeKey)
            try lists.check(new ?? [], against: order)
            let all: [JSON]
            switch (old, new) {
            case (let old?, nil): all = old
            case (nil, let new?): all = isPatchOfPatch ? new : Self.withoutDirectives(.array(new))?.array ?? []
            case (let old?, let new?): all = how.mergesList ? try merge(old, new, how) : new
            case (nil, nil): continue
            }
            merged[field] = .array(lists.ordered(all, by: order, server: old ?? []))
            patch[field] = nil
        }
    }

    private static func list(_ value: JSON?) throws(StrategicMergeError) -> [JSON]? {
        guard let value, !value.isNull else { return nil }
        guard let list: [JSON] = value.array else { throw .wrongType(value, wanted: []) }
        return list
    }

    /// Two lists of a field that merges: by merge key, or as a set when the elements are plain values.
    private func merge(_ original: [JSON], _ patch: [JSON], _ how: MergeLevel.Member) throws(StrategicMergeError) -> [JSON] {
        let lists = ListOrder(mergeKey: how.mergeKey)
        guard try Self.holdsObjects(original + patch) else {
            var merged: [JSON] = []
            for element in original + patch where !merged.contains(element) { merged.append(element) }
            return lists.ordered(merged, by: patch, server: original)
        }
        guard let key: String = how.mergeKey else {
            throw .unprocessable("cannot merge lists without merge key for \(how.level.name)")
        }
        var kept: [JSON] = original
        var changes: [JSON] = []
        var replaces: Bool = false
        for element in patch {
            guard case .object(let object) = element else { throw .wrongType(element, wanted: [:]) }
            switch object[Directive.patch] {
            case nil: changes.append(element)
            case "delete"? where isPatchOfPatch: changes.append(element)
            case "delete"?:
                guard let value: JSON = object[key] else { throw .noMergeKey(element, key) }
                kept.removeAll { $0[key] == value }
            case "replace"?: replaces = true
            case "merge"?: throw .unprocessable("merging lists cannot yet be specified in the patch")
            case let other?: throw .badPatchType(other, object)
            }
        }
        if replaces { return isPatchOfPatch ? patch : changes.compactMap { Self.withoutDirectives($0) } }
        var merged: [JSON] = kept
        for element in changes {
            guard case .object(let object) = element, let value: JSON = object[key] else { throw .noMergeKey(element, key) }
            if let index: Int = merged.firstIndex(where: { $0[key] == value }), case .object(let old) = merged[index] {
                merged[index] = .object(try merge(old, object, how.level))
            } else if let new: JSON = isPatchOfPatch ? element : Self.withoutDirectives(element) {
                merged.append(new)
            }
        }
        return lists.ordered(merged, by: changes, server: kept)
    }

    /// Lists hold plain values or objects, never both and never lists.
    static func holdsObjects(_ elements: [JSON]) throws(StrategicMergeError) -> Bool {
        guard let first: JSON = elements.first else { return false }
        let isObject: Bool = first.object != nil
        for element in elements {
            if case .array = element { throw .listOfLists }
            guard (element.object != nil) == isObject else {
                throw .unprocessable("list element types are not identical: [\(first.typeName) \(element.typeName)]")
            }
        }
        return isObject
    }
}
