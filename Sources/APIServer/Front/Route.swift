package import API
import Machinery

/// What a path and a method ask for. Pure: made from the texts alone.
package struct Route: Sendable {
    package enum Target: Sendable {
        case resource(APIRequest)
        /// `/api`, `/apis`, `/apis/apps`, `/apis/apps/v1`, as segments.
        case discovery([String])
        case openAPI(String)
        case health(String)
        case version
        case unknown(String)
    }

    /// - Parameter path: percent-encoded. - Parameter query: percent-encoded, without `?`.
    ///
    /// Throws ``APIStatus`` for a broken escape, an option that can't be read, or a method that no resource has.
    package static func target(method: String, path: String, query: String?) throws(APIStatus) -> Target {
        var segments: [String] = []
        segments.reserveCapacity(8)
        for part in path.utf8.split(separator: UInt8(ascii: "/")) {
            guard let segment = PercentEncoding.decode(Substring(part)) else { throw .badRequest("the path \(path) has a broken escape") }
            segments.append(segment)
        }
        switch segments.first {
        case "version" where segments.count == 1: return .version
        case "healthz", "livez", "readyz": return .health(segments.joined(separator: "/"))
        case "openapi": return .openAPI("/" + segments.joined(separator: "/"))
        case "api":
            guard segments.count > 2 else { return .discovery(segments) }
            return try resource(method, group: "", version: segments[1], segments[2...], query)
        case "apis":
            guard segments.count > 3 else { return .discovery(segments) }
            return try resource(method, group: segments[1], version: segments[2], segments[3...], query)
        default: return .unknown(path)
        }
    }

    private static func resource(
        _ method: String, group: String, version: String, _ segments: ArraySlice<String>, _ query: String?
    ) throws(APIStatus) -> Target {
        var rest: ArraySlice<String> = segments
        var isOldWatch = false
        if rest.first == "watch", rest.count > 1 {
            isOldWatch = true
            rest.removeFirst()
        }
        var namespace: String?
        // `namespaces/x` is the object itself, and so are its subresources; `namespaces/x/pods` is what stands in it.
        if rest.first == "namespaces", rest.count > 2, !["status", "finalize"].contains(rest[rest.startIndex + 2]) {
            namespace = rest[rest.startIndex + 1]
            rest = rest.dropFirst(2)
        }
        let parts: [String] = Array(rest)
        // What follows a proxy, and the query, are for the other side.
        let isProxy: Bool = parts.count > 2 && parts[2] == "proxy"
        guard let items = PercentEncoding.items(of: isProxy ? "" : query ?? "") else { throw .badRequest("the query has a broken escape") }
        var options = try RequestOptions(queryItems: items)
        let asked: String? = options.other.isEmpty ? nil : options["watch"]
        let watches: Bool = isOldWatch || asked == "true"
        if asked != nil { options.other.removeAll { $0.name == "watch" } }
        let name: String? = parts.count > 1 ? parts[1] : nil
        if let namespace { try check(namespace, "Namespace") }
        if let name { try check(name, "Name") }
        var request = APIRequest(
            .get, GroupVersionResource(group: group, version: version, resource: parts[0]), namespace: namespace, name: name,
            subresource: isProxy ? "proxy" : parts.count > 2 ? parts[2...].joined(separator: "/") : nil, options: options)
        switch method {
        case "GET", "HEAD":
            request.verb = isOldWatch || (watches && name == nil) ? .watch : name == nil ? .list : .get
            if isOldWatch, let name {
                let selectors: [String?] = [request.options.fieldSelector, FieldMatch("metadata.name", name).description]
                request.options.fieldSelector = selectors.compactMap { $0 }.joined(separator: ",")
                request.name = nil
            }
        case "POST": request.verb = .create
        case "PUT": request.verb = .update
        case "PATCH": request.verb = .patch
        case "DELETE": request.verb = name == nil ? .deletecollection : .delete
        // It asks nothing that reading does not. Source: the methods of `ProxyREST` in the registries of pods and services.
        case "OPTIONS" where isProxy: break
        default: throw .pathMethodNotAllowed
        }
        return .resource(request)
    }

    /// A name that would lead elsewhere is no name. Source: `NamespaceKeyFunc` in the registry of k8s.io/apiserver.
    private static func check(_ name: String, _ what: String) throws(APIStatus) {
        let problems: [String] = Names.pathSegment(name)
        guard problems.isEmpty else {
            throw .badRequest("\(what) parameter invalid: \(JSON.quoted(name)): \(problems.joined(separator: ";"))")
        }
    }
}

extension Route.Target {
    /// For messages.
    package var path: String {
        switch self {
        case .resource(let request): request.path
        case .discovery(let segments): "/" + segments.joined(separator: "/")
        case .openAPI(let path), .unknown(let path): path
        case .health(let path): "/" + path
        case .version: "/version"
        }
    }

    /// The path of a document as a label: one of few, whatever clients ask for.
    var family: String {
        switch self {
        case .resource: ""
        case .discovery(let segments): "/" + (segments.first ?? "")
        case .openAPI(let path): path.hasPrefix("/openapi/v3") ? "/openapi/v3" : "/openapi/v2"
        case .unknown(let path): ["/metrics", "/metrics/slis"].contains(path) ? path : "other"
        case .health(let path): "/" + (path.split(separator: "/").first ?? "")
        case .version: "/version"
        }
    }
}
