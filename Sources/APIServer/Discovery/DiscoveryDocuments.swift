import API
import Crypto
import Machinery
import Synchronization

/// What the server can do, as clients ask for it: `/api`, `/apis` and below, in the legacy and the aggregated form.
///
/// Each document is made when it is first asked for, and kept.
package final class DiscoveryDocuments: Sendable {
    private typealias Group = (name: String, versions: [(name: String, types: [ResourceType])])

    private let types: [ResourceType]
    private let groups: Lazily<[Group]>
    private let made = Mutex<[String: HashedDocument]>([:])

    init(types: [ResourceType]) {
        self.types = types
        groups = Lazily { Self.grouped(types) }
    }

    /// Groups in the order in which they come, the versions of each as Kubernetes prefers them.
    private static func grouped(_ types: [ResourceType]) -> [Group] {
        var groups: [Group] = []
        for type in types {
            let group: Int
            if let found = groups.firstIndex(where: { $0.name == type.names.group }) {
                group = found
            } else {
                groups.append((type.names.group, []))
                group = groups.count - 1
            }
            if let version = groups[group].versions.firstIndex(where: { $0.name == type.names.version }) {
                groups[group].versions[version].types.append(type)
            } else {
                groups[group].versions.append((type.names.version, [type]))
            }
        }
        for index in groups.indices { groups[index].versions.sort { APIVersionOrder.precedes($0.name, $1.name) } }
        return groups
    }

    /// - Parameter segments: of the path, from `api` or `apis` on. - Parameter isAggregated: the client asked for the one-document form.
    ///
    /// nil for a group or version that is not served.
    func document(_ segments: [String], isAggregated: Bool) -> HashedDocument? {
        let name: String = segments.joined(separator: "/") + (isAggregated ? "?" : "")
        if let document = made.withLock({ $0[name] }) { return document }
        guard let json: JSON = json(segments, isAggregated: isAggregated) else { return nil }
        let document = HashedDocument(json)
        made.withLock { $0[name] = document }
        return document
    }

    private func json(_ segments: [String], isAggregated: Bool) -> JSON? {
        switch (segments.first, segments.count) {
        case ("api", 1): return isAggregated ? aggregated { $0.isEmpty } : Self.legacyVersions
        case ("api", 2): return resources(group: "", version: segments[1])
        case ("apis", 1): return isAggregated ? aggregated { !$0.isEmpty } : legacyGroups
        case ("apis", 2):
            return groups.get.first { $0.name == segments[1] && !$0.name.isEmpty }.map {
                Self.legacyGroup($0.name, $0.versions.map(\.name), isRoot: true)
            }
        case ("apis", 3): return resources(group: segments[1], version: segments[2])
        default: return nil
        }
    }

    /// `/api`, `/api/v1`, `/apis`, `/apis/apps`, `/apis/apps/v1` and so on.
    var paths: [String] {
        ["/api", "/apis"]
            + groups.get.flatMap { group in
                let root: String = group.name.isEmpty ? "/api" : "/apis/" + group.name
                return (group.name.isEmpty ? [] : [root]) + group.versions.map { root + "/" + $0.name }
            }
    }

    private static let legacyVersions: JSON = [
        "kind": "APIVersions", "versions": ["v1"],
        "serverAddressByClientCIDRs": [["clientCIDR": "0.0.0.0/0", "serverAddress": ""]],
    ]

    private var legacyGroups: JSON {
        [
            "kind": "APIGroupList", "apiVersion": "v1",
            "groups": .array(
                groups.get.filter { !$0.name.isEmpty }.map { Self.legacyGroup($0.name, $0.versions.map(\.name), isRoot: false) }),
        ]
    }

    private static func legacyGroup(_ name: String, _ versions: [String], isRoot: Bool) -> JSON {
        let entries: [JSON] = versions.map { ["groupVersion": .string(name + "/" + $0), "version": .string($0)] }
        let group: JSON = ["name": .string(name), "versions": .array(entries), "preferredVersion": entries[0]]
        guard isRoot else { return group }
        return ["kind": "APIGroup", "apiVersion": "v1", "name": .string(name), "versions": .array(entries), "preferredVersion": entries[0]]
    }

    private func resources(group: String, version: String) -> JSON? {
        guard let types = groups.get.first(where: { $0.name == group })?.versions.first(where: { $0.name == version })?.types else {
            return nil
        }
        var entries: [JSON] = []
        for type in types {
            let names: KindNames = type.names
            entries.append(Self.legacyResource(type))
            for subresource in names.subresources { entries.append(Self.legacySubresource(names, subresource)) }
        }
        return [
            "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": .string(group.isEmpty ? version : group + "/" + version),
            "resources": .array(entries.sorted { ($0["name"]?.string ?? "") < ($1["name"]?.string ?? "") }),
        ]
    }

    private static func legacyResource(_ type: ResourceType) -> JSON {
        let names: KindNames = type.names
        var entry: JSON = [
            "name": .string(names.plural), "singularName": .string(names.singular), "namespaced": .bool(names.isNamespaced),
            "kind": .string(names.kind), "verbs": .array(names.verbs.map { .string($0.rawValue) }),
        ]
        if !names.short.isEmpty { entry["shortNames"] = .array(names.short.map { .string($0) }) }
        if !names.categories.isEmpty { entry["categories"] = .array(names.categories.map { .string($0) }) }
        if names.verbs.contains(.update) || names.verbs.contains(.list) {
            entry["storageVersionHash"] = .string(storageVersionHash(type.storedNames))
        }
        return entry
    }

    /// Changes when objects come to be stored in another version. Source: `StorageVersionHash` of k8s.io/apiserver/pkg/endpoints.
    static func storageVersionHash(_ names: KindNames) -> String {
        let digest = SHA256.hash(data: Array("\(names.group)/\(names.version)/\(names.kind)".utf8))
        return Base64Text.encode(Array(digest.prefix(8)))
    }

    private static func legacySubresource(_ names: KindNames, _ subresource: Subresource) -> JSON {
        var entry: JSON = [
            "name": .string(names.plural + "/" + subresource.name), "singularName": "", "namespaced": .bool(names.isNamespaced),
            "kind": .string(subresource.kind), "verbs": .array(subresource.verbs.map { .string($0.rawValue) }),
        ]
        if let (group, version) = subresource.groupVersion {
            entry["group"] = .string(group)
            entry["version"] = .string(version)
        }
        return entry
    }

    /// `APIGroupDiscoveryList` of apidiscovery.k8s.io/v2.
    private func aggregated(_ isWanted: (String) -> Bool) -> JSON {
        [
            "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": [:],
            "items": .array(
                groups.get.filter { isWanted($0.name) }.map { group in
                    [
                        "metadata": group.name.isEmpty ? [:] : ["name": .string(group.name)],
                        "versions": .array(
                            group.versions.map { version in
                                [
                                    "version": .string(version.name), "resources": .array(version.types.map { Self.entry($0.names) }),
                                    "freshness": "Current",
                                ]
                            }),
                    ]
                }),
        ]
    }

    private static func entry(_ names: KindNames) -> JSON {
        var entry: JSON = [
            "resource": .string(names.plural), "responseKind": kind(names.group, names.version, names.kind),
            "scope": names.isNamespaced ? "Namespaced" : "Cluster", "singularResource": .string(names.singular),
            "verbs": .array(names.verbs.map { .string($0.rawValue) }),
        ]
        if !names.short.isEmpty { entry["shortNames"] = .array(names.short.map { .string($0) }) }
        if !names.categories.isEmpty { entry["categories"] = .array(names.categories.map { .string($0) }) }
        if !names.subresources.isEmpty {
            entry["subresources"] = .array(
                names.subresources.map { subresource in
                    let (group, version): (String, String) = subresource.groupVersion ?? (names.group, names.version)
                    return [
                        "subresource": .string(subresource.name), "responseKind": kind(group, version, subresource.kind),
                        "verbs": .array(subresource.verbs.map { .string($0.rawValue) }),
                    ]
                })
        }
        return entry
    }

    private static func kind(_ group: String, _ version: String, _ kind: String) -> JSON {
        ["group": .string(group), "version": .string(version), "kind": .string(kind)]
    }
}

extension Subresource {
    /// Where its kind lives, if elsewhere than the parent's.
    fileprivate var groupVersion: (String, String)? {
        guard let parts = apiVersion?.split(separator: "/") else { return nil }
        return parts.count == 2 ? (String(parts[0]), String(parts[1])) : ("", String(parts[0]))
    }
}
