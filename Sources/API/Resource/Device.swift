package import Machinery

/// One device that a driver offers.
package struct Device: Schema {
    package static let definition = Definition(Device(), "resource.v1.Device", "One device that a driver offers.")

    package let name = Field<String>("name", 1, "Name, unique in the pool.", .always, .format(Names.dns1123Label))
    package let attributes = Field<[String: DeviceAttribute]>("attributes", 2, "Facts that selectors know; 32 with capacity at most.")
    package let capacity = Field<[String: DeviceCapacity]>("capacity", 3, "Amounts that selectors know.")
    package let consumesCounters = Field<[DeviceCounterConsumption]>(
        "consumesCounters", 4, "What the device takes of shared counters; 2 sets at most.", .atomic)
    package let nodeName = Field<String?>("nodeName", 5, "The one node where the device can be used.")
    package let nodeSelector = Field<NodeSelector?>("nodeSelector", 6, "Nodes where the device can be used.")
    package let allNodes = Field<Bool?>("allNodes", 7, "True when the device can be used on every node.")
    package let taints = Field<[DeviceTaint]>("taints", 8, "What keeps claims off the device that don't bear it.", .atomic)
    package let bindsToNode = Field<Bool?>("bindsToNode", 9, "True when who uses the device is limited to the node that was chosen.")
    package let bindingConditions = Field<[String]>(
        "bindingConditions", 10, "Conditions of the device that must be true before a pod is bound; 4 at most.", .atomic)
    package let bindingFailureConditions = Field<[String]>(
        "bindingFailureConditions", 11, "Conditions of the device that, when true, give the allocation up; 4 at most.", .atomic)
    package let allowMultipleAllocations = Field<Bool?>("allowMultipleAllocations", 12, "True when several claims may share the device.")
    package let nodeAllocatableResourceMappings = Field<[String: NodeAllocatableResourceMapping]>(
        "nodeAllocatableResourceMappings", 13, "What using the device takes of the node's own resources, by their name.")

    /// Source: `validateDevice` of pkg/apis/resource/validation.
    package static func validate(_ device: View<Device>, _ path: Path, _ problems: inout Problems) {
        let attributes: JSONObject = device.json["attributes"]?.object ?? [:]
        let capacity: JSONObject = device.json["capacity"]?.object ?? [:]
        if attributes.count + capacity.count > 32 {
            problems.invalid(
                path, .int(Int64(attributes.count + capacity.count)), "the total number of attributes and capacities must not exceed 32")
        }
        if device.valueCount > 48 {
            problems.invalid(path, .int(Int64(device.valueCount)), "the total number of attribute values must not exceed 48")
        }
        for member in attributes.members { DeviceNames.qualified(member.key, path.child("attributes"), &problems) }
        for member in capacity.members {
            DeviceNames.qualified(member.key, path.child("capacity"), &problems)
            if member.value["requestPolicy"] != nil, device.allowMultipleAllocations != true {
                problems.forbidden(
                    path.child("capacity").key(member.key).child("requestPolicy"), "allowMultipleAllocations must be true")
            }
        }
        if device.taints.count > 16 { problems.tooMany(path.child("taints"), device.taints.count, atMost: 16) }
        DeviceNames.set(device.consumesCounters.map { $0.counterSet }, atMost: 2, path.child("consumesCounters"), &problems)
        BindingConditions.validate(device.bindingConditions, device.bindingFailureConditions, path, &problems)
        for (name, mapping) in device.nodeAllocatableResourceMappings.sorted(by: { $0.key < $1.key }) {
            guard let key: String = mapping.capacityKey, capacity[key] == nil else { continue }
            problems.notFound(path.child("nodeAllocatableResourceMappings").key(name).child("capacityKey"), .string(key))
        }
    }
}

