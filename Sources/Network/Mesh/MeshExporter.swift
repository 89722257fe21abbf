import API
import Client
import HTTP
import Logging
import Machinery

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

/// Sends hops to the collectors that Services name, in the JSON form of OTLP over HTTP.
final class MeshExporter: Sendable {
    private let dial: Dial?
    private let services: Informer<Service>
    private let log: Logger
    private let queue = TraceQueue<MeshCollector>()

    init(dial: Dial?, services: Informer<Service>, log: Logger) {
        self.dial = dial
        self.services = services
        self.log = log
    }

    func add(_ span: MeshSpan, of service: String, to collector: MeshCollector) {
        queue.add(span.traced, of: service, to: collector)
    }

    /// Sends until the task is cancelled.
    func run() async {
        await queue.run(send: send) { [log] in
            log.warning("hops are lost", metadata: ["collector": "\($0.server)", "reason": "\($1)"])
        }
    }

    private func send(_ spans: ArraySlice<TraceQueue<MeshCollector>.Item>, to collector: MeshCollector) async -> String? {
        var configuration = HTTPClientConfiguration(
            host: collector.server.host, port: collector.server.port, tls: collector.server.isTLS ? HTTPClientConfiguration.TLS() : nil)
        let port: Int = collector.server.port
        let address: String? = collector.service.map { services.get($0)?.spec.clusterIP ?? "" } ?? collector.server.host
        if let dial, let address, IPAddress(address) != nil { configuration.dial = { try await dial(address, port, .seconds(5)) } }
        let http = HTTPClient(configuration)
        defer { http.shutdown() }
        let request = HTTPClientRequest(
            method: "POST", target: collector.path, headers: ["Content-Type": "application/json"],
            body: Self.export(spans).json.serialized(), timeout: .seconds(10))
        do {
            let answer: HTTPResponse = try await http.send(request)
            return answer.status < 300 ? nil : "it answers \(answer.status)"
        } catch {
            return "\(error)"
        }
    }

    /// Spans by the Service that they went through.
    static func export(_ spans: ArraySlice<TraceQueue<MeshCollector>.Item>) -> TraceExport {
        TraceExport(
            Dictionary(grouping: spans, by: \.source).sorted { $0.key < $1.key }.map { service, spans in
                let words: [Substring] = service.split(separator: "/")
                return TraceExport.Resource(
                    [
                        ("service.name", .text(String(words.last ?? ""))), ("service.namespace", .text(String(words.first ?? ""))),
                    ], spans.map(\.span))
            })
    }
}

extension MeshSpan {
    var traced: TraceSpan {
        TraceSpan(
            "\(method) \(path)", trace: trace, span: span, parent: parent, kind: .server, began: began, microseconds: microseconds,
            attributes: [
                ("http.request.method", .text(method)), ("url.path", .text(path)), ("client.address", .text(client)),
                ("server.address", .text(endpoint)), ("http.response.status_code", .number(Int64(status))),
            ], hasFailed: status == 0 || status >= 500)
    }
}
