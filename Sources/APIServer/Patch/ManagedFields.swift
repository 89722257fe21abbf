import API
package import Machinery

/// Who owns which field of an object: kept in `metadata.managedFields` by each write, and what server-side apply decides by.
///
/// Versions of one kind are taken to have the same fields: a manager's entry counts whatever its `apiVersion`.
/// Source: k8s.io/apimachinery/pkg/util/managedfields, sigs.k8s.io/structured-merge-diff/v6/merge.
package enum ManagedFields {
    /// The new object with the manager's ownership of what it changed: after a create, an update or a patch other than apply.
    ///
    /// Call it with decoded and defaulted objects and before admission, so that the creator owns defaults and nobody owns what
    /// admission adds. `managedFields: [{}]` in the new object resets ownership; an absent or empty list keeps it.
    ///
    /// - Parameters:
    ///   - old: the stored object; nil on create.
    ///   - manager: the `fieldManager` of the request, else the first part of its user agent.
    ///   - subresource: nil for the object itself.
    ///   - ignored: fields that this resource resets; nil for what kinds with a status subresource do.
    package static func update(
        old: JSON?, new: JSON, manager: String, subresource: String? = nil, schema: ObjectSchema, ignoring ignored: FieldSet? = nil,
        now: Time
    ) -> JSON {
        let subresource: String = subresource ?? ""
        let (newObject, newEntries): (JSON, JSON?) = split(new)
        let template: OwnershipTemplate = .of(schema)
        let owner = FieldOwnership.Owner(
            manager: manager, operation: .update, apiVersion: new["apiVersion"]?.string ?? "", subresource: subresource)
        let ignored: FieldSet = ignored ?? template.resetFields(subresource)
        func changes(since old: JSON) -> FieldComparison {
            FieldComparison(old, newObject, FieldShape(schema)).excluding(ignored)
        }
        if old == nil, newEntries == nil, ignored == template.resetFields("") {
            let fields: JSON = template.fields(ofNew: newObject, FieldShape(schema)) {
                let changes: FieldComparison = changes(since: template.empty)
                return changes.added.union(changes.modified).subtracting(neverOwned)
            }
            return joined(newObject, Managers(ofCreator: owner, fields, at: now).json)
        }
        let (oldObject, oldEntries): (JSON, JSON?) = split(old ?? template.empty)
        let changes: FieldComparison = changes(since: oldObject)
        let sent: Managers? = subresource.isEmpty && newEntries != oldEntries ? managers(sent: newEntries) : nil
        if changes.isEmpty, sent == nil { return joined(newObject, oldEntries) }

        var managers: Managers = sent ?? Managers(stored: oldEntries)
        let taken: FieldSet = changes.added.union(changes.modified)
        let own: FieldSet = taken.subtracting(neverOwned)
        if var entry: FieldOwnership = managers[owner], changes.removed.isEmpty, own == taken, entry.owns(allOf: own) {
            // Who writes again what it wrote before, as most do, keeps its fields as they stand.
            managers.disown(own, except: owner)
            entry.time = now
            managers[owner] = entry
            managers.capUpdaters()
            return joined(newObject, managers.json)
        }
        var isChanged: Bool = managers.disown(taken.union(changes.removed)) || sent != nil
        if !own.isEmpty {
            // What the manager lost just now as one of many, it takes again as the one that wrote.
            let before: FieldSet = managers[owner]?.fields ?? FieldSet()
            managers[owner] = FieldOwnership(owner: owner, apiVersion: owner.apiVersion, time: now, fields: before.union(own))
            managers.capUpdaters()
            isChanged = true
        }
        return joined(newObject, isChanged ? managers.json : oldEntries)
    }

    /// The live object with the applied configuration laid over it: fields that the manager applied before and left out now are
    /// removed unless somebody else owns them.
    ///
    /// Returns the live object itself when nothing changes. The result is not defaulted or validated.
    ///
    /// - Parameters:
    ///   - live: the stored object; nil when the apply creates it.
    ///   - applied: the configuration as the client sent it, with apiVersion, kind and name.
    ///   - force: takes fields from other managers instead of failing.
    package static func apply(
        live: JSON?, applied: JSON, manager: String, force: Bool, subresource: String? = nil, schema: ObjectSchema,
        ignoring ignored: FieldSet? = nil, now: Time
    ) throws(ApplyError) -> JSON {
        if let entries: JSON = applied["metadata"]?["managedFields"], !entries.isEmpty {
            throw .badRequest("metadata.managedFields must be nil")
        }
        let subresource: String = subresource ?? ""
        try ApplyCheck.check(applied, schema)
        let template: OwnershipTemplate = .of(schema)
        let (liveObject, liveEntries): (JSON, JSON?) = split(live ?? template.empty(like: applied))
        var run = ApplyRun(
            live: liveObject, applied: split(applied).object, managers: Managers(stored: liveEntries), shape: FieldShape(schema),
            ignored: ignored ?? template.resetFields(subresource), now: now,
            owner: FieldOwnership.Owner(
                manager: manager, operation: .apply, apiVersion: applied["apiVersion"]?.string ?? "", subresource: subresource))
        try run.apply(force: force)
        if let live, run.isUnchanged { return live }
        return joined(run.result, run.managers.json)
    }

    /// Fields that no manager owns.
    static let neverOwned = FieldSet(paths: [
        ["apiVersion"], ["kind"], ["metadata"], ["metadata", "name"], ["metadata", "namespace"], ["metadata", "creationTimestamp"],
        ["metadata", "selfLink"], ["metadata", "uid"], ["metadata", "clusterName"], ["metadata", "generation"],
        ["metadata", "managedFields"], ["metadata", "resourceVersion"],
    ])

    /// A client may hand entries in through the object itself; nil for those that are absent, empty or malformed: the stored ones stay.
    private static func managers(sent: JSON?) -> Managers? {
        guard let sent else { return nil }
        if sent == .array([.object([:])]) { return Managers() }
        return Managers(sent: sent).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The object without its managed fields, and these.
    private static func split(_ object: JSON) -> (object: JSON, entries: JSON?) {
        guard case .object(var metadata)? = object["metadata"], let entries: JSON = metadata["managedFields"] else {
            return (object, nil)
        }
        var rest: JSON = object
        metadata["managedFields"] = nil
        rest["metadata"] = .object(metadata)
        return (rest, entries)
    }

    private static func joined(_ object: JSON, _ entries: JSON?) -> JSON {
        guard let entries else { return object }
        var object: JSON = object
        object["metadata", default: .object([:])]["managedFields"] = entries
        return object
    }
}

extension JSON {
    /// The member, or the default where there is none.
    subscript(key: String, default value: JSON) -> JSON {
        get { self[key] ?? value }
        set { self[key] = newValue }
    }
}
