package import API
package import APIServer
package import Client
import Cluster
import Logging
package import Machinery
package import Store

/// A real API server in this process, on a store in a folder of its own. No socket, no controllers, no node: what a test writes stays
/// as it is. There is the namespace `default` with its service account.
package final class TestServer: Sendable {
    package let server: APIServer
    package let store: SQLiteStore
    /// Stands still until the test moves it on, unless asked otherwise.
    package let clock: ClusterClock
    /// With all rights.
    package let client: Client
    private let folder: TemporaryFolder

    /// - Parameters:
    ///   - retention: how much history the store keeps.
    ///   - found: kinds whose objects are made when they are asked for.
    ///   - policyNotice: what is said of network policies; nil where they are in force.
    ///   - configure: changes what the server is told.
    package init(
        isPaused: Bool = true, retention: Retention = Retention(), found: [any FoundObjects] = [], policyNotice: String? = nil,
        configure: (inout APIServer.Configuration, ClusterClock) -> Void = { _, _ in }
    ) async throws {
        folder = try TemporaryFolder("server")
        clock = isPaused ? ClusterClock(at: Self.start, isPaused: true) : ClusterClock()
        store = try SQLiteStore(path: folder.file("cluster.db"), retention: retention, index: APIServer.index)
        var log = Logger(label: "test")
        log.logLevel = .error
        var configuration = APIServer.Configuration(
            tokenKeyPEM: ServiceAccountTokens.newKeyPEM(), found: found, policyNotice: policyNotice)
        configure(&configuration, clock)
        server = try APIServer(store: store, clock: clock, configuration: configuration, log: log)
        client = Client(LocalTransport(server, as: .component("system:test")), fieldManager: "test")
        for name in ["default", "kube-system"] { try await client.create(Namespace.new(name)) }
        try await client.create(ServiceAccount.new("default", namespace: "default"))
    }

    deinit { store.close() }

    /// Where a clock that stands still begins: 2026-06-01T12:00:00Z.
    package static let start = ClusterClock.Instant(Time(seconds: 1_780_315_200))

    /// A client with the rights of a user.
    package func client(as user: UserInfo) -> Client { Client(LocalTransport(server, as: user), fieldManager: "test") }
}

/// Requests as they stand on the wire: method, path with query, body.
extension TestServer {
    package struct Reply: Sendable, CustomStringConvertible {
        package let code: Int
        /// The object or list; a `Status` for what failed.
        package let json: JSON
        /// Texts of the `Warning:` headers.
        package let warnings: [String]

        package var description: String { "\(code) \(json.text())" + (warnings.isEmpty ? "" : " \(warnings)") }

        package subscript(path: String...) -> JSON? { json[path] }
    }

    /// - Parameter type: the Content-Type; nil for JSON, and for a patch the strategic merge.
    @discardableResult
    package func ask(
        _ method: String, _ path: String, _ body: JSON? = nil, type: APIRequest.ContentType? = nil, accept: String? = nil,
        as user: UserInfo = .component("system:test")
    ) async throws -> Reply {
        try await ask(method, path, bytes: body?.serialized() ?? [], type: type, accept: accept, as: user)
    }

    /// The same with a body that need not be JSON.
    package func ask(
        _ method: String, _ path: String, bytes: [UInt8], type: APIRequest.ContentType? = nil, accept: String? = nil,
        as user: UserInfo = .component("system:test")
    ) async throws -> Reply {
        do {
            var request: APIRequest = try request(method, path, accept: accept)
            request.contentType = type ?? (method == "PATCH" ? .strategicMergePatch : .json)
            request.body = bytes
            if request.options.fieldManager == nil { request.options.fieldManager = "test" }
            let response: APIResponse = try await LocalTransport(server, as: user).send(request)
            return Reply(code: response.code, json: try JSON(parsing: response.body), warnings: response.warnings)
        } catch let status as APIStatus {
            return Reply(code: status.code, json: status.json, warnings: status.warnings)
        }
    }

    /// A document beside the resources, such as `/apis/apps/v1`.
    package func document(_ path: String, accept: String = "application/json") async throws -> JSON {
        try JSON(parsing: try await client.transport.raw(path, accept: accept).body)
    }

    /// A second server on the same store, as after a restart.
    package func another() throws -> APIServer {
        try APIServer(
            store: store, clock: clock, configuration: APIServer.Configuration(tokenKeyPEM: ServiceAccountTokens.newKeyPEM()),
            log: Logger(label: "test"))
    }

    /// Begins a watch; what it tells is gathered until the record goes.
    package func watch(_ path: String, accept: String? = nil) async throws -> WatchRecord {
        var request: APIRequest = try request("GET", path, accept: accept)
        request.verb = .watch
        return WatchRecord(try await client.transport.stream(request))
    }

    private func request(_ method: String, _ path: String, accept: String?) throws -> APIRequest {
        let parts: [Substring] = path.split(separator: "?", maxSplits: 1)
        let query: String? = parts.count > 1 ? String(parts[1]) : nil
        guard case .resource(var request) = try Route.target(method: method, path: String(parts[0]), query: query) else {
            throw APIStatus.pathNotFound
        }
        request.representation = try MediaTypes.form(accept: accept).representation
        return request
    }
}
