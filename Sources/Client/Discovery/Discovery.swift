import API
import Machinery

/// What a server offers, read from it.
package enum Discovery {
    /// One version of one group with its resources.
    package struct GroupVersion: Sendable {
        package let group: String
        package let version: String
        package let resources: [APIResource]
        package var apiVersion: String { group.isEmpty ? version : group + "/" + version }
    }

    private static let aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"

    /// All groups, core first, in the server's order; the preferred version of a group comes first.
    ///
    /// Uses the aggregated documents, two requests in all; servers older than 1.27 are asked for each version.
    ///
    /// - Parameter cache: keeps the documents; nil asks for them each time.
    package static func groups(_ transport: any Transport, cache: DiscoveryCache? = nil) async throws -> [GroupVersion] {
        async let named: [GroupVersion] = groups(transport, "/apis", cache)
        let core: [GroupVersion] = try await groups(transport, "/api", cache)
        return try await core + named
    }

    private static func groups(_ transport: any Transport, _ path: String, _ cache: DiscoveryCache?) async throws -> [GroupVersion] {
        let bytes: [UInt8] =
            if let cache { try await cache.document(path, accept: aggregated, transport) } else {
                try await transport.raw(path, accept: aggregated).body
            }
        let json: JSON = try JSON(parsing: bytes)
        if json["kind"] == "APIGroupDiscoveryList" { return (json["items"]?.array ?? []).flatMap(versions) }
        var found: [GroupVersion] = []
        for apiVersion in legacyVersions(json) {
            let (group, version): (String, String) = split(apiVersion)
            let path: String = GroupVersionResource(group: group, version: version, resource: "").root
            let list: JSON = try JSON(parsing: try await transport.raw(path, accept: "application/json").body)
            let resources: [APIResource] = (list["resources"]?.array ?? []).compactMap { item in
                guard let name = item["name"]?.string, !name.contains("/") else { return nil }
                return APIResource(
                    resource: GroupVersionResource(
                        group: item["group"]?.string ?? group, version: item["version"]?.string ?? version, resource: name),
                    kind: item["kind"]?.string ?? "", singular: item["singularName"]?.string ?? "",
                    short: texts(item["shortNames"]), categories: texts(item["categories"]),
                    isNamespaced: item["namespaced"]?.bool ?? false, verbs: texts(item["verbs"]))
            }
            found.append(GroupVersion(group: group, version: version, resources: resources))
        }
        return found
    }

    private static func versions(_ group: JSON) -> [GroupVersion] {
        let name: String = group[["metadata", "name"]]?.string ?? ""
        return (group["versions"]?.array ?? []).map { item in
            let version: String = item["version"]?.string ?? ""
            let resources: [APIResource] = (item["resources"]?.array ?? []).map { resource in
                APIResource(
                    resource: GroupVersionResource(group: name, version: version, resource: resource["resource"]?.string ?? ""),
                    kind: resource[["responseKind", "kind"]]?.string ?? "", singular: resource["singularResource"]?.string ?? "",
                    short: texts(resource["shortNames"]), categories: texts(resource["categories"]),
                    isNamespaced: resource["scope"] == "Namespaced", verbs: texts(resource["verbs"]))
            }
            return GroupVersion(group: name, version: version, resources: resources)
        }
    }

    /// `apiVersion`s of an `APIVersions` or `APIGroupList` document.
    private static func legacyVersions(_ json: JSON) -> [String] {
        if json["kind"] == "APIVersions" { return texts(json["versions"]) }
        return (json["groups"]?.array ?? []).flatMap { group in
            (group["versions"]?.array ?? []).compactMap { $0["groupVersion"]?.string }
        }
    }

    private static func texts(_ json: JSON?) -> [String] { (json?.array ?? []).compactMap(\.string) }

    /// `apps/v1` -> apps, v1; `v1` -> "", v1.
    package static func split(_ apiVersion: String) -> (group: String, version: String) {
        guard let slash = apiVersion.firstIndex(of: "/") else { return ("", apiVersion) }
        return (String(apiVersion[..<slash]), String(apiVersion[apiVersion.index(after: slash)...]))
    }
}
