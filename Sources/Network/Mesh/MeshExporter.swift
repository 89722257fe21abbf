import API
import Client
import HTTP
import Logging
import Machinery
import Synchronization

/// Where hops are sent to: a Service of the cluster, by its name or address, or a place on the host's network.
struct MeshCollector: Sendable, Hashable {
    let server: ServerAddress
    /// `/v1/traces` where the URL has none.
    var path: String { server.path.isEmpty ? "/v1/traces" : server.path }

    /// nil for a text that is no such URL.
    init?(_ text: String) {
        guard text.hasPrefix("http"), let server = try? ServerAddress(text, prefersTLS: false) else { return nil }
        self.server = server
    }

    /// The Service that the host's name means: `collector.default` or `collector.default.svc.cluster.local`.
    var service: ObjectKey? {
        let labels: [Substring] = server.host.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count == 2 || labels.count > 2 && labels[2] == "svc" else { return nil }
        return ObjectKey(namespace: String(labels[1]), name: String(labels[0]))
    }
}

/// Sends hops to the collectors that Services name, in the JSON form of OTLP, some hundred at a time. What a collector does not take is
/// lost, which is said once.
///
/// Source: the OpenTelemetry protocol, version 1.5, OTLP/HTTP.
final class MeshExporter: Sendable {
    private struct State {
        var waiting: [MeshCollector: [(service: String, span: MeshSpan)]] = [:]
        var complaints: [MeshCollector: String] = [:]
    }

    /// Of one collector, in memory.
    private static let most = 4096
    /// In one request.
    private static let batch = 512
    /// What comes within it goes together.
    private static let pause: Duration = .milliseconds(200)

    private let dial: Dial?
    private let services: Informer<Service>
    private let log: Logger
    private let state = Mutex(State())
    private let pokes: AsyncStream<Void>
    private let poke: AsyncStream<Void>.Continuation

    init(dial: Dial?, services: Informer<Service>, log: Logger) {
        self.dial = dial
        self.services = services
        self.log = log
        (pokes, poke) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func add(_ span: MeshSpan, of service: String, to collector: MeshCollector) {
        state.withLock { state in
            let waiting: Int = state.waiting[collector]?.count ?? 0
            if waiting < Self.most { state.waiting[collector, default: []].append((service, span)) }
        }
        poke.yield()
    }

    /// Sends until the task is cancelled.
    func run() async {
        for await _ in pokes {
            if Task.isCancelled { return }
            try? await ContinuousClock().sleep(for: Self.pause)
            let waiting: [MeshCollector: [(service: String, span: MeshSpan)]] = state.withLock { state in
                defer { state.waiting = [:] }
                return state.waiting
            }
            for (collector, spans) in waiting {
                let problem: String? = await send(spans, to: collector)
                let isNew: Bool = state.withLock { state in
                    defer { state.complaints[collector] = problem }
                    return problem != nil && state.complaints[collector] != problem
                }
                if isNew, let problem {
                    log.warning("hops are lost", metadata: ["collector": "\(collector.server)", "reason": "\(problem)"])
                }
            }
        }
    }

    /// What went wrong; nil for nothing.
    private func send(_ spans: [(service: String, span: MeshSpan)], to collector: MeshCollector) async -> String? {
        var configuration = HTTPClientConfiguration(
            host: collector.server.host, port: collector.server.port, tls: collector.server.isTLS ? HTTPClientConfiguration.TLS() : nil)
        let port: Int = collector.server.port
        let address: String? = collector.service.map { services.get($0)?.spec.clusterIP ?? "" } ?? collector.server.host
        if let dial, let address, IPAddress(address) != nil { configuration.dial = { try await dial(address, port, .seconds(5)) } }
        let http = HTTPClient(configuration)
        defer { http.shutdown() }
        for start in stride(from: 0, to: spans.count, by: Self.batch) {
            let part: ArraySlice<(service: String, span: MeshSpan)> = spans[start..<min(spans.count, start + Self.batch)]
            let request = HTTPClientRequest(
                method: "POST", target: collector.path, headers: ["Content-Type": "application/json"],
                body: Self.body(part).serialized(), timeout: .seconds(10))
            do {
                let answer: HTTPResponse = try await http.send(request)
                if answer.status >= 300 { return "it answers \(answer.status)" }
            } catch {
                return "\(error)"
            }
        }
        return nil
    }

    /// Spans as `ExportTraceServiceRequest`, by the Service that they went through.
    static func body(_ spans: ArraySlice<(service: String, span: MeshSpan)>) -> JSON {
        let resources: [JSON] = Dictionary(grouping: spans, by: \.service).sorted { $0.key < $1.key }.map { service, spans in
            let words: [Substring] = service.split(separator: "/")
            let names: [JSON] = [
                attribute("service.name", String(words.last ?? "")), attribute("service.namespace", String(words.first ?? "")),
            ]
            return [
                "resource": ["attributes": .array(names)],
                "scopeSpans": [["scope": ["name": "swkube"], "spans": .array(spans.map { json($0.span) })]],
            ]
        }
        return ["resourceSpans": .array(resources)]
    }

    private static func json(_ span: MeshSpan) -> JSON {
        // Numbers of 64 bits are texts in the JSON form of protobuf. A kind of 2 is a server's, a status of 2 an error.
        let attributes: [JSON] = [
            attribute("http.request.method", span.method), attribute("url.path", span.path), attribute("client.address", span.client),
            attribute("server.address", span.endpoint),
            ["key": "http.response.status_code", "value": ["intValue": .string("\(span.status)")]],
        ]
        let isError: Bool = span.status == 0 || span.status >= 500
        var json: JSON = [
            "traceId": .string(span.trace), "spanId": .string(span.span), "name": .string("\(span.method) \(span.path)"), "kind": 2,
            "startTimeUnixNano": .string("\(span.began * 1000)"),
            "endTimeUnixNano": .string("\((span.began + span.microseconds) * 1000)"),
            "attributes": .array(attributes), "status": isError ? ["code": 2] : [:],
        ]
        if !span.parent.isEmpty { json["parentSpanId"] = .string(span.parent) }
        return json
    }

    private static func attribute(_ key: String, _ value: String) -> JSON {
        ["key": .string(key), "value": ["stringValue": .string(value)]]
    }
}
