import API

/// Finds resources by the words that people use for them.
///
/// The names of built-in kinds are answered without a request; anything else asks the server, once.
package actor ResourceCatalog {
    private let transport: any Transport
    private let cache: DiscoveryCache?
    private var discovered: Task<[Discovery.GroupVersion], any Error>?

    /// - Parameter cache: keeps what the server offers from one command to the next.
    package init(_ transport: any Transport, cache: DiscoveryCache? = nil) {
        self.transport = transport
        self.cache = cache
    }

    /// `pods`, `po`, `Pod`, `deploy`, `deployments.apps`, `deployments.v1.apps`. nil when neither we nor the server knows it.
    package func find(_ word: String) async throws -> APIResource? {
        let name = ResourceName(word.lowercased())
        if let found = Self.builtIn.first(where: { name.means($0) }) { return found }
        let groups: [Discovery.GroupVersion] = try await groups()
        let all: [APIResource] = groups.flatMap(\.resources)
        // Exact names win over short names and kinds, as kubectl's mappers are chained.
        return all.first { name.meansExactly($0) } ?? all.first { name.means($0) }
    }

    /// Resources that a short name could mean beside the one that it means: built-in ones of other groups.
    package nonisolated func others(_ word: String, than found: APIResource) -> [APIResource] {
        let word: String = word.lowercased()
        guard found.short.contains(word) else { return [] }
        return Self.builtIn.filter { $0.short.contains(word) && $0.resource.group != found.resource.group }
    }

    /// The resource of a kind, as manifests name it. nil when there is none.
    package func find(apiVersion: String, kind: String) async throws -> APIResource? {
        if let found = builtIn(apiVersion: apiVersion, kind: kind) { return found }
        return try await groups().flatMap(\.resources).first { Self.matches($0, apiVersion, kind) }
    }

    /// The resource of a kind that every cluster has; nil for others.
    package nonisolated func builtIn(apiVersion: String, kind: String) -> APIResource? {
        Self.builtIn.first { Self.matches($0, apiVersion, kind) }
    }

    private static func matches(_ one: APIResource, _ apiVersion: String, _ kind: String) -> Bool {
        let (group, version): (String, String) = Discovery.split(apiVersion)
        return one.kind == kind && one.resource.group == group && one.resource.version == version
    }

    /// The resources of a category such as `all`, in the server's order; nil when the server knows no such category.
    package func category(_ word: String) async throws -> [APIResource]? {
        // Of a kind in several versions the first, which is the one that the server prefers.
        var seen: Set<String> = []
        let members: [APIResource] = try await groups().flatMap(\.resources).filter {
            $0.categories.contains(word) && $0.can("list") && seen.insert($0.qualified).inserted
        }
        return members.isEmpty ? nil : members
    }

    /// Everything that the server offers.
    package func groups() async throws -> [Discovery.GroupVersion] {
        let transport: any Transport = transport
        let task: Task<[Discovery.GroupVersion], any Error> =
            discovered ?? Task { [cache] in try await Discovery.groups(transport, cache: cache) }
        discovered = task
        return try await task.value
    }

    private static let builtIn: [APIResource] = Registry.kinds.map { APIResource($0.names) }
}

/// A word for a resource, perhaps with version and group.
struct ResourceName: Sendable {
    private let name: String
    /// What follows the first dot; empty when there is none.
    private let suffix: String

    init(_ word: String) {
        let dot: String.Index = word.firstIndex(of: ".") ?? word.endIndex
        name = String(word[..<dot])
        suffix = String(word[dot...].dropFirst())
    }

    func means(_ resource: APIResource) -> Bool { resource.isNamed(name) && suits(resource) }

    func meansExactly(_ resource: APIResource) -> Bool {
        (resource.resource.resource == name || resource.singular == name) && suits(resource)
    }

    /// The suffix is a group, a version and a group, or (core group) a version.
    private func suits(_ resource: APIResource) -> Bool {
        let (group, version): (String, String) = (resource.resource.group, resource.resource.version)
        return suffix.isEmpty || suffix == group || suffix == version + "." + group || (group.isEmpty && suffix == version)
            || (!group.isEmpty && group.hasPrefix(suffix + "."))
    }
}
