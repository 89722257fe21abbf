import API
import Client
import Machinery

/// `top` alone: says which verbs it has.
package struct Top: FamilyVerb {
    package static let configuration = CommandConfiguration(
        commandName: "top", abstract: "Show what nodes and pods use.", usage: "swkube top VERB [flags]")

    @Argument(help: "node or pod.", value: "verb")
    package var words: [String] = []

    package init() {}
}

/// Asks metrics.k8s.io.
struct MetricsQuery {
    let session: Session

    private static func resource(_ name: String) -> GroupVersionResource {
        GroupVersionResource(group: "metrics.k8s.io", version: "v1beta1", resource: name)
    }

    /// Throws kubectl's text when nobody serves metrics.
    func metrics(
        _ resource: String, namespace: String? = nil, name: String? = nil, selector: String? = nil, fieldSelector: String? = nil
    ) async throws -> [JSON] {
        guard try await session.catalog.groups().contains(where: { $0.apiVersion == "metrics.k8s.io/v1beta1" }) else {
            throw Failure("Metrics API not available")
        }
        let options = RequestOptions {
            $0.labelSelector = selector
            $0.fieldSelector = fieldSelector
        }
        let answer: JSON = try await session.send(
            APIRequest(name == nil ? .list : .get, Self.resource(resource), namespace: namespace, name: name, options: options))
        return name == nil ? answer.list("items") : [answer]
    }
}
