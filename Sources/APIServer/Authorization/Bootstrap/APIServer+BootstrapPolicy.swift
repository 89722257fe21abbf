import API
import Machinery
import Store

extension APIServer {
    /// Makes the roles and bindings that every cluster has, in one durable batch, and gives back what was taken from those that are there.
    ///
    /// Rules and subjects that somebody added stay; roles annotated with autoupdate "false" stay as they are. Costs nothing but
    /// look-ups when nothing is missing. Throws ``StoreError`` when the disk takes nothing.
    ///
    /// Source: pkg/registry/rbac/reconciliation.
    package func writeBootstrapPolicy() async throws {
        let table: RBACTable = authorizer.roles.table
        var writes: [Write] = []
        for role in BootstrapPolicy.roles {
            if let write = reconciled(role, table) { writes.append(write) }
        }
        for binding in BootstrapPolicy.bindings {
            if let write = reconciled(binding, table) { writes.append(write) }
        }
        guard let last = writes.popLast() else { return }
        // What somebody else changes at the same moment is looked at again at the next start.
        for write in writes { store.write(write) { _ in } }
        do {
            try await store.write(last)
        } catch StoreError.conflict {}
    }

    private func reconciled(_ role: BootstrapPolicy.Role, _ table: RBACTable) -> Write? {
        guard let present = table.rules(role.key) else { return write(role.object(at: clock.time), role.names, role.key) }
        let missing: [RoleRules.Rule] = BootstrapPolicy.missing(role.rules, in: present.rules)
        guard !missing.isEmpty, let (entry, object) = updatable(role.names, role.key) else { return nil }
        var next: JSON = object
        next["rules"] = .array((object["rules"]?.array ?? []) + missing.map(\.view.json))
        return write(next, role.names, role.key, over: entry)
    }

    private func reconciled(_ binding: BootstrapPolicy.Binding, _ table: RBACTable) -> Write? {
        let fresh: JSON = binding.object(at: clock.time)
        guard table.hasBinding(binding.key) else { return write(fresh, binding.names, binding.key) }
        let missing: [View<Subject>] = binding.subjects.filter { !table.hasGrant(binding.key, to: $0, of: binding.role) }
        guard !missing.isEmpty, let (entry, object) = updatable(binding.names, binding.key) else { return nil }
        // A binding to another role is no longer ours to extend: it is made anew.
        guard object["roleRef"] == fresh["roleRef"] else { return write(fresh, binding.names, binding.key, over: entry) }
        var next: JSON = object
        next["subjects"] = .array((object["subjects"]?.array ?? []) + missing.map(\.json))
        return write(next, binding.names, binding.key, over: entry)
    }

    /// The stored object, unless its owner wants it left alone.
    private func updatable(_ names: KindNames, _ key: ObjectKey) -> (Entry, JSON)? {
        guard let entry = store.newest(ObjectKeys.key(names, namespace: key.namespace, name: key.name)) else { return nil }
        guard let object = try? JSON(parsing: entry.value),
            object[["metadata", "annotations", BootstrapPolicy.updateAnnotation]] != "false"
        else { return nil }
        return (entry, object)
    }

    private func write(_ object: JSON, _ names: KindNames, _ key: ObjectKey, over entry: Entry? = nil) -> Write {
        let stored = StoredObject(object, names)
        let place: String = ObjectKeys.key(names, namespace: key.namespace, name: key.name)
        guard let entry else { return Write(.put, place, if: .absent) { stored.bytes($0) } }
        return Write(.put, place, if: .revision(entry.revision)) { stored.bytes($0) }
    }
}
