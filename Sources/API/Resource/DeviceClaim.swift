package import Machinery

/// Which devices are wanted, and how they belong together.
package struct DeviceClaim: Schema {
    package static let definition = Definition(
        DeviceClaim(), "resource.v1.DeviceClaim", "Which devices are wanted, and how they belong together.")

    package let requests = Field<[DeviceRequest]>("requests", 1, "The devices; 32 requests at most.", .atomic)
    package let constraints = Field<[DeviceConstraint]>(
        "constraints", 2, "What must hold of devices of several requests; 32 at most.", .atomic, .atMostItems(32))
    package let config = Field<[DeviceClaimConfiguration]>(
        "config", 3, "What drivers are told of the devices; 32 at most.", .atomic, .atMostItems(32))

    /// Source: `validateDeviceClaim` of pkg/apis/resource/validation.
    package static func validate(_ claim: View<DeviceClaim>, _ path: Path, _ problems: inout Problems) {
        DeviceNames.set(claim.requests.map { $0.name }, atMost: 32, path.child("requests"), &problems)
        let requests = RequestNames(claim)
        for (index, constraint) in claim.constraints.enumerated() {
            requests.check(constraint.requests, path.child("constraints").index(index).child("requests"), &problems)
        }
        for (index, config) in claim.config.enumerated() {
            requests.check(config.requests, path.child("config").index(index).child("requests"), &problems)
        }
    }
}

/// The names that parts of a claim call its requests by: `gpu`, or `gpu/large` for an alternative.
struct RequestNames {
    private let alternatives: [String: Set<String>]

    init(_ claim: View<DeviceClaim>) {
        alternatives = [String: Set<String>](
            claim.requests.map { ($0.name, Set($0.firstAvailable.map { $0.name })) }, uniquingKeysWith: { $0.union($1) })
    }

    func check(_ names: [String], _ path: Path, _ problems: inout Problems) {
        DeviceNames.set(names, atMost: 32, path, &problems)
        for (index, name) in names.enumerated() { check(name, path.index(index), &problems) }
    }

    func check(_ name: String, _ path: Path, _ problems: inout Problems) {
        let parts: [String] = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if parts.count <= 2 { for part in parts { DeviceNames.label(part, path, &problems) } }
        let isKnown: Bool =
            parts.count <= 2 && alternatives[parts[0]].map { parts.count == 1 || $0.contains(parts[1]) } ?? false
        if !isKnown {
            problems.invalid(
                path, .string(name),
                "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'")
        }
    }
}

/// One request for devices: of exactly one description, or of the first of several that can be had.
package struct DeviceRequest: Schema {
    package static let definition = Definition(DeviceRequest(), "resource.v1.DeviceRequest", "One request for devices.")

    package let name = Field<String>("name", 1, "Name of the request, unique in the claim.", .always)
    package let exactly = Field<ExactDeviceRequest?>("exactly", 2, "The devices. Give this or firstAvailable.")
    package let firstAvailable = Field<[DeviceSubRequest]>(
        "firstAvailable", 3, "Descriptions in the order of preference, 8 at most; the first that can be had counts.", .atomic)

    /// Source: `validateDeviceRequest` of pkg/apis/resource/validation.
    package static func validate(_ request: View<DeviceRequest>, _ path: Path, _ problems: inout Problems) {
        DeviceNames.label(request.name, path.child("name"), &problems)
        DeviceNames.set(request.firstAvailable.map { $0.name }, atMost: 8, path.child("firstAvailable"), &problems)
        switch (request.exactly != nil, !request.firstAvailable.isEmpty) {
        case (false, false): problems.required(path, "exactly one of `exactly` or `firstAvailable` is required")
        case (true, true):
            problems.invalid(path, .null, "exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set")
        default: break
        }
    }
}

