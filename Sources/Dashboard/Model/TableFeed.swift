import API
package import Client
import Logging
package import Machinery

/// Which objects a table shows.
package struct TableQuery: Sendable, Hashable {
    package var resource: APIResource
    /// nil asks for all namespaces, and for kinds without one.
    package var namespace: String?
    package var labels: String?
    package var fields: String?
    /// Rows come with the whole object.
    package var needsObjects = false

    package init(_ resource: APIResource, namespace: String? = nil, labels: String? = nil, fields: String? = nil) {
        self.resource = resource
        self.namespace = namespace
        self.labels = labels
        self.fields = fields
    }
}

/// What a feed tells.
package enum TableChange: Sendable {
    /// A whole Table; what was there before is over.
    case list(JSON)
    case event(WatchEvent)
    /// Why nothing comes, as a sentence. It is tried again later.
    case failure(String)
}

/// Lists and watches objects as Tables until the task is cancelled.
package struct TableFeed: Sendable {
    private let transport: any Transport
    private let query: TableQuery
    private let now: @Sendable () -> Time

    /// - Parameter now: for ages in tables that the server does not make.
    package init(_ transport: any Transport, _ query: TableQuery, now: @escaping @Sendable () -> Time) {
        self.transport = transport
        self.query = query
        self.now = now
    }

    package func run(_ take: @escaping @Sendable (TableChange) async -> Void) async {
        let log = Logger(label: "dashboard") { _ in SwiftLogNoOpLogHandler() }
        let loop = WatchLoop(log: log, what: query.resource.qualified)
        await loop.run {
            do { try await follow(take) } catch let status as APIStatus where status.isExpired {} catch {
                if !(error is CancellationError) { await take(.failure("\(error)")) }
                throw error
            }
        }
    }

    private func follow(_ take: @Sendable (TableChange) async -> Void) async throws {
        var options = RequestOptions()
        options.labelSelector = query.labels
        options.fieldSelector = query.fields
        if query.needsObjects { options.other.append(("includeObject", "Object")) }
        var request = APIRequest(
            .list, query.resource.resource, namespace: query.namespace, options: options, representation: .table)
        let list: JSON = try await list(request)
        await take(.list(list))
        // Kinds that nobody writes, such as measurements, can only be asked for again.
        guard query.resource.can("watch") else { return try await Task.sleep(for: .seconds(15)) }
        request.verb = .watch
        request.options.resourceVersion = list[["metadata", "resourceVersion"]]?.string
        request.options.allowWatchBookmarks = true
        for try await event in WatchEvents(try await transport.stream(request)) { await take(.event(Self.asTable(event, now()))) }
        try Task.checkCancellation()
    }

    /// Page after page, put together.
    private func list(_ request: APIRequest) async throws -> JSON {
        var request: APIRequest = request
        request.options.limit = 500
        var whole: JSON?
        var rows: [JSON] = []
        repeat {
            let page: JSON = PlainTable.table(try JSON(parsing: try await transport.send(request).body), now())
            rows += page["rows"]?.array ?? []
            request.options.continueToken = page.continueToken
            whole = page
        } while request.options.continueToken != nil
        var table: JSON = whole ?? [:]
        table["rows"] = .array(rows)
        return table
    }

    /// Servers that make no Tables send objects.
    private static func asTable(_ event: WatchEvent, _ now: Time) -> WatchEvent {
        WatchEvent(kind: event.kind, object: PlainTable.table(event.object, now))
    }
}
