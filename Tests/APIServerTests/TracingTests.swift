import APIServer
import Logging
import Machinery
import Synchronization
import TestSupport
import Testing

/// Requests as traces. Outside source: "Traces For Kubernetes System Components" of the Kubernetes documentation.
struct TracingTests {
    private final class Collector: Sendable {
        private let exports = Mutex<[JSON]>([])

        func take(_ export: TraceExport) { exports.withLock { $0.append(export.json) } }

        var spans: [JSON] {
            exports.withLock { $0 }.flatMap { $0["resourceSpans"]?.array ?? [] }.flatMap { $0["scopeSpans"]?.array ?? [] }
                .flatMap { $0["spans"]?.array ?? [] }
        }
    }

    private func server(_ collector: Collector, rate: Int) async throws -> (TestServer, Task<Void, Never>) {
        var tracing: RequestTracing?
        let server = try await TestServer { configuration, clock in
            let settings = RequestTracing.Settings(host: "localhost", port: 4317, samplingRatePerMillion: rate)
            configuration.tracing = RequestTracing(settings, clock: clock, log: Logger(label: "test")) { export in
                collector.take(export)
                return nil
            }
            tracing = configuration.tracing
        }
        return (server, Task { [tracing] in await tracing?.run() })
    }

    @Test func `a request is a trace, and what the store did for it is part of it`() async throws {
        let collector = Collector()
        let (server, sending): (TestServer, Task<Void, Never>) = try await server(collector, rate: 1_000_000)
        defer { sending.cancel() }
        try await server.ask("POST", Place.configMaps, Sample.configMap("a"))
        try await server.ask("GET", Place.configMaps + "/absent")
        func span(_ name: String) -> JSON? { collector.spans.last { $0["name"] == .string(name) } }
        let creation = "POST /api/v1/namespaces/{:namespace}/configmaps"
        try await eventually("the spans are there") {
            span(creation) != nil && span("GET /api/v1/namespaces/{:namespace}/configmaps/{:name}") != nil
        }
        let root: JSON = try #require(span(creation))
        #expect(root["attributes"]?.array?.contains(["key": "http.response.status_code", "value": ["intValue": "201"]]) == true)
        #expect(root["attributes"]?.array?.contains(["key": "url.path", "value": ["stringValue": .string(Place.configMaps)]]) == true)
        let write: JSON = try #require(collector.spans.first { $0["parentSpanId"] == root["spanId"] })
        #expect(write["name"] == "store create" && write["traceId"] == root["traceId"])
    }

    @Test func `nothing is told where nothing is to be sampled`() async throws {
        let collector = Collector()
        let (server, sending): (TestServer, Task<Void, Never>) = try await server(collector, rate: 0)
        defer { sending.cancel() }
        try await server.ask("GET", Place.configMaps)
        #expect(collector.spans.isEmpty)
    }
}
