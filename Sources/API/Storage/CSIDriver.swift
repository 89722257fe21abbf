package import Machinery

/// What the cluster should know of a storage driver; the name is the driver's.
package struct CSIDriver: Kind {
    package static let definition = Definition(
        CSIDriver(), "storage.v1.CSIDriver", "What the cluster should know of a storage driver; the name is the driver's.")
    package static let names = KindNames(
        "CSIDriver", group: "storage.k8s.io", plural: "csidrivers", isNamespaced: false, returnsDeleted: true, needsRevision: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<CSIDriverSpec>("spec", 2, "What the driver needs and can do.", .always)

    package static let columns: [Column<CSIDriver>] = [
        .name,
        Column("AttachRequired", .boolean, "Whether volumes must be attached to a node.") { driver, _ in
            .bool(driver.spec.attachRequired ?? true)
        },
        Column("PodInfoOnMount", .boolean, "Whether the driver is told of the pod.") { driver, _ in
            .bool(driver.spec.podInfoOnMount ?? false)
        },
        Column("StorageCapacity", .boolean, "Whether the scheduler asks for capacity.") { driver, _ in
            .bool(driver.spec.storageCapacity ?? false)
        },
        Column("TokenRequests", .string, "Audiences of the tokens that the driver is given.") { driver, _ in
            let audiences: [String] = driver.spec.tokenRequests.map { $0.audience }
            return .string(audiences.isEmpty ? "<unset>" : audiences.joined(separator: ","))
        },
        Column("RequiresRepublish", .boolean, "Whether the driver is called again and again.") { driver, _ in
            .bool(driver.spec.requiresRepublish ?? false)
        },
        Column("Modes", .string, "Sorts of volumes that the driver makes.") { driver, _ in
            let modes: [String] = driver.spec.volumeLifecycleModes
            return .string(modes.isEmpty ? "<none>" : modes.joined(separator: ","))
        },
        .age,
    ]

    /// The generation counts changes of the spec from 0. Source: `csiDriverStrategy` of pkg/registry/storage/csidriver.
    package static func prepareForUpdate(_ driver: inout View<CSIDriver>, from old: View<CSIDriver>) {
        if driver.spec != old.spec { driver.metadata.generation = old.metadata.generation + 1 }
    }
}

/// What a storage driver needs and can do.
package struct CSIDriverSpec: Schema {
    package static let definition = Definition(CSIDriverSpec(), "storage.v1.CSIDriverSpec", "What a storage driver needs and can do.")

    package let attachRequired = Field<Bool?>(
        "attachRequired", 1, "True when volumes must be attached to a node before they are mounted. Never changes.", default: true)
    package let podInfoOnMount = Field<Bool?>("podInfoOnMount", 2, "True when the driver wants to know the pod.", default: false)
    package let volumeLifecycleModes = Field<[String]>(
        "volumeLifecycleModes", 3, "Sorts of volumes that the driver makes: Persistent, Ephemeral. Never changes.",
        default: ["Persistent"], .listSet, .oneOf("Ephemeral", "Persistent"))
    package let storageCapacity = Field<Bool?>(
        "storageCapacity", 4, "True when the scheduler should look at the driver's CSIStorageCapacity objects.", default: false)
    package let fsGroupPolicy = Field<String?>(
        "fsGroupPolicy", 5, "When files get the group of the pod: ReadWriteOnceWithFSType, File or None.",
        default: "ReadWriteOnceWithFSType", .oneOf("File", "None", "ReadWriteOnceWithFSType"))
    package let tokenRequests = Field<[CSITokenRequest]>("tokenRequests", 6, "Tokens of the pod's account that the driver gets.", .atomic)
    package let requiresRepublish = Field<Bool?>(
        "requiresRepublish", 7, "True when the driver is to be called again and again for a mounted volume.", default: false)
    package let seLinuxMount = Field<Bool?>("seLinuxMount", 8, "True when the driver can mount with an SELinux label.", default: false)
    package let nodeAllocatableUpdatePeriodSeconds = Field<Int64?>(
        "nodeAllocatableUpdatePeriodSeconds", 9, "Seconds between questions for how many volumes a node can have; 10 at least.")
    package let serviceAccountTokenInSecrets = Field<Bool?>(
        "serviceAccountTokenInSecrets", 10, "True when the driver takes the tokens among its secrets.")
    package let preventPodSchedulingIfMissing = Field<Bool?>(
        "preventPodSchedulingIfMissing", 11, "True keeps pods with the driver's volumes off nodes where the driver is not.")

    /// Source: `validateCSIDriverSpec` of pkg/apis/storage/validation.
    package static func validate(_ spec: View<CSIDriverSpec>, _ path: Path, _ problems: inout Problems) {
        var audiences: Set<String> = []
        for (index, request) in spec.tokenRequests.enumerated() where !audiences.insert(request.audience).inserted {
            problems.duplicate(path.child("tokenRequests").index(index).child("audience"), .string(request.audience))
        }
        if let seconds: Int = spec.nodeAllocatableUpdatePeriodSeconds, seconds < 10 {
            problems.invalid(
                path.child("nodeAllocatableUpdatePeriodSeconds"), .int(Int64(seconds)), "must be greater than or equal to 10 seconds")
        }
    }

    /// Source: `ValidateCSIDriverUpdate`, with the path that it tells.
    package static func validateUpdate(
        _ spec: View<CSIDriverSpec>, from old: View<CSIDriverSpec>, _ path: Path, _ problems: inout Problems
    ) {
        for (field, told) in [("attachRequired", "attachedRequired"), ("volumeLifecycleModes", "volumeLifecycleModes")]
        where spec.json[field] != old.json[field] {
            problems.invalid(path.child(told), spec.json[field] ?? .null, "field is immutable")
        }
    }
}

/// A token that a driver gets. Kubernetes calls it TokenRequest, as it calls the body of the `token` subresource.
package struct CSITokenRequest: Schema {
    package static let definition = Definition(CSITokenRequest(), "storage.v1.TokenRequest", "A token that a driver gets.")

    package let audience = Field<String>("audience", 1, "For whom it is; the API server if empty.", .always)
    package let expirationSeconds = Field<Int64?>("expirationSeconds", 2, "Seconds that it is valid.", .tokenLifetime)
}
