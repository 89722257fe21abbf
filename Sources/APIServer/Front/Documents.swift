package import API
import Machinery
import Store

/// A document that does not change while the server runs, and its form.
package struct Document: Sendable {
    package let bytes: [UInt8]
    package let contentType: String
    /// For `If-None-Match`; nil where clients do not cache.
    package let etag: String?

    /// Its hash, as the addresses of OpenAPI documents carry it.
    var hash: Substring? { etag.map { $0.dropFirst().dropLast() } }
}

extension Document {
    init(_ document: HashedDocument, contentType: String = "application/json") {
        self.init(bytes: document.bytes, contentType: contentType, etag: document.etag)
    }
}

/// Everything that is served beside resources: discovery, OpenAPI, health and version.
extension APIServer {
    /// Throws ``APIStatus`` (403, 404).
    package func document(
        _ target: Route.Target, query: String?, accept: String, host: String = "kubernetes.default.svc", as user: UserInfo
    ) throws(APIStatus) -> Document {
        try authorizer.authorize(user, target, method: "GET")
        switch target {
        case .discovery(let segments): return try discoveryDocument(segments, accept)
        case .openAPI(let path): return try openAPIDocument(path, accept)
        case .health(let path):
            guard let report = health.report(path, query: query) else { throw .pathNotFound }
            guard !report.hasFailed else { throw .internalError(report.text) }
            return Document(bytes: Array(report.text.utf8), contentType: "text/plain; charset=utf-8", etag: nil)
        case .version: return Document(bytes: ServerVersion.json.serialized(), contentType: "application/json", etag: nil)
        case .unknown(let path):
            guard let document = openIDDocument(path, host: host) ?? ownDocument(path, query) else { throw .pathNotFound }
            return document
        case .resource: throw .pathNotFound
        }
    }

    /// Whether a path is below one that the API serves itself, so that a Status says what is not there; all other paths are pages that are
    /// not found. Source: `director` of k8s.io/apiserver/pkg/server/handler.go.
    func claims(_ target: Route.Target) -> Bool {
        switch target {
        case .resource(let request): request.resource.group.isEmpty || types.hasBuiltIn(group: request.resource.group)
        case .discovery(let segments): segments.first == "api" || segments.count > 1 && types.hasBuiltIn(group: segments[1])
        case .openAPI, .health, .version, .unknown: false
        }
    }

    private func openAPIDocument(_ path: String, _ accept: String) throws(APIStatus) -> Document {
        let documents: OpenAPIDocuments = types.now.openAPI
        guard let json = documents.document(path) else { throw .pathNotFound }
        guard path != "/openapi/v3" else { return Document(joinedIndex(json)) }
        let dialect: OpenAPIDialect = path == "/openapi/v2" ? .version2 : .version3
        guard try OpenAPIProtobuf.isWanted(accept, dialect), let protobuf = documents.protobuf(path) else {
            return Document(dialect == .version2 ? joinedSwagger(json) : json)
        }
        return Document(
            dialect == .version2 ? joinedSwagger(protobuf: protobuf) : protobuf, contentType: OpenAPIProtobuf.mediaType(dialect))
    }

    private func discoveryDocument(_ segments: [String], _ accept: String) throws(APIStatus) -> Document {
        let aggregated: WireForm.Encoding? = segments.count == 1 ? MediaTypes.aggregatedDiscovery(accept) : nil
        guard let found = types.now.discovery.document(segments, isAggregated: aggregated != nil) else {
            guard let document = extensionGroup(segments) else { throw .pathNotFound }
            return document
        }
        let document = joined(
            Document(
                bytes: found.bytes, contentType: "application/json" + (aggregated == nil ? "" : MediaTypes.aggregated),
                etag: aggregated == nil ? nil : found.etag), segments, isAggregated: aggregated != nil)
        guard aggregated == .protobuf, let bytes = AnswerBody.protobuf([document.bytes[...]]) else { return document }
        return Document(bytes: bytes, contentType: Protobuf.mediaType + MediaTypes.aggregated, etag: document.etag)
    }

    /// The paths that are served, but those of resources. Source: `IndexLister` of k8s.io/apiserver/pkg/server/routes.
    private var rootPaths: JSON {
        let own: [String] = [
            "/.well-known/openid-configuration", "/logs", "/metrics", "/metrics/slis", "/openapi/v2", "/openapi/v3", "/openapi/v3/",
            "/openid/v1/jwks", "/version",
        ]
        return ["paths": .array((own + types.now.discovery.paths + health.paths).sorted().map { .string($0) })]
    }

    /// What the server tells of itself.
    private func ownDocument(_ path: String, _ query: String?) -> Document? {
        switch path {
        case "/": return Document(bytes: rootPaths.serialized(), contentType: "application/json", etag: nil)
        case "/metrics": return Document(bytes: metrics.text, contentType: MetricsText.mediaType, etag: nil)
        case "/metrics/slis": return Document(bytes: health.metrics, contentType: MetricsText.mediaType, etag: nil)
        default:
            let options: [(name: String, value: String)] = PercentEncoding.items(of: query ?? "") ?? []
            let withDetails: Bool = options.contains { $0.name == "includeRequestDetails" && $0.value == "1" }
            guard let text = flowControl.dump(path, withDetails: withDetails) else { return nil }
            return Document(bytes: Array(text.utf8), contentType: "text/plain; charset=utf-8", etag: nil)
        }
    }
}
