import API
import Client
import Machinery
import Synchronization

/// One verb's talk with a cluster: sends requests, shows the server's warnings, finds resources by name.
final class Session: Sendable {
    let transport: any Transport
    let access: ClusterAccess
    let shell: Shell
    let catalog: ResourceCatalog
    /// True when `-n` said it: then objects of other namespaces are refused.
    let isNamespaceGiven: Bool
    private let warningsAreErrors: Bool
    private let warned: Warned

    /// - Parameter cache: of what the server offers.
    init(
        _ transport: any Transport, access: ClusterAccess, shell: Shell, isNamespaceGiven: Bool, warningsAreErrors: Bool,
        cache: DiscoveryCache? = nil
    ) {
        self.transport = transport
        self.access = access
        self.shell = shell
        self.isNamespaceGiven = isNamespaceGiven
        self.warningsAreErrors = warningsAreErrors
        warned = Warned()
        catalog = ResourceCatalog(transport, cache: cache)
    }

    private init(_ other: Session, output: Output) {
        transport = other.transport
        access = other.access
        shell = other.shell.writing(to: output)
        catalog = other.catalog
        isNamespaceGiven = other.isNamespaceGiven
        warningsAreErrors = other.warningsAreErrors
        warned = other.warned
    }

    /// The same talk, whose words go elsewhere.
    func writing(to output: Output) -> Session { Session(self, output: output) }

    /// Warnings that were shown.
    private final class Warned: Sendable {
        let texts: Mutex<[String]> = Mutex([])
    }

    var namespace: String { access.namespace }
    var output: Output { shell.output }

    /// Throws ``APIStatus`` or ``TransportError``.
    func send(_ request: APIRequest) async throws -> JSON {
        let response: APIResponse = try await response(request)
        return response.body.isEmpty ? .null : try json(response.body)
    }

    /// What a server sent. Throws a sentence for one that is no Kubernetes API server: a login page, a proxy.
    func json(_ body: [UInt8]) throws -> JSON {
        do { return try JSON(parsing: body) } catch {
            let start: Substring = String(decoding: body.prefix(60), as: UTF8.self).prefix { !$0.isNewline }
            throw TransportError(
                .broken, "\(access.server) does not answer as a Kubernetes API server does: it sent \(JSON.quoted(String(start)))…",
                address: access.server.hostAndPort)
        }
    }

    /// The answer's bytes as they came.
    func response(_ request: APIRequest) async throws -> APIResponse {
        let server: String = access.server.hostAndPort
        let noted: APIRequest = shell.changeCause?.noted(request) ?? request
        let response: APIResponse = try await Progress.during(shell, { "waiting for \(server)" }) {
            do {
                do { return try await transport.send(noted) } catch let status as APIStatus where status.isNotFound {
                    guard let other = try await inServedVersion(noted, status) else { throw status }
                    return try await transport.send(other)
                }
            } catch let status as APIStatus {
                show(status.warnings)
                throw status
            }
        }
        show(response.warnings)
        if let note = shell.changeCause?.note(after: request) { _ = try await transport.send(note) }
        return response
    }

    /// A request that found no such resource, in the version in which the server has it: versions of built-in kinds are taken without
    /// asking, and older servers have others. nil when that is not the reason.
    private func inServedVersion(_ request: APIRequest, _ status: APIStatus) async throws -> APIRequest? {
        let isRead: Bool = [.get, .list, .delete].contains(request.verb)
        guard isRead, request.subresource == nil, status.details?.name.isEmpty ?? true else { return nil }
        guard Registry.kinds.contains(where: { $0.names.resource == request.resource }) else { return nil }
        // Without a list of what there is, the first answer stands.
        guard let groups = try? await catalog.groups() else { return nil }
        let served: [GroupVersionResource] = groups.flatMap(\.resources).map(\.resource).filter {
            $0.group == request.resource.group && $0.resource == request.resource.resource
        }
        guard let found = served.first, !served.contains(request.resource) else { return nil }
        var request: APIRequest = request
        request.resource = found
        return request
    }

    /// Each warning once.
    func show(_ warnings: [String]) {
        for warning in warnings {
            let isNew: Bool = warned.texts.withLock { warned in
                guard !warned.contains(warning) else { return false }
                warned.append(warning)
                return true
            }
            if isNew { output.warn(warning) }
        }
    }

    /// With `--warnings-as-errors`, throws when the server warned. Verbs call it at their end.
    func finish() throws {
        let count: Int = warned.texts.withLock { $0.count }
        guard warningsAreErrors, count > 0 else { return }
        throw Failure("\(count) warning\(count == 1 ? "" : "s") received", isComplete: false)
    }

    /// kubectl's text for a word that names no resource.
    static func unknown(_ word: String) -> Failure {
        let parts: [Substring] = word.split(separator: ".", maxSplits: 1)
        let group: String = parts.count > 1 ? " in group \(JSON.quoted(String(parts[1])))" : ""
        let text: String = "the server doesn't have a resource type \(JSON.quoted(parts.first.map(String.init) ?? word))\(group)"
        // Scripts know kubectl's text; people are helped.
        let names: [String] = CLI.isKubectl ? [] : Registry.kinds.map { $0.names.plural }
        let near: [String] = Spelling.near(word.lowercased(), among: names)
        return Failure(near.isEmpty ? text : text + "\nDid you mean \(near.joined(separator: ", "))?")
    }

    /// The resource of a word. Throws kubectl's text when there is none.
    func resource(_ word: String) async throws -> APIResource {
        guard let found = try await find(word) else { throw Self.unknown(word) }
        return found
    }

    /// The resource that a word means; nil when there is none. Warns of a short name that could mean another.
    func find(_ word: String) async throws -> APIResource? {
        guard let found = try await catalog.find(word) else { return nil }
        for other in catalog.others(word, than: found) {
            output.warn("short name \(JSON.quoted(word)) could also match lower priority resource \(other.qualified)")
        }
        return found
    }
}