/// Devices of one description.
package struct ExactDeviceRequest: Schema {
    package static let definition = Definition(ExactDeviceRequest(), "resource.v1.ExactDeviceRequest", "Devices of one description.")

    package let deviceClassName = Field<String>("deviceClassName", 1, "DeviceClass that the devices are of.", .always)
    package let selectors = Field<[DeviceSelector]>(
        "selectors", 2, "Conditions on the devices, all of which must hold; 32 at most.", .atomic, .atMostItems(32))
    package let allocationMode = Field<String>("allocationMode", 3, "ExactCount takes count devices, All every one of a pool.")
    package let count = Field<Int64>("count", 4, "Number of devices for ExactCount; 1 if absent.")
    package let adminAccess = Field<Bool?>(
        "adminAccess", 5, "True for access beside those who use the devices, such as for monitoring; a right of its own.")
    package let tolerations = Field<[DeviceToleration]>(
        "tolerations", 6, "Taints that the devices may have; 16 at most.", .atomic,
        .atMostItems(16))
    package let capacity = Field<CapacityRequirements?>("capacity", 7, "How much of a device that several may share.")

    package static func setDefaults(_ request: inout View<ExactDeviceRequest>) {
        if request.allocationMode.isEmpty { request.allocationMode = "ExactCount" }
        if request.allocationMode == "ExactCount", request.count == 0 { request.count = 1 }
    }

    package static func validate(_ request: View<ExactDeviceRequest>, _ path: Path, _ problems: inout Problems) {
        DeviceNames.deviceClass(request.deviceClassName, path.child("deviceClassName"), &problems)
        DeviceCount.validate(request.allocationMode, request.count, path, &problems)
    }
}

/// One of several descriptions of devices that would do.
package struct DeviceSubRequest: Schema {
    package static let definition = Definition(
        DeviceSubRequest(), "resource.v1.DeviceSubRequest", "One of several descriptions of devices that would do.")

    package let name = Field<String>("name", 1, "Name of the description, unique in its list.", .always)
    package let deviceClassName = Field<String>("deviceClassName", 2, "DeviceClass that the devices are of.", .always)
    package let selectors = Field<[DeviceSelector]>(
        "selectors", 3, "Conditions on the devices, all of which must hold; 32 at most.", .atomic, .atMostItems(32))
    package let allocationMode = Field<String>("allocationMode", 4, "ExactCount takes count devices, All every one of a pool.")
    package let count = Field<Int64>("count", 5, "Number of devices for ExactCount; 1 if absent.")
    package let tolerations = Field<[DeviceToleration]>(
        "tolerations", 6, "Taints that the devices may have; 16 at most.", .atomic,
        .atMostItems(16))
    package let capacity = Field<CapacityRequirements?>("capacity", 7, "How much of a device that several may share.")

    package static func setDefaults(_ request: inout View<DeviceSubRequest>) {
        if request.allocationMode.isEmpty { request.allocationMode = "ExactCount" }
        if request.allocationMode == "ExactCount", request.count == 0 { request.count = 1 }
    }

    package static func validate(_ request: View<DeviceSubRequest>, _ path: Path, _ problems: inout Problems) {
        DeviceNames.label(request.name, path.child("name"), &problems)
        DeviceNames.deviceClass(request.deviceClassName, path.child("deviceClassName"), &problems)
        DeviceCount.validate(request.allocationMode, request.count, path, &problems)
    }
}

/// How many devices a request is for. Source: `validateDeviceAllocationMode` of pkg/apis/resource/validation.
private enum DeviceCount {
    static func validate(_ mode: String, _ count: Int, _ path: Path, _ problems: inout Problems) {
        let shown: JSON = .int(Int64(count))
        switch mode {
        case "All":
            if count != 0 { problems.invalid(path.child("count"), shown, "must not be specified when allocationMode is 'All'") }
        case "ExactCount":
            if count <= 0 { problems.invalid(path.child("count"), shown, "must be greater than zero") }
        default: problems.notSupported(path.child("allocationMode"), .string(mode), supported: ["All", "ExactCount"])
        }
    }
}

