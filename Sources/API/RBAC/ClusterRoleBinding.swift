package import Machinery

/// Who may do in the whole cluster what a ClusterRole allows.
package struct ClusterRoleBinding: Kind {
    package static let definition = Definition(
        ClusterRoleBinding(), "rbac.v1.ClusterRoleBinding", "Who may do in the whole cluster what a ClusterRole allows.")
    package static let names = KindNames(
        "ClusterRoleBinding", group: RBAC.group, plural: "clusterrolebindings", isNamespaced: false, createsOnUpdate: true,
        nameRule: { Names.pathSegment($0) })

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let subjects = Field<[Subject]>("subjects", 2, "Who gets the role.", .atomic)
    package let roleRef = Field<RoleRef>("roleRef", 3, "The ClusterRole that is given. Never changes.", .always)

    package static let columns: [Column<ClusterRoleBinding>] =
        [.name, .role { $0.roleRef }, .age] + Column.subjects { $0.subjects }

    /// Source: `ValidateClusterRoleBinding` of pkg/apis/rbac/validation.
    package static func validate(_ binding: View<ClusterRoleBinding>, _ path: Path, _ problems: inout Problems) {
        RoleRef.validate(binding.roleRef, kinds: ["ClusterRole"], &problems)
        Subject.validate(binding.subjects, isNamespaced: false, &problems)
    }

    package static func validateUpdate(
        _ binding: View<ClusterRoleBinding>, from old: View<ClusterRoleBinding>, _ path: Path, _ problems: inout Problems
    ) {
        RoleRef.validateUpdate(binding.roleRef, from: old.roleRef, &problems)
    }
}
