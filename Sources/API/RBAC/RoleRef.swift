package import Machinery

/// The role that a binding gives.
package struct RoleRef: Schema {
    package static let definition = Definition(RoleRef(), "rbac.v1.RoleRef", "The role that a binding gives.", isAtomic: true)

    package let apiGroup = Field<String>("apiGroup", 1, "rbac.authorization.k8s.io, also if absent.", default: .string(RBAC.group))
    package let kind = Field<String>("kind", 2, "Role or ClusterRole.", .always)
    package let name = Field<String>("name", 3, "Name of the role.", .always)

    package static func setDefaults(_ reference: inout View<RoleRef>) {
        if reference.apiGroup.isEmpty { reference.apiGroup = RBAC.group }
    }

    static func validate(_ reference: View<RoleRef>, kinds: [String], _ problems: inout Problems) {
        let path = Path("roleRef")
        if reference.apiGroup != RBAC.group {
            problems.notSupported(path.child("apiGroup"), .string(reference.apiGroup), supported: [RBAC.group])
        }
        if !kinds.contains(reference.kind) {
            problems.notSupported(path.child("kind"), .string(reference.kind), supported: kinds)
        }
        if reference.name.isEmpty { problems.required(path.child("name")) }
        for detail in Names.pathSegment(reference.name) { problems.invalid(path.child("name"), .string(reference.name), detail) }
    }

    /// The refused value is shown with the names of Go's fields, as upstream shows it.
    static func validateUpdate(_ reference: View<RoleRef>, from old: View<RoleRef>, _ problems: inout Problems) {
        guard reference != old else { return }
        problems.invalid(
            Path("roleRef"),
            ["APIGroup": .string(reference.apiGroup), "Kind": .string(reference.kind), "Name": .string(reference.name)],
            "cannot change roleRef")
    }
}

extension Column {
    /// `ClusterRole/view`
    static func role(_ role: @escaping @Sendable (View<K>) -> View<RoleRef>) -> Column<K> {
        Column("Role", .string, "Kind and name of the role.") { object, _ in
            let role: View<RoleRef> = role(object)
            return .string("\(role.kind)/\(role.name)")
        }
    }
}
