import Machinery

/// The names that resource.k8s.io gives to drivers, pools, devices and their attributes, and the sizes of its lists.
/// Source: pkg/apis/resource/validation.
enum DeviceNames {
    static func driver(_ name: String, _ path: Path, _ problems: inout Problems) {
        if name.isEmpty { problems.required(path) }
        if name.utf8.count > 63 { problems.tooLong(path, "may not be more than 63 bytes") }
        for detail in Names.dns1123Subdomain(name.lowercased()) { problems.invalid(path, .string(name), detail) }
    }

    static func pool(_ name: String, _ path: Path, _ problems: inout Problems) {
        guard !name.isEmpty else { return problems.required(path) }
        if name.utf8.count > 253 { problems.tooLong(path, "may not be more than 253 bytes") }
        for part in name.split(separator: "/", omittingEmptySubsequences: false) {
            for detail in Names.dns1123Subdomain(String(part)) { problems.invalid(path, .string(String(part)), detail) }
        }
    }

    /// Names of devices, requests and counters.
    static func label(_ name: String, _ path: Path, _ problems: inout Problems) {
        for detail in Names.dns1123Label(name) { problems.invalid(path, .string(name), detail) }
    }

    static func deviceClass(_ name: String, _ path: Path, _ problems: inout Problems) {
        guard !name.isEmpty else { return problems.required(path) }
        for detail in Names.dns1123Subdomain(name) { problems.invalid(path, .string(name), detail) }
    }

    /// The name of an attribute or a capacity: `model`, or `gpu.example.com/model`.
    static func qualified(_ name: String, _ path: Path, _ problems: inout Problems) {
        let parts: [String] = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        switch parts.count {
        case 1: identifier(parts[0], path, &problems)
        case 2:
            if parts[0].isEmpty {
                problems.invalid(path, "", "the domain must not be empty")
            } else {
                driver(parts[0], path, &problems)
            }
            if parts[1].isEmpty {
                problems.invalid(path, "", "the name must not be empty")
            } else {
                identifier(parts[1], path, &problems)
            }
        default: problems.invalid(path, .string(name), "must not contain more than one slash")
        }
    }

    static func fullyQualified(_ name: String, _ path: Path, _ problems: inout Problems) {
        qualified(name, path, &problems)
        if !name.contains("/") {
            problems.invalid(path, .string(name), "a fully qualified name must be a domain and a name separated by a slash")
        }
    }

    private static func identifier(_ name: String, _ path: Path, _ problems: inout Problems) {
        if name.utf8.count > 32 { problems.tooLong(path, "may not be more than 32 bytes") }
        for detail in Names.cIdentifier(name) { problems.invalid(path, .string(name), detail) }
    }

    /// An identity in its canonical form.
    static func uid(_ uid: String, _ path: Path, _ problems: inout Problems) {
        let groups: [Substring] = uid.split(separator: "-", omittingEmptySubsequences: false)
        let isGood: Bool = groups.map(\.utf8.count) == [8, 4, 4, 4, 12] && groups.joined().allSatisfy(\.isHexDigit)
        if !isGood || uid != uid.lowercased() {
            problems.invalid(
                path, .string(uid),
                "uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters")
        }
    }

    /// Each value once, and not more than the limit, which is all that is said of a list that is too long.
    static func set(_ keys: [String], atMost limit: Int?, _ path: Path, _ problems: inout Problems) {
        if let limit, keys.count > limit { return problems.tooMany(path, keys.count, atMost: limit) }
        var seen: Set<String> = []
        for (index, key) in keys.enumerated() where !seen.insert(key).inserted {
            problems.duplicate(path.index(index), .string(key))
        }
    }

    /// JSON that only a driver understands: an object of limited size.
    static func opaque(_ value: JSON?, _ path: Path, _ problems: inout Problems) {
        guard let value, !value.isNull else { return problems.required(path) }
        if value.serialized().count > 10 * 1024 {
            problems.tooLong(path, "may not be more than \(10 * 1024) bytes")
        } else if value.object == nil {
            problems.invalid(path, "<value omitted>", "must be a valid JSON object")
        }
    }
}

extension Trait {
    /// At most that many elements.
    static func atMostItems(_ limit: Int) -> Trait {
        .check { value, path, problems in
            if let count: Int = value.array?.count, count > limit { problems.tooMany(path, count, atMost: limit) }
        }
    }
}
