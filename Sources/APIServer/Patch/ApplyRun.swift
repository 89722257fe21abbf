import Machinery

/// One server-side apply, step by step: merge, prune, find conflicts, settle ownership.
///
/// Source: sigs.k8s.io/structured-merge-diff/v6/merge/update.go.
struct ApplyRun {
    /// Without managed fields, as is the configuration.
    let live: JSON
    let applied: JSON
    private(set) var managers: Managers
    let shape: FieldShape
    let ignored: FieldSet
    let now: Time
    let owner: FieldOwnership.Owner
    private(set) var result: JSON = .null
    private(set) var isUnchanged: Bool = false

    init(
        live: JSON, applied: JSON, managers: Managers, shape: FieldShape, ignored: FieldSet, now: Time, owner: FieldOwnership.Owner
    ) {
        self.live = live
        self.applied = applied
        self.managers = managers
        self.shape = shape
        self.ignored = ignored
        self.now = now
        self.owner = owner
    }

    mutating func apply(force: Bool) throws(ApplyError) {
        let before: Managers = managers
        let last: FieldOwnership? = managers[owner]
        let set: FieldSet = FieldSet(of: applied, shape).excluding(ignored)
        let apiVersion: String = applied["apiVersion"]?.string ?? ""
        managers[owner] = FieldOwnership(owner: owner, apiVersion: apiVersion, time: last?.time, fields: set)
        let merged: JSON = FieldMerge.merge(live, applied, shape) ?? applied
        result = pruned(merged, last?.fields ?? FieldSet(), set)
        let changes: FieldComparison = FieldComparison(live, result, shape).excluding(ignored)
        let written: FieldSet = changes.added.union(changes.modified)
        if !force { try checkConflicts(written) }
        managers.disown(written.union(changes.removed), except: owner)
        if var own: FieldOwnership = managers[owner] {
            own.fields = own.fields.subtracting(ManagedFields.neverOwned)
            managers[owner] = own
        }
        LastApplied.refresh(&result, applied, owner)
        isUnchanged = result == live && managers.hasSameOwnership(as: before)
        if !isUnchanged, var own: FieldOwnership = managers[owner] {
            own.time = now
            managers[owner] = own
        }
    }

    private func checkConflicts(_ written: FieldSet) throws(ApplyError) {
        /// kubectl takes over what its own client-side apply set.
        let isAllowed: FieldSet = LastApplied.ownFields(live, shape, owner)
        let conflicts: [ApplyConflict.Conflict] = managers.entries.filter { $0.owner != owner }.sorted {
            ($0.owner.manager, $0.apiVersion, $0.owner.subresource) < ($1.owner.manager, $1.apiVersion, $1.owner.subresource)
        }.flatMap { entry in
            entry.fields.intersection(written).subtracting(isAllowed).paths.map { path in
                ApplyConflict.Conflict(owner: entry.owner, time: entry.time, field: FieldPath.text(path))
            }
        }
        if !conflicts.isEmpty { throw .conflict(ApplyConflict(conflicts: conflicts)) }
    }

    /// Without the fields that this manager applied last and does not apply now, as far as nobody else owns them.
    private func pruned(_ merged: JSON, _ last: FieldSet, _ set: FieldSet) -> JSON {
        guard !last.subtracting(set).isEmpty else { return merged }
        let wasApplied: FieldSet = last.withDeclaredParents(shape)
        let all: FieldSet = FieldSet(of: merged, shape).withDeclaredParents(shape)
        let owned: FieldSet = managers.fields.withDeclaredParents(shape)
        func kept(_ removed: FieldSet) -> JSON { FieldRemoval.removing(removed, from: merged, shape) ?? .object([:]) }
        func fields(_ value: JSON) -> FieldSet { FieldSet(of: value, shape).withDeclaredParents(shape) }
        // First everything that was applied goes, then what somebody owns comes back, then what nobody ever applied.
        let bare: FieldSet = fields(kept(wasApplied))
        let ownedOnly: FieldSet = fields(kept(all.subtracting(bare.union(owned))))
        return kept(all.subtracting(ownedOnly).intersection(wasApplied))
    }
}