extension View<Device> {
    /// Source: `validateDevice` of pkg/apis/resource/validation.
    ///
    /// - Parameter isOwn: each device of the slice says where it can be used.
    func validatePlace(isOwn: Bool, _ path: Path, _ problems: inout Problems) {
        guard isOwn else {
            if self.nodeName != nil || self.nodeSelector != nil || self.allNodes != nil {
                problems.invalid(
                    path, .null,
                    "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the "
                        + "ResourceSlice spec")
            }
            return
        }
        var places: [String] = []
        if let name: String = self.nodeName {
            if name.isEmpty {
                problems.invalid(path.child("nodeName"), "", "must not be empty")
            } else {
                places.append("`nodeName`")
                for detail in Names.dns1123Subdomain(name) { problems.invalid(path.child("nodeName"), .string(name), detail) }
            }
        }
        if self.nodeSelector != nil { places.append("`nodeSelector`") }
        if self.allNodes == true { places.append("`allNodes`") }
        if self.allNodes == false { problems.invalid(path.child("allNodes"), false, "must be either unset or set to true") }
        let rule =
            "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the "
            + "ResourceSlice spec"
        if places.isEmpty { problems.required(path, rule) }
        if places.count > 1 { problems.invalid(path, .string("{\(places.joined(separator: ", "))}"), rule) }
    }

    /// True when an attribute has a list of values.
    var hasLists: Bool { self.attributes.values.contains { $0.listCount != nil } }

    /// Values of all attributes, each element of a list counted.
    fileprivate var valueCount: Int { self.attributes.values.reduce(0) { $0 + max($1.listCount ?? 1, 1) } }
}

/// A fact about a device: one value or one list of values.
package struct DeviceAttribute: Schema {
    package static let definition = Definition(DeviceAttribute(), "resource.v1.DeviceAttribute", "A fact about a device.")

    package let int = Field<Int64?>("int", 2, "A number.")
    package let bool = Field<Bool?>("bool", 3, "A truth.")
    package let string = Field<String?>("string", 4, "A text of 64 bytes at most.", .maxLength(64))
    package let version = Field<String?>("version", 5, "A version by semver.org 2.0.0, of 64 bytes at most.", .check(checkVersions))
    package let ints = Field<[Int64]>("ints", 6, "Numbers.", .atomic)
    package let bools = Field<[Bool]>("bools", 7, "Truths.", .atomic)
    package let strings = Field<[String]>("strings", 8, "Texts of 64 bytes at most.", .atomic, .maxLength(64))
    package let versions = Field<[String]>("versions", 9, "Versions by semver.org 2.0.0.", .atomic, .check(checkVersions))

    private static let checkVersions: @Sendable (JSON, Path, inout Problems) -> Void = { value, path, problems in
        let isList: Bool = value.array != nil
        for (index, version) in (value.array ?? [value]).enumerated() {
            let here: Path = isList ? path.index(index) : path
            let text: String = version.string ?? ""
            if !SemanticVersion.isValid(text) { problems.invalid(here, version, "must be a string compatible with semver.org spec 2.0.0") }
            if text.utf8.count > 64 { problems.tooLong(here, "may not be more than 64 bytes") }
        }
    }

    /// Source: `validateDeviceAttribute` of pkg/apis/resource/validation.
    package static func validate(_ attribute: View<DeviceAttribute>, _ path: Path, _ problems: inout Problems) {
        let count: Int = attribute.json.object?.count ?? 0
        if count != 1 { problems.invalid(path, count == 0 ? "" : attribute.json, "exactly one value must be specified") }
    }
}

extension View<DeviceAttribute> {
    /// Elements of the attribute's list; nil for a single value.
    fileprivate var listCount: Int? {
        ["bools", "ints", "strings", "versions"].compactMap { self.json[$0]?.array?.count }.max()
    }
}

