import API
import Machinery

/// A request that is told of, from its beginning to its answer.
final class RequestSpan: Sendable {
    private let tracing: RequestTracing
    private let trace: TraceContext
    private let id: String = TraceContext.newSpan()
    private let name: String
    private let attributes: [(key: String, value: TraceSpan.Attribute)]
    private let link: TraceContext?
    private let began: ContinuousClock.Instant = .now
    /// Microseconds since 1970.
    private let wall: Int64

    init(_ request: APIRequest, _ origin: RequestOrigin?, _ tracing: RequestTracing) {
        self.tracing = tracing
        trace = TraceContext()
        name = RequestSpan.name(of: request)
        wall = tracing.clock.microTime.microseconds
        var attributes: [(key: String, value: TraceSpan.Attribute)] = [
            ("http.request.method", .text(request.method)), ("url.path", .text(request.path)),
        ]
        if let program = request.options.program { attributes.append(("user_agent.original", .text(program))) }
        if let origin { attributes.append(("audit-id", .text(origin.id))) }
        self.attributes = attributes
        link = TraceContext(origin?.traceParent)
    }

    func ended(_ status: Int) {
        var all: [(key: String, value: TraceSpan.Attribute)] = attributes
        all.append(("http.response.status_code", .number(Int64(status))))
        tracing.add(
            TraceSpan(
                name, trace: trace.trace, span: id, parent: "", kind: .server, began: wall, microseconds: microseconds(since: began),
                attributes: all, hasFailed: status >= 500, link: link))
    }

    /// Something that was done for the request, and is over now.
    func did(
        _ name: String, since start: ContinuousClock.Instant, kind: TraceSpan.Kind = .inside,
        _ attributes: [(key: String, value: TraceSpan.Attribute)] = [], hasFailed: Bool = false
    ) {
        tracing.add(
            TraceSpan(
                name, trace: trace.trace, span: TraceContext.newSpan(), parent: id, kind: kind,
                began: wall + Int64(began.duration(to: start) / .microseconds(1)), microseconds: microseconds(since: start),
                attributes: attributes, hasFailed: hasFailed))
    }

    /// What goes along with requests that are made for this one.
    var traceParent: String { trace.field(span: id) }

    private func microseconds(since start: ContinuousClock.Instant) -> Int64 { Int64(start.duration(to: .now) / .microseconds(1)) }

    /// `GET /api/v1/namespaces/{:namespace}/pods/{:name}`. Source: `getSpanNameFromRequestInfo` of k8s.io/apiserver.
    private static func name(of request: APIRequest) -> String {
        let group: String = request.resource.group
        var name = "\(request.method) \(group.isEmpty ? "/api" : "/apis/" + group)/\(request.resource.version)"
        if request.namespace != nil { name += "/namespaces/{:namespace}" }
        name += "/\(request.resource.resource)"
        if request.name != nil { name += "/{:name}" }
        if let subresource = request.subresource { name += "/\(subresource)" }
        return name
    }
}
