package import Machinery

/// Who may do in one namespace what a role allows.
package struct RoleBinding: Kind {
    package static let definition = Definition(
        RoleBinding(), "rbac.v1.RoleBinding", "Who may do in one namespace what a Role or ClusterRole allows.")
    package static let names = KindNames(
        "RoleBinding", group: RBAC.group, plural: "rolebindings", createsOnUpdate: true, nameRule: { Names.pathSegment($0) })

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let subjects = Field<[Subject]>("subjects", 2, "Who gets the role.", .atomic)
    package let roleRef = Field<RoleRef>(
        "roleRef", 3, "The Role of the namespace or the ClusterRole that is given. Never changes.", .always)

    package static let columns: [Column<RoleBinding>] =
        [.name, .role { $0.roleRef }, .age] + Column.subjects { $0.subjects }

    /// Source: `ValidateRoleBinding` of pkg/apis/rbac/validation.
    package static func validate(_ binding: View<RoleBinding>, _ path: Path, _ problems: inout Problems) {
        RoleRef.validate(binding.roleRef, kinds: ["Role", "ClusterRole"], &problems)
        Subject.validate(binding.subjects, isNamespaced: true, &problems)
    }

    package static func validateUpdate(
        _ binding: View<RoleBinding>, from old: View<RoleBinding>, _ path: Path, _ problems: inout Problems
    ) {
        RoleRef.validateUpdate(binding.roleRef, from: old.roleRef, &problems)
    }
}
