package import Machinery

/// An address that an object of the cluster has. Kubernetes calls it IPAddress, as we call addresses themselves.
package struct ServiceIPAddress: Kind {
    package static let definition = Definition(
        ServiceIPAddress(), "networking.v1.IPAddress", "An address that an object of the cluster has.")
    package static let names = KindNames(
        "IPAddress", group: "networking.k8s.io", plural: "ipaddresses", short: ["ip"], isNamespaced: false,
        nameRule: { name in
            guard let address = IPAddress(name) else { return ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"] }
            return address.description == name ? [] : ["must be in canonical form (\"\(address)\")"]
        })

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like; the name is the address in its canonical form.")
    package let spec = Field<IPAddressSpec>("spec", 2, "Who has the address.", .always)

    package static let columns: [Column<ServiceIPAddress>] = [
        .name,
        Column("ParentRef", .string, "The object that has the address.") { address, _ in
            let parent: View<ParentReference> = address.spec.parentRef ?? View()
            let resource: String = parent.group.isEmpty ? parent.resource : "\(parent.resource).\(parent.group)"
            return .string(([resource] + (parent.namespace.isEmpty ? [] : [parent.namespace]) + [parent.name]).joined(separator: "/"))
        },
    ]
}

/// Who has an address.
package struct IPAddressSpec: Schema {
    package static let definition = Definition(IPAddressSpec(), "networking.v1.IPAddressSpec", "Who has an address.")

    package let parentRef = Field<ParentReference?>(
        "parentRef", 1, "The object that has the address. Never changes.", .required, .immutable)
}

/// Names an object by its resource.
package struct ParentReference: Schema {
    package static let definition = Definition(ParentReference(), "networking.v1.ParentReference", "Names an object by its resource.")

    package let group = Field<String>("group", 1, "Group of the resource; empty for the core group.")
    package let resource = Field<String>("resource", 2, "The resource, such as services.", .required, .format(Names.pathSegment))
    package let namespace = Field<String>("namespace", 3, "Namespace of the object.", .format(Names.pathSegment))
    package let name = Field<String>("name", 4, "Its name.", .required, .format(Names.pathSegment))

    /// Source: `validateIPAddressParentReference` of pkg/apis/networking/validation.
    package static func validate(_ parent: View<ParentReference>, _ path: Path, _ problems: inout Problems) {
        guard !parent.group.isEmpty else { return }
        for detail in Names.dns1123Subdomain(parent.group) { problems.invalid(path.child("group"), .string(parent.group), detail) }
    }
}
