import API
import HTTP
package import Logging
package import Machinery

/// Tells a collector of requests to resources, what webhooks took of them and what the store took: spans by OTLP over gRPC.
///
/// Each request is a trace of its own; one that a client brings along is linked to, as a server that anybody may ask is not to be told
/// what to record. Sessions and watches are told of when they begin.
///
/// Source: the filter `WithTracing` of k8s.io/apiserver and "Traces For Kubernetes System Components" of the Kubernetes documentation.
package final class RequestTracing: Sendable {
    /// What the file of `--tracing-config-file` says.
    package struct Settings: Sendable, Equatable {
        package let host: String
        package let port: Int
        /// Of a million requests so many are told of.
        package let samplingRatePerMillion: Int

        package init(host: String, port: Int, samplingRatePerMillion: Int) {
            self.host = host
            self.port = port
            self.samplingRatePerMillion = samplingRatePerMillion
        }
    }

    let clock: ClusterClock
    private let settings: Settings
    private let log: Logger
    private let send: Send
    private let queue = TraceQueue<String>()

    /// Sends spans; returns what went wrong, nil for nothing.
    package typealias Send = @Sendable (TraceExport) async -> String?

    /// - Parameter send: nil sends to the place that the settings name.
    package init(_ settings: Settings, clock: ClusterClock, log: Logger, send: Send? = nil) {
        self.settings = settings
        self.clock = clock
        self.log = log
        self.send = send ?? { await RequestTracing.call(settings, $0) }
    }

    /// nil for a request that is not among those that are told of.
    func begin(_ request: APIRequest, origin: RequestOrigin?) -> RequestSpan? {
        guard Int.random(in: 0..<1_000_000) < settings.samplingRatePerMillion else { return nil }
        return RequestSpan(request, origin, self)
    }

    func add(_ span: TraceSpan) { queue.add(span, of: "apiserver", to: "\(settings.host):\(settings.port)") }

    /// Sends until the task is cancelled.
    package func run() async {
        await queue.run(send: { spans, _ in
            await send(TraceExport([TraceExport.Resource([("service.name", .text("apiserver"))], spans.map(\.span))]))
        }) { [log] in
            log.warning("traces are lost", metadata: ["collector": "\($0)", "reason": "\($1)"])
        }
    }

    private static func call(_ settings: Settings, _ export: TraceExport) async -> String? {
        let limit: Duration = .seconds(10)
        let request: HTTPClientRequest = GRPCCall.request(
            "/opentelemetry.proto.collector.trace.v1.TraceService/Export", export.protobuf, agent: "swkube", within: limit)
        do {
            let answer: HTTP2Call.Answer = try await HTTP2Call.send(request, host: settings.host, port: settings.port, within: limit)
            _ = try GRPCCall.message(of: answer)
            return nil
        } catch {
            return "\(error)"
        }
    }
}
