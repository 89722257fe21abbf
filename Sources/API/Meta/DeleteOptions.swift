package import Machinery

/// How an object is to be deleted. Body of a delete, and part of an eviction.
package struct DeleteOptions: Schema {
    package static let definition = Definition(
        DeleteOptions(), "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions", "How an object is to be deleted.")

    package let gracePeriodSeconds = Field<Int64?>(
        "gracePeriodSeconds", 1, "Seconds that the object gets to end by itself; 0 deletes at once, absence takes the object's own.",
        .atLeast(0))
    package let preconditions = Field<Preconditions?>("preconditions", 2, "What must hold, or the deletion is refused with 409.")
    package let orphanDependents = Field<Bool?>("orphanDependents", 3, "True keeps dependents. Give propagationPolicy instead.")
    package let propagationPolicy = Field<String?>(
        "propagationPolicy", 4, "What becomes of dependents: Orphan keeps them, Background deletes them after, Foreground before.")
    package let dryRun = Field<[String]>("dryRun", 5, "`All` goes all the way, but stores nothing.", .atomic)
    package let ignoreStoreReadErrorWithClusterBreakingPotential = Field<Bool?>(
        "ignoreStoreReadErrorWithClusterBreakingPotential", 6, "Delete an object although it can't be read from the store.")

    private static let policies = ["Foreground", "Background", "Orphan"]

    /// Source: `ValidateDeleteOptions` of k8s.io/apimachinery.
    package static func validate(_ options: View<DeleteOptions>, _ path: Path, _ problems: inout Problems) {
        if options.orphanDependents != nil, options.propagationPolicy != nil {
            problems.invalid(
                path.child("propagationPolicy"), options.json["propagationPolicy"] ?? .null,
                "orphanDependents and deletionPropagation cannot be both set")
        }
        if let policy = options.propagationPolicy, !policies.contains(policy) {
            problems.notSupported(path.child("propagationPolicy"), .string(policy), supported: policies + ["nil"])
        }
        for value in options.dryRun where value != "All" {
            problems.notSupported(path.child("dryRun"), .array(options.dryRun.map { .string($0) }), supported: ["All"])
        }
    }
}

/// What must hold of an object before it is deleted.
package struct Preconditions: Schema {
    package static let definition = Definition(
        Preconditions(), "io.k8s.apimachinery.pkg.apis.meta.v1.Preconditions", "What must hold of an object before it is deleted.")

    package let uid = Field<String?>("uid", 1, "The object must be this one, not a later one of the same name.")
    package let resourceVersion = Field<String?>("resourceVersion", 2, "The object must not have changed since this revision.")
}