/// Versions by semver.org 2.0.0: three numbers, then perhaps a pre-release after a dash and a build after a plus.
private enum SemanticVersion {
    static func isValid(_ text: String) -> Bool {
        let build: [Substring] = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
        if build.count == 2, !identifiers(build[1]).allSatisfy(isIdentifier) { return false }
        let release: [Substring] = build[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        if release.count == 2, !identifiers(release[1]).allSatisfy({ isIdentifier($0) && (isNumber($0) || !isDigits($0)) }) { return false }
        let numbers: [Substring] = identifiers(release[0])
        return numbers.count == 3 && numbers.allSatisfy(isNumber)
    }

    private static func identifiers(_ text: Substring) -> [Substring] { text.split(separator: ".", omittingEmptySubsequences: false) }

    private static func isIdentifier(_ text: Substring) -> Bool {
        !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
    }

    private static func isDigits(_ text: Substring) -> Bool { text.allSatisfy { $0.isASCII && $0.isNumber } }

    /// No leading zeros.
    private static func isNumber(_ text: Substring) -> Bool { !text.isEmpty && isDigits(text) && (text == "0" || text.first != "0") }
}

/// An amount that a device has.
package struct DeviceCapacity: Schema {
    package static let definition = Definition(DeviceCapacity(), "resource.v1.DeviceCapacity", "An amount that a device has.")

    package let value = Field<Quantity>("value", 1, "The amount.", .always)
    package let requestPolicy = Field<CapacityRequestPolicy?>(
        "requestPolicy", 2, "How much a claim may take, for a device that several share.")

    package static func validate(_ capacity: View<DeviceCapacity>, _ path: Path, _ problems: inout Problems) {
        capacity.requestPolicy?.validate(within: capacity.value, path.child("requestPolicy"), &problems)
    }
}

/// What a device takes of shared counters.
package struct DeviceCounterConsumption: Schema {
    package static let definition = Definition(
        DeviceCounterConsumption(), "resource.v1.DeviceCounterConsumption", "What a device takes of shared counters.")

    package let counterSet = Field<String>("counterSet", 1, "The set of counters.", .required, .format(Names.dns1123Label))
    package let counters = Field<[String: Counter]>("counters", 2, "How much of each; 32 at most.", .required)

    package static func validate(_ taken: View<DeviceCounterConsumption>, _ path: Path, _ problems: inout Problems) {
        Counter.validateAll(taken.json["counters"], path.child("counters"), &problems)
    }
}

/// What keeps claims off a device that don't bear it.
package struct DeviceTaint: Schema {
    package static let definition = Definition(
        DeviceTaint(), "resource.v1.DeviceTaint", "What keeps claims off a device that don't bear it.")

    package let key = Field<String>("key", 1, "Key, as of a label.", .always)
    package let value = Field<String>("value", 2, "Value, as of a label.", .format(Names.labelValue))
    package let effect = Field<String>(
        "effect", 3, "NoSchedule keeps new pods off, NoExecute ends those that use the device too, None does nothing.", .required)
    package let timeAdded = Field<Time?>("timeAdded", 4, "When the taint was put on.")

    package static func validate(_ taint: View<DeviceTaint>, _ path: Path, _ problems: inout Problems) {
        Labels.validateKey(taint.key, path.child("key"), &problems)
        validateEffect(taint.effect, path.child("effect"), &problems)
    }

    static func validateEffect(_ effect: String, _ path: Path, _ problems: inout Problems) {
        let supported: [String] = ["NoExecute", "NoSchedule", "None"]
        if !effect.isEmpty, !supported.contains(effect) { problems.notSupported(path, .string(effect), supported: supported) }
    }
}

/// What using a device takes of one of the node's own resources.
package struct NodeAllocatableResourceMapping: Schema {
    package static let definition = Definition(
        NodeAllocatableResourceMapping(), "resource.v1.NodeAllocatableResourceMapping",
        "What using a device takes of one of the node's own resources.")

    package let capacityKey = Field<String?>("capacityKey", 1, "Capacity of the device that counts; the device itself if absent.")
    package let allocationMultiplier = Field<Quantity?>("allocationMultiplier", 2, "How much for each unit of it; 1 if absent.")
}
