package import Machinery

/// Who holds something for a while: elections of leaders, and signs of life of nodes.
package struct Lease: Kind {
    package static let definition = Definition(Lease(), "coordination.v1.Lease", "Who holds something for a while.")
    package static let names = KindNames(
        "Lease", group: "coordination.k8s.io", plural: "leases", createsOnUpdate: true, needsRevision: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<LeaseSpec>("spec", 2, "Who holds the lease, since when and for how long.")

    package static let columns: [Column<Lease>] = [
        .name,
        Column("Holder", .string, "Who holds the lease.") { lease, _ in .string(lease.spec.holderIdentity ?? "") },
        .age,
    ]
}

/// Who holds a lease, since when and for how long.
package struct LeaseSpec: Schema {
    package static let definition = Definition(
        LeaseSpec(), "coordination.v1.LeaseSpec", "Who holds a lease, since when and for how long.")

    package let holderIdentity = Field<String?>("holderIdentity", 1, "Who holds the lease.")
    package let leaseDurationSeconds = Field<Int32?>(
        "leaseDurationSeconds", 2, "Seconds since renewTime after which others may take the lease.")
    package let acquireTime = Field<MicroTime?>("acquireTime", 3, "When the holder took the lease.")
    package let renewTime = Field<MicroTime?>("renewTime", 4, "When the holder renewed the lease last.")
    package let leaseTransitions = Field<Int32?>("leaseTransitions", 5, "How often the lease has changed hands.", .atLeast(0))
    package let strategy = Field<String?>("strategy", 6, "How a holder is chosen where the cluster coordinates the election.")
    package let preferredHolder = Field<String?>("preferredHolder", 7, "Whom the holder should give the lease to.")

    /// Source: `ValidateLeaseSpec` of pkg/apis/coordination/validation.
    package static func validate(_ spec: View<LeaseSpec>, _ path: Path, _ problems: inout Problems) {
        if let seconds: Int = spec.leaseDurationSeconds, seconds <= 0 {
            problems.invalid(path.child("leaseDurationSeconds"), .int(Int64(seconds)), "must be greater than 0")
        }
        if let strategy: String = spec.strategy {
            for detail in Names.qualifiedName(strategy) { problems.invalid(path.child("strategy"), .string(strategy), detail) }
        }
        if let holder: String = spec.preferredHolder, !holder.isEmpty, spec.strategy?.isEmpty ?? true {
            problems.forbidden(path.child("preferredHolder"), "may only be specified if `strategy` is defined")
        }
    }
}
