package import Machinery

/// Somebody to whom a binding gives a role.
package struct Subject: Schema {
    package static let definition = Definition(
        Subject(), "rbac.v1.Subject", "Somebody to whom a binding gives a role.", isAtomic: true)

    package let kind = Field<String>("kind", 1, "User, Group or ServiceAccount.", .always)
    package let apiGroup = Field<String>(
        "apiGroup", 2, "rbac.authorization.k8s.io for users and groups, empty for service accounts; both are set if absent.")
    package let name = Field<String>("name", 3, "Name of the user, group or service account.", .always)
    package let namespace = Field<String>("namespace", 4, "Namespace of a service account.")

    /// The group of users and groups goes without saying. Source: `SetDefaults_Subject` of pkg/apis/rbac/v1.
    package static func setDefaults(_ subject: inout View<Subject>) {
        if subject.apiGroup.isEmpty, subject.kind == "User" || subject.kind == "Group" { subject.apiGroup = RBAC.group }
    }

    /// Source: `ValidateRoleBindingSubject` of pkg/apis/rbac/validation.
    static func validate(_ subjects: [View<Subject>], isNamespaced: Bool, _ problems: inout Problems) {
        for (index, subject) in subjects.enumerated() {
            let path: Path = Path("subjects").index(index)
            if subject.name.isEmpty { problems.required(path.child("name")) }
            switch subject.kind {
            case "ServiceAccount":
                if !subject.name.isEmpty {
                    for detail in Names.dns1123Subdomain(subject.name) {
                        problems.invalid(path.child("name"), .string(subject.name), detail)
                    }
                }
                if !subject.apiGroup.isEmpty {
                    problems.notSupported(path.child("apiGroup"), .string(subject.apiGroup), supported: [""])
                }
                if !isNamespaced, subject.namespace.isEmpty { problems.required(path.child("namespace")) }
            case "User", "Group":
                if subject.apiGroup != RBAC.group {
                    problems.notSupported(path.child("apiGroup"), .string(subject.apiGroup), supported: [RBAC.group])
                }
            default:
                problems.notSupported(path.child("kind"), .string(subject.kind), supported: ["ServiceAccount", "User", "Group"])
            }
        }
    }
}

extension Column {
    /// Users, groups and service accounts of a binding, with `-o wide`.
    static func subjects(_ subjects: @escaping @Sendable (View<K>) -> [View<Subject>]) -> [Column<K>] {
        func column(_ name: String, _ kind: String, _ doc: String) -> Column<K> {
            Column(name, .string, doc, priority: 1) { object, _ in
                .string(
                    subjects(object).filter { $0.kind == kind }
                        .map { kind == "ServiceAccount" ? "\($0.namespace)/\($0.name)" : $0.name }.joined(separator: ", "))
            }
        }
        return [
            column("Users", "User", "Users who get the role."), column("Groups", "Group", "Groups that get the role."),
            column("ServiceAccounts", "ServiceAccount", "Service accounts that get the role."),
        ]
    }
}
