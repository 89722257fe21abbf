import API
import Machinery

/// What upstream tells requests apart by. Source: k8s.io/apiserver/pkg/endpoints/metrics.
struct RequestLabels: Hashable, Sendable {
    /// `LIST`, `APPLY`, `CONNECT`: finer than the method.
    let verb: String
    let isDryRun: Bool
    let group: String
    let version: String
    let resource: String
    /// Of requests that are for no resource: the path.
    let subresource: String
    /// `resource`, `namespace`, `cluster`, or empty.
    let scope: String

    init(_ request: APIRequest) {
        verb = Self.verb(request)
        isDryRun = request.options.dryRun
        group = request.resource.group
        version = request.resource.version
        resource = request.resource.resource
        subresource = request.subresource ?? ""
        scope =
            if request.name != nil || request.verb == .create {
                "resource"
            } else if request.namespace != nil {
                "namespace"
            } else {
                "cluster"
            }
    }

    /// Of a request for a document. - Parameter path: one of few; what comes from clients is no label.
    init(method: String, document path: String) {
        verb = method == "GET" || method == "HEAD" ? method : "other"
        isDryRun = false
        group = ""
        version = ""
        resource = ""
        subresource = path
        scope = ""
    }

    private static func verb(_ request: APIRequest) -> String {
        switch request.subresource {
        case "exec", "attach", "portforward", "proxy": return "CONNECT"
        default: break
        }
        switch request.verb {
        case .get: return "GET"
        case .list: return "LIST"
        case .watch: return "WATCH"
        case .create: return "POST"
        case .update: return "PUT"
        case .patch: return request.contentType == .applyYAML ? "APPLY" : "PATCH"
        case .delete: return "DELETE"
        case .deletecollection: return "DELETECOLLECTION"
        }
    }

    /// Whether it changes something.
    var isMutating: Bool {
        switch verb {
        case "POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION": true
        default: false
        }
    }

    /// Whether it lasts as long as the client likes: then it is no request in flight.
    var isLongRunning: Bool { verb == "WATCH" || verb == "CONNECT" }

    var labels: [MetricLabel] {
        [
            MetricLabel("component", "apiserver"), MetricLabel("dry_run", isDryRun ? "All" : ""), MetricLabel("group", group),
            MetricLabel("resource", resource), MetricLabel("scope", scope), MetricLabel("subresource", subresource),
            MetricLabel("verb", verb), MetricLabel("version", version),
        ]
    }

    /// Without what says how it was asked for.
    var longRunningLabels: [MetricLabel] { labels.filter { $0.name != "dry_run" } }

    /// Keys that found no place.
    static let other = RequestLabels(method: "other", document: "other")
}
