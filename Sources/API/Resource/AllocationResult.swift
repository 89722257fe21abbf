package import Machinery

/// The devices that a claim was given.
package struct AllocationResult: Schema {
    package static let definition = Definition(AllocationResult(), "resource.v1.AllocationResult", "The devices that a claim was given.")

    package let devices = Field<DeviceAllocationResult>("devices", 1, "The devices and what their drivers are told.")
    package let nodeSelector = Field<NodeSelector?>("nodeSelector", 3, "Nodes where the devices can be used; every node if absent.")
    package let allocationTimestamp = Field<Time?>("allocationTimestamp", 5, "When the devices were given.")
}

/// Devices and what their drivers are told.
package struct DeviceAllocationResult: Schema {
    package static let definition = Definition(
        DeviceAllocationResult(), "resource.v1.DeviceAllocationResult", "Devices and what their drivers are told.")

    package static let most = 32

    package let results = Field<[DeviceRequestAllocationResult]>(
        "results", 1, "The devices; 32 at most.", .atomic, .atMostItems(most))
    package let config = Field<[DeviceAllocationConfiguration]>(
        "config", 2, "What the drivers are told, from the class and the claim; 64 at most.", .atomic, .atMostItems(64))
}

/// One device that a request was given.
package struct DeviceRequestAllocationResult: Schema {
    package static let definition = Definition(
        DeviceRequestAllocationResult(), "resource.v1.DeviceRequestAllocationResult", "One device that a request was given.")

    package let request = Field<String>("request", 1, "Name of the request, with a slash and its alternative if there are any.", .always)
    package let driver = Field<String>("driver", 2, "Driver of the device.", .always)
    package let pool = Field<String>("pool", 3, "Pool of the device.", .always)
    package let device = Field<String>("device", 4, "Name of the device in its pool.", .always)
    package let adminAccess = Field<Bool?>("adminAccess", 5, "True for access beside those who use the device.")
    package let tolerations = Field<[DeviceToleration]>("tolerations", 6, "Taints that the request bears.", .atomic)
    package let bindingConditions = Field<[String]>(
        "bindingConditions", 7, "Conditions of the device that must be true before a pod is bound; 4 at most.", .atomic)
    package let bindingFailureConditions = Field<[String]>(
        "bindingFailureConditions", 8, "Conditions of the device that, when true, give the allocation up; 4 at most.", .atomic)
    package let shareID = Field<String?>("shareID", 9, "Identity of this share of a device that several use.")
    package let consumedCapacity = Field<[String: Quantity]>("consumedCapacity", 10, "How much of the device the share takes.")

    package static func validate(_ result: View<DeviceRequestAllocationResult>, _ path: Path, _ problems: inout Problems) {
        DeviceNames.driver(result.driver, path.child("driver"), &problems)
        DeviceNames.pool(result.pool, path.child("pool"), &problems)
        DeviceNames.label(result.device, path.child("device"), &problems)
        BindingConditions.validate(result.bindingConditions, result.bindingFailureConditions, path, &problems)
        if let share: String = result.shareID { DeviceNames.uid(share, path.child("shareID"), &problems) }
    }
}

extension View<DeviceRequestAllocationResult> {
    /// `driver/pool/device`, and the share if the device has several.
    package var key: String { ([self.driver, self.pool, self.device] + (self.shareID.map { [$0] } ?? [])).joined(separator: "/") }
}

/// Conditions that devices have to reach before pods are bound. Source: `validateDeviceBindingParameters`.
enum BindingConditions {
    static func validate(_ wanted: [String], _ failures: [String], _ path: Path, _ problems: inout Problems) {
        let here: Path = path.child("bindingConditions")
        let there: Path = path.child("bindingFailureConditions")
        for (names, place) in [(wanted, here), (failures, there)] {
            for (index, name) in names.enumerated() { Labels.validateKey(name, place.index(index), &problems) }
            DeviceNames.set(names, atMost: 4, place, &problems)
        }
        for (index, name) in failures.enumerated() where wanted.contains(name) {
            problems.invalid(
                there.index(index), .string(name), "bindingFailureConditions must not overlap with bindingConditions")
        }
        if wanted.isEmpty, !failures.isEmpty {
            problems.invalid(here, [], "bindingConditions are required to use bindingFailureConditions")
        }
        if failures.isEmpty, !wanted.isEmpty {
            problems.invalid(there, [], "bindingFailureConditions are required to use bindingConditions")
        }
    }
}