/// How much of a device that several may share.
package struct CapacityRequirements: Schema {
    package static let definition = Definition(
        CapacityRequirements(), "resource.v1.CapacityRequirements", "How much of a device that several may share.")

    package let requests = Field<[String: Quantity]>("requests", 1, "How much, by the name of the capacity.")
}

/// Taints that devices may have.
package struct DeviceToleration: Schema {
    package static let definition = Definition(DeviceToleration(), "resource.v1.DeviceToleration", "Taints that devices may have.")

    package let key = Field<String>("key", 1, "Key of the taint; every key if empty, with operator Exists.")
    package let `operator` = Field<String>("operator", 2, "Equal compares the value, Exists does not; Equal if absent.", default: "Equal")
    package let value = Field<String>("value", 3, "Value of the taint, for Equal.")
    package let effect = Field<String>("effect", 4, "Effect of the taint; every effect if empty.")
    package let tolerationSeconds = Field<Int64?>(
        "tolerationSeconds", 5, "Seconds for which a NoExecute taint is borne; for ever if absent.")

    /// Source: `validateDeviceToleration` of pkg/apis/resource/validation.
    package static func validate(_ toleration: View<DeviceToleration>, _ path: Path, _ problems: inout Problems) {
        if !toleration.key.isEmpty { Labels.validateKey(toleration.key, path.child("key"), &problems) }
        switch toleration.operator {
        case "Exists":
            if !toleration.value.isEmpty {
                problems.invalid(path.child("value"), .string(toleration.value), "must be empty for operator `Exists`")
            }
        case "Equal":
            for detail in Names.labelValue(toleration.value) { problems.invalid(path.child("value"), .string(toleration.value), detail) }
        case "": problems.required(path.child("operator"))
        case let other: problems.notSupported(path.child("operator"), .string(other), supported: ["Equal", "Exists"])
        }
        DeviceTaint.validateEffect(toleration.effect, path.child("effect"), &problems)
    }
}

extension View<DeviceToleration> {
    package func tolerates(_ taint: View<DeviceTaint>) -> Bool {
        (self.effect.isEmpty || self.effect == taint.effect) && (self.key.isEmpty || self.key == taint.key)
            && (self.operator == "Exists" || self.value == taint.value)
    }
}

/// What must hold of the devices of several requests together.
package struct DeviceConstraint: Schema {
    package static let definition = Definition(
        DeviceConstraint(), "resource.v1.DeviceConstraint", "What must hold of the devices of several requests together.")

    package let requests = Field<[String]>("requests", 1, "Names of the requests; all of the claim if empty.", .atomic)
    package let matchAttribute = Field<String?>("matchAttribute", 2, "Attribute that has one value on all of the devices.")
    package let distinctAttribute = Field<String?>("distinctAttribute", 3, "Attribute that has another value on each device.")

    /// Source: `validateDeviceConstraint` of pkg/apis/resource/validation.
    package static func validate(_ constraint: View<DeviceConstraint>, _ path: Path, _ problems: inout Problems) {
        if let name: String = constraint.matchAttribute {
            DeviceNames.fullyQualified(name, path.child("matchAttribute"), &problems)
        } else if let name: String = constraint.distinctAttribute {
            DeviceNames.fullyQualified(name, path.child("distinctAttribute"), &problems)
        } else {
            problems.required(
                path, "exactly one of \"matchAttribute\" or \"distinctAttribute\" is required, but multiple fields are set")
        }
    }
}

/// What drivers are told of the devices of a claim.
package struct DeviceClaimConfiguration: Schema {
    package static let definition = Definition(
        DeviceClaimConfiguration(), "resource.v1.DeviceClaimConfiguration", "What drivers are told of the devices of a claim.")

    package let requests = Field<[String]>("requests", 1, "Names of the requests; all of the claim if empty.", .atomic)
    package let opaque = Field<OpaqueDeviceConfiguration?>("opaque", embedded(2, 1), "Parameters for one driver.")

    package static func validate(_ object: View<DeviceClaimConfiguration>, _ path: Path, _ problems: inout Problems) {
        if object.opaque == nil { problems.required(path.child("opaque")) }
    }
}
