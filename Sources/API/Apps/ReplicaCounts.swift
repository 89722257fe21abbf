import Machinery

/// How the counts in the status of a workload must relate: some pods of a set are never more than all of it.
/// Source: `ValidateReplicaSetStatus` and the like of pkg/apis/apps/validation.
enum ReplicaCounts {
    /// One count: its field, its value, the value that it may not exceed and the name of that.
    typealias Limit = (field: String, count: Int, most: Int, name: String)

    static func validate(_ limits: [Limit], _ path: Path, _ problems: inout Problems) {
        for limit in limits where limit.count > limit.most {
            problems.invalid(path.child(limit.field), Cells.integer(limit.count), "cannot be greater than \(limit.name)")
        }
    }
}
