package import Machinery

/// Bounds and defaults for what the objects of a namespace may ask for, one by one.
package struct LimitRange: Kind {
    package static let definition = Definition(
        LimitRange(), "core.v1.LimitRange", "Bounds and defaults for what the objects of a namespace may ask for, one by one.")
    package static let names = KindNames("LimitRange", group: "", plural: "limitranges", short: ["limits"], createsOnUpdate: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<LimitRangeSpec>("spec", 2, "The bounds.")

    package static let columns: [Column<LimitRange>] = [
        .name,
        Column("Created At", .string, "When the object was created.") { range, _ in
            .string((range.metadata.creationTimestamp ?? Time(seconds: -62_135_596_800)).description)
        },
    ]
}

/// The bounds of a LimitRange.
package struct LimitRangeSpec: Schema {
    package static let definition = Definition(LimitRangeSpec(), "core.v1.LimitRangeSpec", "The bounds of a LimitRange.")

    package let limits = Field<[LimitRangeItem]>("limits", 1, "The bounds, one entry for each type of thing.", .always, .atomic)

    package static func validate(_ spec: View<LimitRangeSpec>, _ path: Path, _ problems: inout Problems) {
        var types: Set<String> = []
        for (index, item) in spec.limits.enumerated() where !types.insert(item.type).inserted {
            problems.duplicate(path.child("limits").index(index).child("type"), .string(item.type))
        }
    }
}

/// The bounds for one type of thing: each container, each pod or each claim.
package struct LimitRangeItem: Schema {
    package static let definition = Definition(
        LimitRangeItem(), "core.v1.LimitRangeItem", "The bounds for one type of thing: each container, each pod or each claim.")

    package let type = Field<String>("type", 1, "Container, Pod or PersistentVolumeClaim.", .always)
    package let max = Field<[String: Quantity]>("max", 2, "The most that a limit may be, by resource.")
    package let min = Field<[String: Quantity]>("min", 3, "The least that a request may be, by resource.")
    package let `default` = Field<[String: Quantity]>("default", 4, "Limits of containers that give none, by resource.")
    package let defaultRequest = Field<[String: Quantity]>("defaultRequest", 5, "Requests of containers that give none, by resource.")
    package let maxLimitRequestRatio = Field<[String: Quantity]>(
        "maxLimitRequestRatio", 6, "How many times the request a limit may be at most, by resource.")

    /// Containers get the largest limit as their default, that or the least request as their default request.
    ///
    /// Source: `SetDefaults_LimitRangeItem` of pkg/apis/core/v1/defaults.go.
    package static func setDefaults(_ item: inout View<LimitRangeItem>) {
        guard item.type == "Container" else { return }
        var limits: JSONObject = item.json["default"]?.object ?? [:]
        var requests: JSONObject = item.json["defaultRequest"]?.object ?? [:]
        for member in item.json["max"]?.object ?? [:] where limits[member.key] == nil { limits[member.key] = member.value }
        for member in limits where requests[member.key] == nil { requests[member.key] = member.value }
        for member in item.json["min"]?.object ?? [:] where requests[member.key] == nil { requests[member.key] = member.value }
        if !limits.isEmpty { item.json["default"] = .object(limits) }
        if !requests.isEmpty { item.json["defaultRequest"] = .object(requests) }
    }
}
