package import Machinery

/// What may be done in one namespace; a RoleBinding says by whom.
package struct Role: Kind {
    package static let definition = Definition(
        Role(), "rbac.v1.Role", "What may be done in one namespace. A RoleBinding says by whom.")
    package static let names = KindNames(
        "Role", group: RBAC.group, plural: "roles", createsOnUpdate: true, nameRule: { Names.pathSegment($0) })

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let rules = Field<[PolicyRule]>("rules", 2, "What the role allows.", .written, .atomic)

    package static let columns: [Column<Role>] = [.name, .createdAt]

    package static func validate(_ role: View<Role>, _ path: Path, _ problems: inout Problems) {
        PolicyRule.validate(role.rules, isNamespaced: true, &problems)
    }
}
