import API
import Client
import Machinery

/// `events`: shows what happened, oldest first.
package struct Events: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Show what happened, oldest first.", usage: "swkube events [--for TYPE/NAME] [--watch] [flags]")

    @Flag("all-namespaces", "A", help: "Show the events of all namespaces.")
    var allNamespaces = false

    @Flag("watch", "w", help: "Go on and show events as they come.")
    var watch = false

    @Option("for", help: "Only events about this object.", value: "type/name")
    var object: String?

    @Option("types", help: "Only events of these types: Normal, Warning.", value: "types")
    var types: [String] = []

    @Flag("no-headers", help: "Leave the header of the table out.")
    var noHeaders = false

    @Option("chunk-size", help: "Events to ask for at once; 0 asks for all.", value: "int")
    var chunkSize = 500

    @OptionGroup var printing: PrintOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        let session: Session = try connection.session(shell)
        var request = APIRequest(.list, Event.names.resource, namespace: allNamespaces ? nil : session.namespace)
        if let object, !object.isEmpty { request.options.fieldSelector = try await selector(object, session) }
        let wanted: [String] = types.flatMap { $0.split(separator: ",").map { $0.lowercased() } }
        guard wanted.allSatisfy({ ["normal", "warning"].contains($0) }) else { throw Failure("valid --types are Normal or Warning") }
        let format: OutputFormat = try printing.format()
        var printer = ObjectPrinter(format, shell.output, showsManagedFields: printing.showManagedFields)
        if watch { return try await follow(request, wanted, &printer, session) }
        if chunkSize > 0 { request.options.limit = chunkSize }
        var events: [JSON] = []
        repeat {
            let list: JSON = try await session.send(request)
            events += list.list("items").map { GetQuery.typed($0, APIResource(Event.names)) }
            request.options.continueToken = list.continueToken
        } while request.options.continueToken != nil
        events = events.filter { Self.isWanted($0, wanted) }
        if events.isEmpty {
            shell.output.note(allNamespaces ? "No events found." : "No events found in \(session.namespace) namespace.")
            return
        }
        events = events.enumerated().sorted { one, other in
            let (left, right): (String, String) = (Self.time(one.element), Self.time(other.element))
            return left == right ? one.offset < other.offset : left < right
        }.map(\.element)
        guard format.isForPeople else {
            try printer.print(["apiVersion": "v1", "items": .array(events), "kind": "EventList", "metadata": [:]], nil)
            return
        }
        var table = TabWriter.table
        if !noHeaders { table.line(header) }
        let text = DescribeText(now: shell.now())
        for event in events { table.line(row(event, text)) }
        shell.output.write(table.rendered())
        try session.finish()
    }

    private func selector(_ object: String, _ session: Session) async throws -> String {
        let parts: [Substring] = object.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count < 2 { throw Failure("--for must be in resource/name form") }
        if parts.count > 2 { throw Failure("arguments in resource/name form may not have more than one slash") }
        guard let resource = try await session.catalog.find(String(parts[0])) else {
            throw Failure("the server doesn't have a resource type \(JSON.quoted(String(parts[0])))", isComplete: true)
        }
        return "involvedObject.kind=\(resource.kind),involvedObject.name=\(parts[1])"
    }

    private func follow(_ list: APIRequest, _ wanted: [String], _ printer: inout ObjectPrinter, _ session: Session) async throws {
        var request: APIRequest = list
        request.verb = .watch
        var isFirst: Bool = true
        for try await event in WatchEvents(try await session.transport.stream(request)) {
            guard event.kind == .added || event.kind == .modified, Self.isWanted(event.object, wanted) else { continue }
            if printer.format.isForPeople {
                var table = TabWriter.table
                if isFirst, !noHeaders { table.line(header) }
                isFirst = false
                table.line(row(event.object, DescribeText(now: session.shell.now())))
                session.output.write(table.rendered())
            } else {
                try printer.print(event.object, nil)
            }
            session.output.flush()
        }
    }

    private var header: [String] { (allNamespaces ? ["NAMESPACE"] : []) + ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"] }

    private func row(_ event: JSON, _ text: DescribeText) -> [String] {
        let object: String = event.text(at: "involvedObject", "kind") + "/" + event.text(at: "involvedObject", "name")
        let cells: [String] = [
            text.interval(of: event), event.text(at: "type"), event.text(at: "reason"), object,
            String(event.text(at: "message")[...].trimmed),
        ]
        return (allNamespaces ? [event.text(at: "metadata", "namespace")] : []) + cells
    }

    private static func isWanted(_ event: JSON, _ types: [String]) -> Bool {
        types.isEmpty || types.contains(event.text(at: "type").lowercased())
    }

    /// When it was seen last.
    private static func time(_ event: JSON) -> String {
        for time in [event[["series", "lastObservedTime"]], event["lastTimestamp"], event["eventTime"]] {
            if let text = time?.string, !text.isEmpty { return text }
        }
        return ""
    }
}
