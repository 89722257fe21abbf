package import Machinery

/// Source: `ValidateLimitRange` of pkg/apis/core/validation.
extension LimitRangeItem {
    package static func validate(_ item: View<LimitRangeItem>, _ path: Path, _ problems: inout Problems) {
        validateType(item.type, path.child("type"), &problems)
        if item.type == "Pod" {
            for field in ["default", "defaultRequest"] where !(item.json[field]?.isEmpty ?? true) {
                problems.forbidden(path.child(field), "may not be specified when `type` is 'Pod'")
            }
        }
        for field in ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"]
        where item.type != "Pod" || !field.hasPrefix("default") {
            for member in item.json[field]?.object ?? [:] {
                validateResource(member.key, of: item.type, path.child(field).key(member.key), &problems)
            }
        }
        if item.type == "PersistentVolumeClaim", item.min["storage"] == nil, item.max["storage"] == nil {
            problems.required(path.child("limits"), "either minimum or maximum storage value is required, but neither was provided")
        }
        let amounts = Amounts(item)
        for name in amounts.names { amounts.validate(name, path, &problems) }
    }

    private static func validateType(_ type: String, _ path: Path, _ problems: inout Problems) {
        let details: [String] = Names.qualifiedName(type)
        for detail in details { problems.invalid(path, .string(type), detail) }
        if details.isEmpty, !type.contains("/"), !["Container", "PersistentVolumeClaim", "Pod"].contains(type) {
            problems.invalid(path, .string(type), "must be a standard limit type or fully qualified")
        }
    }

    private static func validateResource(_ name: String, of type: String, _ path: Path, _ problems: inout Problems) {
        if type == "Pod" || type == "Container" {
            ResourceName.validate(name, path, &problems)
        } else {
            ResourceName.validateStandard(name, path, &problems)
        }
    }
}

/// The amounts of one item, read once, and how they must relate.
private struct Amounts {
    private let max: [String: Quantity]
    private let min: [String: Quantity]
    private let limits: [String: Quantity]
    private let requests: [String: Quantity]
    private let ratios: [String: Quantity]

    init(_ item: View<LimitRangeItem>) {
        max = item.max
        min = item.min
        limits = item.type == "Pod" ? [:] : item.default
        requests = item.type == "Pod" ? [:] : item.defaultRequest
        ratios = item.maxLimitRequestRatio
    }

    /// Every resource that is spoken of, in order.
    var names: [String] {
        var names: Set<String> = []
        for amounts in [max, min, limits, requests, ratios] { names.formUnion(amounts.keys) }
        return names.sorted()
    }

    func validate(_ name: String, _ path: Path, _ problems: inout Problems) {
        func refuse(_ field: String, _ value: Quantity, _ detail: String) {
            problems.invalid(path.child(field).key(name), .string(value.description), detail)
        }
        if let min = min[name], let max = max[name], min > max {
            refuse("min", min, "min value \(min) is greater than max value \(max)")
        }
        if let request = requests[name] {
            if let min = min[name], min > request {
                refuse("defaultRequest", request, "min value \(min) is greater than default request value \(request)")
            }
            if let max = max[name], request > max {
                refuse("defaultRequest", request, "default request value \(request) is greater than max value \(max)")
            }
            if let limit = limits[name], request > limit {
                refuse("defaultRequest", request, "default request value \(request) is greater than default limit value \(limit)")
            }
        }
        if let limit = limits[name] {
            if let min = min[name], min > limit { refuse("default", min, "min value \(min) is greater than default value \(limit)") }
            if let max = max[name], limit > max { refuse("default", max, "default value \(limit) is greater than max value \(max)") }
        }
        if let ratio = ratios[name] {
            if ratio < Quantity(1) { refuse("maxLimitRequestRatio", ratio, "ratio \(ratio) is less than 1") }
            if let min = min[name], let max = max[name], ratio.double > max.double / min.double {
                refuse(
                    "maxLimitRequestRatio", ratio, "ratio \(ratio) is greater than max/min = \(fixed(max.double / min.double))")
            }
        }
        if !ResourceName.isOvercommitAllowed(name), let limit = limits[name], let request = requests[name], limit != request {
            refuse("defaultRequest", request, "default value \(limit) must equal to defaultRequest value \(request) in \(name)")
        }
    }

    /// Six digits behind the point, as Go's `%f`.
    private func fixed(_ number: Double) -> String {
        let millionths = Int64((number * 1_000_000).rounded())
        return "\(millionths / 1_000_000).\(String(String(1_000_000 + millionths % 1_000_000).dropFirst()))"
    }
}
