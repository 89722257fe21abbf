import API
import Client
import Machinery

/// `explain`: says what the fields of a kind mean, as the server documents them.
package struct Explain: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Say what the fields of a kind mean.", usage: "swkube explain TYPE[.FIELD…] [flags]")

    @Argument(help: "A type, and a field of it: deploy.spec.replicas", value: "type.field")
    var words: [String] = []

    @Flag("recursive", "R", help: "Show the names of all fields below.")
    var recursive = false

    @Option("max-depth", help: "With --recursive: levels to show; 0 shows all.", value: "int")
    var maxDepth = 0

    @Option("api-version", help: "Version of the type, such as apps/v1.", value: "group/version")
    var apiVersion: String?

    @Option("output", "o", help: "plaintext, or plaintext-openapiv2.", value: "format")
    var output = "plaintext"

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        guard let word = words.first else {
            throw Failure(
                "You must specify the type of resource to explain. Use \"\(CLI.program) api-resources\" for a complete list of supported resources."
            )
        }
        if words.count > 1 { throw Failure("We accept only this format: explain RESOURCE") }
        guard ["plaintext", "plaintext-openapiv2"].contains(output) else { throw Failure("unrecognized format: \(output)") }
        if maxDepth > 0, !recursive { throw Failure("--max-depth requires --recursive") }
        let session: Session = try connection.session(shell)
        var (resource, fields): (APIResource, [String]) = try await Self.split(word, session)
        if let apiVersion, !apiVersion.isEmpty {
            guard let found = try await session.catalog.find(apiVersion: apiVersion, kind: resource.kind) else {
                let isServed: Bool = try await session.catalog.groups().contains { group in
                    group.resources.contains { $0.apiVersion == apiVersion }
                }
                let name: String = "\(apiVersion), Resource=\(resource.resource.resource)"
                throw Failure(isServed ? "GVR (\(name)) not found in OpenAPI schema" : "couldn't find resource for \"\(name)\"")
            }
            resource = found
        }
        let (document, isOld): (JSON, Bool) = try await Self.document(resource, session)
        let explanation = Explanation(document: document, resource: resource, isRecursive: recursive, maxDepth: maxDepth)
        if output == "plaintext", !isOld {
            // As kubectl: the head stands also above an error.
            shell.output.write(explanation.head)
            shell.output.write(try explanation.text(fields))
        } else {
            shell.output.write(try OldExplanation(explanation).text(fields))
        }
        try session.finish()
    }

    /// The resource at the beginning of `deployments.apps.spec`, and the fields behind it.
    private static func split(_ word: String, _ session: Session) async throws -> (APIResource, [String]) {
        let parts: [String] = word.split(separator: ".").map(String.init)
        guard let first = parts.first, let resource = try await session.catalog.find(first) else {
            throw Failure("the server doesn't have a resource type \(JSON.quoted(parts.first ?? ""))", isComplete: true)
        }
        // The longest beginning that names a resource of that name in a group.
        for count in stride(from: parts.count, through: 2, by: -1) {
            let name: String = parts[..<count].joined(separator: ".")
            if let found = try await session.catalog.find(name),
                found.qualified.hasSuffix(parts[1..<count].joined(separator: ".")) || count == 2 && found.resource.group.hasPrefix(parts[1])
            {
                return (found, Array(parts[count...]))
            }
        }
        return (resource, Array(parts.dropFirst()))
    }

    /// Of OpenAPI v3; of v2 from servers before 1.24, which is shown as kubectl showed it then.
    private static func document(_ resource: APIResource, _ session: Session) async throws -> (JSON, isOld: Bool) {
        let root: String = String(resource.resource.root.dropFirst())
        let index: JSON
        do { index = try JSON(parsing: try await session.transport.raw("/openapi/v3", accept: "application/json").body) } catch let status
            as APIStatus
            where status.isNotFound
        {
            return (try JSON(parsing: try await session.transport.raw("/openapi/v2", accept: "application/json").body), true)
        }
        guard let path = index[["paths", root, "serverRelativeURL"]]?.string else {
            throw Failure("couldn't find resource for \"\(resource.apiVersion), Resource=\(resource.resource.resource)\"")
        }
        return (try JSON(parsing: try await session.transport.raw(path, accept: "application/json").body), false)
    }
}
