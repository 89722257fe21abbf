import Client
import Machinery

/// Objects that the words of a command line name: all of a type, or one by its name.
struct Target: Sendable {
    let resource: APIResource
    /// nil means all that the selectors leave.
    let name: String?
    /// nil for kinds without namespace, and for all namespaces.
    let namespace: String?
}

/// Reads `TYPE`, `TYPE NAME…`, `TYPE/NAME…` and `TYPE,TYPE`.
/// Source: k8s.io/cli-runtime/pkg/resource/builder.go.
struct ResourceArguments {
    let session: Session
    var allNamespaces: Bool = false

    /// Words and files do not go together; files that are not there come first.
    static func refuse(_ words: [String], besides paths: [String]) throws {
        guard !words.isEmpty else { return }
        try ManifestReader.checkPresence(paths)
        throw Failure(
            words.contains { $0.contains("/") }
                ? "resource/name arguments cannot be provided when a path is specified"
                : "when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well")
    }

    /// Names and a selector do not go together.
    static func besidesSelector(_ words: [String]) -> Failure {
        Failure(
            words.contains { $0.contains("/") }
                ? "selectors and the all flag cannot be used when passing resource/name arguments"
                : "name cannot be provided when a selector is specified")
    }

    /// Throws when there are names, for verbs that select objects otherwise.
    static func refuseNames(_ words: [String]) throws {
        let hasSlash: Bool = words.contains { $0.contains("/") }
        // Words of both forms are refused for themselves.
        if hasSlash ? words.allSatisfy({ $0.contains("/") }) : words.count > 1 { throw besidesSelector(words) }
    }

    func targets(_ words: [String]) async throws -> [Target] {
        guard let first = words.first else { return [] }
        if words.contains(where: { $0.contains("/") }) {
            guard words.allSatisfy({ $0.contains("/") }) else {
                throw Failure(
                    "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form "
                        + "(e.g. '\(CLI.program) get resource/<resource_name>' instead of '\(CLI.program) get resource "
                        + "resource/<resource_name>'")
            }
            var targets: [Target] = []
            for word in words {
                let parts: [Substring] = word.split(separator: "/", omittingEmptySubsequences: false)
                guard parts.count == 2 else {
                    throw Failure("arguments in resource/name form may not have more than one slash")
                }
                guard !parts[0].isEmpty, !parts[0].contains(","), !parts[1].isEmpty else {
                    throw Failure("arguments in resource/name form must have a single resource and name")
                }
                targets.append(try target(try await session.resource(String(parts[0])), String(parts[1])))
            }
            return targets
        }
        let types: [Substring] = first.split(separator: ",")
        guard !types.isEmpty else { throw Failure("the server doesn't have a resource type \(JSON.quoted(first))") }
        var resources: [APIResource] = []
        for type in types {
            if let found = try await session.find(String(type)) {
                resources.append(found)
            } else if let members = try await session.catalog.category(String(type)) {
                if words.count > 1, members.count > 1 { throw Failure("you must specify only one resource") }
                resources += members
            } else {
                throw Session.unknown(String(type))
            }
        }
        let names: ArraySlice<String> = words.dropFirst()
        if names.isEmpty { return try resources.map { try target($0, nil) } }
        var targets: [Target] = []
        for resource in resources { for name in names { targets.append(try target(resource, name)) } }
        return targets
    }

    private func target(_ resource: APIResource, _ name: String?) throws -> Target {
        if name?.isEmpty == true { throw Failure("resource name may not be empty") }
        if allNamespaces, name != nil, resource.isNamespaced {
            throw Failure("a resource cannot be retrieved by name across all namespaces")
        }
        return Target(resource: resource, name: name, namespace: resource.isNamespaced && !allNamespaces ? session.namespace : nil)
    }
}
