import API
import Client
import Machinery

/// `trace`: the last hops of requests through a Service that has a proxy.
package struct Trace: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "trace", abstract: "Show the last requests through a service.", usage: "swkube trace svc/NAME [--limit=20] [flags]",
        discussion: """
            A service notes its requests when it has one of the annotations swkube.dev/trace: "true", swkube.dev/rate-limit, \
            swkube.dev/circuit-breaker, swkube.dev/timeout or swkube.dev/retries. swkube.dev/trace-export: URL sends them to a collector of \
            OTLP over HTTP too. The context of a trace comes and goes in the header traceparent.
            """)

    @Argument(help: "The service: NAME, svc/NAME or service/NAME.", value: "service")
    var service: String

    @Option("limit", help: "How many requests are shown; 0 shows all that are kept, 1000 at most.")
    var limit = 20

    @Option("output", "o", help: "json prints what is known as it is.", value: "format")
    var output: String?

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        guard output == nil || output == "json" else { throw Failure("unknown output format \"\(output ?? "")\"; give json") }
        guard limit >= 0 else { throw Failure("--limit is \(limit); give 0 or more") }
        let name: String = try serviceName()
        let session: Session = try connection.session(shell)
        _ = try await session.send(APIRequest(.get, Service.names.resource, namespace: session.namespace, name: name))
        let path: String =
            "/api/v1/namespaces/kube-system/services/swkube-traces/proxy/traces?service=\(session.namespace)/\(name)"
        let bytes: [UInt8]
        do {
            bytes = try await session.transport.raw(path, accept: "application/json").body
        } catch let status as APIStatus where status.isNotFound {
            throw Failure(
                "service \"\(name)\" notes no requests; have it do so: swkube annotate service \(name) swkube.dev/trace=true")
        }
        let all: [JSON] = try JSON(parsing: bytes).array ?? []
        let spans: [JSON] = limit == 0 ? all : all.suffix(limit)
        if output == "json" {
            shell.output.line(JSON.array(spans).text())
        } else if spans.isEmpty {
            shell.output.line("No requests yet.")
        } else {
            let rows: [[String]] =
                [["TIME", "TRACE", "SPAN", "PARENT", "CLIENT", "ENDPOINT", "REQUEST", "STATUS", "DURATION"]] + spans.map(Self.row)
            for line in Self.aligned(rows) { shell.output.line(line) }
        }
        try session.finish()
    }

    private func serviceName() throws -> String {
        let words: [Substring] = service.split(separator: "/", omittingEmptySubsequences: false)
        if words.count == 1 { return service }
        guard words.count == 2, ["svc", "service", "services"].contains(words[0]), !words[1].isEmpty else {
            throw Failure("\"\(service)\" is no service; give svc/NAME")
        }
        return String(words[1])
    }

    private static func row(_ span: JSON) -> [String] {
        func text(_ name: String) -> String { span[name]?.string.flatMap { $0.isEmpty ? nil : $0 } ?? "-" }
        let micros: Int64 = span["microseconds"]?.int ?? 0
        let duration: String = micros < 10_000 ? "\(micros)us" : micros < 10_000_000 ? "\(micros / 1000)ms" : "\(micros / 1_000_000)s"
        let status: Int64 = span["status"]?.int ?? 0
        return [
            text("time"), text("trace"), text("span"), text("parent"), text("client"), text("endpoint"),
            "\(text("method")) \(text("path"))", status == 0 ? "-" : "\(status)", duration,
        ]
    }

    private static func aligned(_ rows: [[String]]) -> [String] {
        let widths: [Int] = (0..<(rows.first?.count ?? 0)).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).enumerated().map { index, cell in
                index == row.count - 1 ? cell.0 : cell.0 + String(repeating: " ", count: cell.1 - cell.0.count)
            }.joined(separator: "   ")
        }
    }
}
