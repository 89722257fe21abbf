import Machinery

/// What the kinds of rbac.authorization.k8s.io share.
package enum RBAC {
    package static let group = "rbac.authorization.k8s.io"
}

extension Column {
    /// When the object was made, as roles show it: a date, not an age.
    static var createdAt: Column<K> {
        Column("Created At", .date, "When the object was created.") { object, _ in
            object.metadata.creationTimestamp.map(\.json) ?? "<unknown>"
        }
    }
}
