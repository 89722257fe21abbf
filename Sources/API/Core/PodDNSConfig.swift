package import Machinery

/// Name servers and search domains of a pod beside those of its policy.
package struct PodDNSConfig: Schema {
    package static let definition = Definition(
        PodDNSConfig(), "core.v1.PodDNSConfig", "Name servers and search domains of a pod beside those of its policy.")

    package let nameservers = Field<[String]>("nameservers", 1, "Addresses of name servers, at most three.", .atomic, .ipAddress)
    package let searches = Field<[String]>("searches", 2, "Domains to try for short names.", .atomic)
    package let options = Field<[PodDNSConfigOption]>("options", 3, "Options of the resolver.", .atomic)

    /// Source: `validatePodDNSConfig` of pkg/apis/core/validation.
    package static func validate(_ config: View<PodDNSConfig>, _ path: Path, _ problems: inout Problems) {
        let servers: [String] = config.nameservers
        if servers.count > 3 {
            problems.invalid(path.child("nameservers"), config.json["nameservers"] ?? [], "must not have more than 3 nameservers")
        }
        let searches: [String] = config.searches
        if searches.count > 32 {
            problems.invalid(path.child("searches"), config.json["searches"] ?? [], "must not have more than 32 search paths")
        }
        if searches.joined(separator: " ").utf8.count > 2048 {
            problems.invalid(
                path.child("searches"), config.json["searches"] ?? [],
                "must not have more than 2048 characters (including spaces) in the search list")
        }
        for (index, search) in searches.enumerated() where search != "." {
            // A name may end in a dot, and resolvers know labels that start with an underscore.
            let trimmed: String = search.hasSuffix(".") ? String(search.dropLast()) : search
            let name: String = trimmed.split(separator: ".", omittingEmptySubsequences: false)
                .map { $0.hasPrefix("_") ? $0.dropFirst() : $0 }.joined(separator: ".")
            for detail in Names.dns1123Subdomain(name) {
                problems.invalid(path.child("searches").index(index), .string(search), detail)
            }
        }
        for (index, option) in config.options.enumerated() where option.name.isEmpty {
            problems.required(path.child("options").index(index), "must not be empty")
        }
    }
}

/// An option of the resolver.
package struct PodDNSConfigOption: Schema {
    package static let definition = Definition(PodDNSConfigOption(), "core.v1.PodDNSConfigOption", "An option of the resolver.")

    package let name = Field<String>("name", 1, "Such as ndots.")
    package let value = Field<String?>("value", 2, "Its value, for options that have one.")
}
