package import Machinery

/// Devices that a driver offers, on one node or on several.
package struct ResourceSlice: Kind {
    package static let definition = Definition(
        ResourceSlice(), "resource.v1.ResourceSlice", "Devices that a driver offers, on one node or on several.")
    package static let names = KindNames(
        "ResourceSlice", group: "resource.k8s.io", plural: "resourceslices", isNamespaced: false, tracksGeneration: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<ResourceSliceSpec>("spec", 2, "The devices, their driver and where they can be used.", .always)

    package static let selectableFields: [SelectableField] = ["spec.driver", "spec.nodeName"]

    package static let columns: [Column<ResourceSlice>] = [
        .name,
        Column("Node", .string, "Node of the devices.") { slice, _ in .string(slice.spec.nodeName ?? "<unset>") },
        Column("Driver", .string, "Driver of the devices.") { slice, _ in .string(slice.spec.driver) },
        Column("Pool", .string, "Pool that the devices are of.") { slice, _ in .string(slice.spec.pool.name) },
        .age,
    ]
}

/// Devices, their driver and where they can be used.
package struct ResourceSliceSpec: Schema {
    package static let definition = Definition(
        ResourceSliceSpec(), "resource.v1.ResourceSliceSpec", "Devices, their driver and where they can be used.")

    package let driver = Field<String>("driver", 1, "Name of the driver. Never changes.", .always, .immutable)
    package let pool = Field<ResourcePool>("pool", 2, "Pool that the devices are of.", .always)
    package let nodeName = Field<String?>("nodeName", 3, "The one node where the devices can be used. Never changes.", .immutable)
    package let nodeSelector = Field<NodeSelector?>("nodeSelector", 4, "Nodes where the devices can be used; one term.")
    package let allNodes = Field<Bool?>("allNodes", 5, "True when the devices can be used on every node.")
    package let devices = Field<[Device]>("devices", 6, "The devices; 128 at most, 64 with taints or shared counters.", .atomic)
    package let perDeviceNodeSelection = Field<Bool?>("perDeviceNodeSelection", 7, "True when each device says where it can be used.")
    package let sharedCounters = Field<[CounterSet]>(
        "sharedCounters", 8, "What devices of the pool take their share of; 8 sets at most, in a slice without devices.", .atomic)

    /// Source: `validateResourceSliceSpec` of pkg/apis/resource/validation.
    package static func validate(_ spec: View<ResourceSliceSpec>, _ path: Path, _ problems: inout Problems) {
        DeviceNames.driver(spec.driver, path.child("driver"), &problems)
        validatePlace(spec, path, &problems)
        if spec.has(\.sharedCounters), spec.has(\.devices) {
            problems.invalid(path, "", "only one of `sharedCounters` or `devices` is allowed")
        }
        let isAdvanced: Bool = spec.devices.contains { !$0.taints.isEmpty || !$0.consumesCounters.isEmpty || $0.hasLists }
        DeviceNames.set(spec.devices.map { $0.name }, atMost: isAdvanced ? 64 : 128, path.child("devices"), &problems)
        DeviceNames.set(spec.sharedCounters.map { $0.name }, atMost: 8, path.child("sharedCounters"), &problems)
        for (index, device) in spec.devices.enumerated() {
            device.validatePlace(isOwn: spec.perDeviceNodeSelection == true, path.child("devices").index(index), &problems)
        }
    }

    private static func validatePlace(_ spec: View<ResourceSliceSpec>, _ path: Path, _ problems: inout Problems) {
        var places: [String] = []
        if let name: String = spec.nodeName {
            if name.isEmpty {
                problems.invalid(path.child("nodeName"), "", "must be either unset or set to a non-empty string")
            } else {
                places.append("`nodeName`")
                for detail in Names.dns1123Subdomain(name) { problems.invalid(path.child("nodeName"), .string(name), detail) }
            }
        }
        if let selector = spec.nodeSelector {
            places.append("`nodeSelector`")
            if selector.nodeSelectorTerms.count != 1 {
                problems.invalid(
                    path.child("nodeSelector").child("nodeSelectorTerms"), selector.json["nodeSelectorTerms"] ?? [],
                    "must have exactly one node selector term")
            }
        }
        for (field, value) in [("allNodes", spec.allNodes), ("perDeviceNodeSelection", spec.perDeviceNodeSelection)] {
            if value == true { places.append("`\(field)`") }
            if value == false { problems.invalid(path.child(field), false, "must be either unset or set to true") }
        }
        let rule = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"
        if places.isEmpty { problems.required(path, rule) }
        if places.count > 1 {
            problems.invalid(path, .string("{\(places.joined(separator: ", "))}"), rule + ", but multiple fields are set")
        }
    }
}

/// The pool that devices are of: what a driver offers in one place, in one slice or several.
package struct ResourcePool: Schema {
    package static let definition = Definition(ResourcePool(), "resource.v1.ResourcePool", "The pool that devices are of.")

    package let name = Field<String>("name", 1, "Name of the pool, unique for the driver. Never changes.", .always, .immutable)
    package let generation = Field<Int64>(
        "generation", 2, "Rises with each change of the pool; only slices with the highest number count.", .always)
    package let resourceSliceCount = Field<Int64>("resourceSliceCount", 3, "Number of slices that the pool has.", .always)

    package static func validate(_ pool: View<ResourcePool>, _ path: Path, _ problems: inout Problems) {
        DeviceNames.pool(pool.name, path.child("name"), &problems)
        if pool.resourceSliceCount <= 0 {
            problems.invalid(
                path.child("resourceSliceCount"), .int(Int64(pool.resourceSliceCount)), "must be greater than zero")
        }
        if pool.generation < 0 {
            problems.invalid(path.child("generation"), .int(Int64(pool.generation)), "must be greater than or equal to zero")
        }
    }
}

/// Counters that devices of a pool take their share of.
package struct CounterSet: Schema {
    package static let definition = Definition(CounterSet(), "resource.v1.CounterSet", "Counters that devices of a pool share.")

    package let name = Field<String>("name", 1, "Name of the set, unique in the pool.", .required, .format(Names.dns1123Label))
    package let counters = Field<[String: Counter]>("counters", 2, "The counters; 32 at most.", .required)

    package static func validate(_ set: View<CounterSet>, _ path: Path, _ problems: inout Problems) {
        Counter.validateAll(set.json["counters"], path.child("counters"), &problems)
    }
}

/// An amount that devices share.
package struct Counter: Schema {
    package static let definition = Definition(Counter(), "resource.v1.Counter", "An amount that devices share.")

    package let value = Field<Quantity>("value", 1, "The amount.", .always)

    /// Counters by name; 32 at most.
    static func validateAll(_ counters: JSON?, _ path: Path, _ problems: inout Problems) {
        guard let members = counters?.object else { return }
        if members.count > 32 { return problems.tooMany(path, members.count, atMost: 32) }
        for member in members.members { DeviceNames.label(member.key, path, &problems) }
    }
}
