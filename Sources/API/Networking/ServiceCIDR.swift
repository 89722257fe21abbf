package import Machinery

/// A range that Services get their addresses from.
package struct ServiceCIDR: Kind {
    package static let definition = Definition(
        ServiceCIDR(), "networking.v1.ServiceCIDR", "A range that Services get their addresses from.")
    package static let names = KindNames(
        "ServiceCIDR", group: "networking.k8s.io", plural: "servicecidrs", isNamespaced: false, subresources: [.status("ServiceCIDR")])

    /// The range that every cluster begins with, by the name that upstream gives it.
    package static let preset: View<ServiceCIDR> = new("kubernetes") { $0.spec.cidrs = ["10.96.0.0/16"] }

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<ServiceCIDRSpec>("spec", 2, "The range.")
    package let status = Field<ServiceCIDRStatus>("status", 3, "Whether the range is in use.")

    package static let columns: [Column<ServiceCIDR>] = [
        .name,
        Column("CIDRs", .string, "The range; two for two IP families.") { range, _ in
            .string(range.spec.cidrs.joined(separator: ","))
        },
        .age,
    ]
}

/// A range for Services.
package struct ServiceCIDRSpec: Schema {
    package static let definition = Definition(ServiceCIDRSpec(), "networking.v1.ServiceCIDRSpec", "A range for Services.")

    package let cidrs = Field<[String]>("cidrs", 1, "The range, and perhaps one of the other IP family.", .atomic)

    /// Source: `ValidateServiceCIDR` of pkg/apis/networking/validation.
    package static func validate(_ spec: View<ServiceCIDRSpec>, _ path: Path, _ problems: inout Problems) {
        let here: Path = path.child("cidrs")
        let texts: [String] = spec.cidrs
        if texts.isEmpty { return problems.required(here, "at least one CIDR required") }
        if texts.count > 2 { return problems.invalid(here, spec.json, "may only hold up to 2 values") }
        let ranges: [CIDR] = texts.compactMap { CIDR($0) }
        if texts.count == 2, ranges.count < 2 || ranges[0].address.isIPv4 == ranges[1].address.isIPv4 {
            return problems.invalid(
                here, spec.json, "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64")
        }
        for (index, text) in texts.enumerated() {
            guard let range = CIDR(text) else {
                Addresses.validateRange(text, here.index(index), &problems)
                continue
            }
            if !range.isCanonical {
                problems.invalid(here.index(index), .string(text), "must not have bits set beyond the prefix length")
            }
        }
    }

    /// A range of the other IP family may join, nothing else may change. Source: `ValidateServiceCIDRUpdate`.
    package static func validateUpdate(
        _ spec: View<ServiceCIDRSpec>, from old: View<ServiceCIDRSpec>, _ path: Path, _ problems: inout Problems
    ) {
        let here: Path = path.child("cidrs")
        let isJoined: Bool = old.cidrs.count == 1 && spec.cidrs.count == 2
        guard isJoined || old.cidrs.count == spec.cidrs.count else {
            return problems.invalid(here, spec.json["cidrs"] ?? .null, "field is immutable")
        }
        for (index, (new, before)) in zip(spec.cidrs, old.cidrs).enumerated() where new != before {
            problems.invalid(here.index(index), .string(new), "field is immutable")
        }
    }
}

/// Whether a range for Services is in use.
package struct ServiceCIDRStatus: Schema {
    package static let definition = Definition(
        ServiceCIDRStatus(), "networking.v1.ServiceCIDRStatus", "Whether a range for Services is in use.")

    package let conditions = Field<[Condition]>("conditions", 1, "Aspects of the state: Ready.", .merge(key: "type"))
}
