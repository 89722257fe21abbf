package import Machinery

/// A wish for devices, to be given to pods.
package struct ResourceClaim: Kind {
    package static let definition = Definition(ResourceClaim(), "resource.v1.ResourceClaim", "A wish for devices, to be given to pods.")
    package static let names = KindNames(
        "ResourceClaim", group: "resource.k8s.io", plural: "resourceclaims", subresources: [.status("ResourceClaim", metadata: .kept)])

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<ResourceClaimSpec>("spec", 2, "The devices that are wanted. Never changes.", .always, .immutable)
    package let status = Field<ResourceClaimStatus>("status", 3, "The devices that were given, and to whom.")

    package static let columns: [Column<ResourceClaim>] = [
        .name,
        Column("State", .string, "Whether devices were allocated and pods have reserved them.") { claim, _ in .string(claim.state) },
        .age,
    ]

    package static func validate(_ claim: View<ResourceClaim>, _ path: Path, _ problems: inout Problems) {
        claim.validateStatus(path.child("status"), &problems)
    }

    /// Devices that were given stay the same until they are given back. Source: `validateResourceClaimStatusUpdate`.
    package static func validateUpdate(
        _ claim: View<ResourceClaim>, from old: View<ResourceClaim>, _ path: Path, _ problems: inout Problems
    ) {
        let here: Path = path.child("status")
        if let before = old.status.allocation, let now = claim.status.allocation, before != now {
            problems.invalid(here.child("allocation"), now.json, "field is immutable")
        }
        let known: Set<View<ResourceClaimConsumerReference>> = Set(old.status.reservedFor)
        if claim.isTerminating, claim.status.allocation != nil, !known.isSuperset(of: claim.status.reservedFor) {
            problems.forbidden(
                here.child("reservedFor"), "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set")
        }
    }
}

extension View<ResourceClaim> {
    /// Source: `resourceClaimState` of pkg/printers/internalversion.
    fileprivate var state: String {
        var words: [String] = self.isTerminating ? ["deleted"] : []
        if self.status.allocation == nil {
            if !self.isTerminating { words.append("pending") }
        } else {
            words.append("allocated")
            if !self.status.reservedFor.isEmpty { words.append("reserved") }
        }
        return words.joined(separator: ",")
    }

    /// Source: `validateResourceClaimStatusUpdate` of pkg/apis/resource/validation.
    fileprivate func validateStatus(_ path: Path, _ problems: inout Problems) {
        let status: View<ResourceClaimStatus> = self.status
        DeviceNames.set(status.reservedFor.map { $0.uid }, atMost: 256, path.child("reservedFor"), &problems)
        DeviceNames.set(status.devices.map { $0.key }, atMost: nil, path.child("devices"), &problems)
        if !status.reservedFor.isEmpty, status.allocation == nil {
            problems.forbidden(path.child("reservedFor"), "may not be specified when `allocated` is not set")
        }
        let given: Set<String> = Set(status.allocation?.devices.results.map { $0.key } ?? [])
        for (index, device) in status.devices.enumerated() where !given.contains(device.key) {
            problems.invalid(path.child("devices").index(index), .string(device.key), "must be an allocated device in the claim")
        }
        guard let devices = status.allocation?.devices else { return }
        let requests: RequestNames = RequestNames(self.spec.devices)
        let here: Path = path.child("allocation").child("devices")
        for (index, result) in devices.results.enumerated() {
            requests.check(result.request, here.child("results").index(index).child("request"), &problems)
        }
        for (index, config) in devices.config.enumerated() {
            requests.check(config.requests, here.child("config").index(index).child("requests"), &problems)
        }
    }
}

/// The devices that are wanted.
package struct ResourceClaimSpec: Schema {
    package static let definition = Definition(ResourceClaimSpec(), "resource.v1.ResourceClaimSpec", "The devices that are wanted.")

    package let devices = Field<DeviceClaim>("devices", 1, "Which devices, and how they belong together.")
}

/// The devices that were given, and to whom.
package struct ResourceClaimStatus: Schema {
    package static let definition = Definition(
        ResourceClaimStatus(), "resource.v1.ResourceClaimStatus", "The devices that were given, and to whom.")

    package let allocation = Field<AllocationResult?>("allocation", 1, "The devices; nothing before they are given.")
    package let reservedFor = Field<[ResourceClaimConsumerReference]>(
        "reservedFor", 2, "Pods that may use the devices now; 256 at most.", .merge(key: "uid"))
    package let devices = Field<[AllocatedDeviceStatus]>(
        "devices", 4, "What drivers say of the devices.", .listMap(keys: ["driver", "device", "pool", "shareID"]))
}

/// Who uses the devices of a claim.
package struct ResourceClaimConsumerReference: Schema {
    package static let definition = Definition(
        ResourceClaimConsumerReference(), "resource.v1.ResourceClaimConsumerReference", "Who uses the devices of a claim.")

    package let apiGroup = Field<String>("apiGroup", 1, "Group of the resource; empty for the core group.")
    package let resource = Field<String>("resource", 3, "The resource, such as pods.", .required)
    package let name = Field<String>("name", 4, "Name of the object.", .required)
    package let uid = Field<String>("uid", 5, "UID of the object.", .required)
}

/// A wish for devices, to be made once for each pod.
package struct ResourceClaimTemplate: Kind {
    package static let definition = Definition(
        ResourceClaimTemplate(), "resource.v1.ResourceClaimTemplate", "A wish for devices, to be made once for each pod.")
    package static let names = KindNames("ResourceClaimTemplate", group: "resource.k8s.io", plural: "resourceclaimtemplates")

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<ResourceClaimTemplateSpec>("spec", 2, "The claim to make. Never changes.", .always, .immutable)
}

/// The claim to make for each pod.
package struct ResourceClaimTemplateSpec: Schema {
    package static let definition = Definition(
        ResourceClaimTemplateSpec(), "resource.v1.ResourceClaimTemplateSpec", "The claim to make for each pod.")

    package let metadata = Field<ObjectMeta>("metadata", 1, "Labels and annotations of the claims.")
    package let spec = Field<ResourceClaimSpec>("spec", 2, "The devices that are wanted.", .always)
}