/// What drivers are told of the devices that were given.
package struct DeviceAllocationConfiguration: Schema {
    package static let definition = Definition(
        DeviceAllocationConfiguration(), "resource.v1.DeviceAllocationConfiguration",
        "What drivers are told of the devices that were given.")

    package let source = Field<String>("source", 1, "FromClass or FromClaim.", .required, .oneOf("FromClaim", "FromClass"))
    package let requests = Field<[String]>("requests", 2, "Names of the requests; all of the claim if empty.", .atomic)
    package let opaque = Field<OpaqueDeviceConfiguration?>("opaque", embedded(3, 1), "Parameters for one driver.")

    package static func validate(_ object: View<DeviceAllocationConfiguration>, _ path: Path, _ problems: inout Problems) {
        if object.opaque == nil { problems.required(path.child("opaque")) }
    }
}

/// What a driver says of a device that was given.
package struct AllocatedDeviceStatus: Schema {
    package static let definition = Definition(
        AllocatedDeviceStatus(), "resource.v1.AllocatedDeviceStatus", "What a driver says of a device that was given.")

    package let driver = Field<String>("driver", 1, "Driver of the device.", .always)
    package let pool = Field<String>("pool", 2, "Pool of the device.", .always)
    package let device = Field<String>("device", 3, "Name of the device in its pool.", .always)
    package let conditions = Field<[Condition]>(
        "conditions", 4, "Aspects of the device's state; 8 at most.", .listMap(keys: ["type"]), .atMostItems(8))
    package let data = Field<JSON?>("data", 5, "More, in a form that the driver knows; 10 KiB at most.")
    package let networkData = Field<NetworkDeviceData?>("networkData", 6, "What is known of a network interface.")
    package let shareID = Field<String?>("shareID", 7, "Identity of this share of a device that several use.")

    package static func validate(_ device: View<AllocatedDeviceStatus>, _ path: Path, _ problems: inout Problems) {
        Condition.requireReasons(device.conditions, path.child("conditions"), &problems)
        DeviceNames.driver(device.driver, path.child("driver"), &problems)
        DeviceNames.pool(device.pool, path.child("pool"), &problems)
        DeviceNames.label(device.device, path.child("device"), &problems)
        if let share: String = device.shareID { DeviceNames.uid(share, path.child("shareID"), &problems) }
        if let data: JSON = device.data { DeviceNames.opaque(data, path.child("data"), &problems) }
    }
}

extension View<AllocatedDeviceStatus> {
    /// As ``View/key`` of the result that it speaks of.
    package var key: String { ([self.driver, self.pool, self.device] + (self.shareID.map { [$0] } ?? [])).joined(separator: "/") }
}

/// What is known of a network interface.
package struct NetworkDeviceData: Schema {
    package static let definition = Definition(
        NetworkDeviceData(), "resource.v1.NetworkDeviceData", "What is known of a network interface.")

    package let interfaceName = Field<String>("interfaceName", 1, "Name of the interface in the pod.", .maxLength(256))
    package let ips = Field<[String]>("ips", 2, "Its addresses with their prefix lengths; 16 at most.", .atomic)
    package let hardwareAddress = Field<String>("hardwareAddress", 3, "Its hardware address.", .maxLength(128))

    package static func validate(_ data: View<NetworkDeviceData>, _ path: Path, _ problems: inout Problems) {
        DeviceNames.set(data.ips, atMost: 16, path.child("ips"), &problems)
        for (index, address) in data.ips.enumerated() {
            let parts: [Substring] = address.split(separator: "/", omittingEmptySubsequences: false)
            if parts.count != 2 || CIDR(address) == nil {
                problems.invalid(
                    path.child("ips").index(index), .string(address),
                    "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)")
            }
        }
    }
}
