package import API
import Machinery
import Store

/// Says whether a user may do what a request asks: first the administrators, then nodes, then roles and bindings.
///
/// The first that allows it wins; nobody forbids what another allows. Source: `buildAuthorizer` of pkg/kubeapiserver/authorizer.
package struct Authorizer: Sendable {
    package static let superusers = "system:masters"

    private let nodes: NodeAuthorizer
    let roles: RBACAuthorizer

    init(store: any Store) {
        nodes = NodeAuthorizer(store: store)
        roles = RBACAuthorizer(store: store)
    }

    /// Throws ``APIStatus`` (403) with Kubernetes' text.
    package func authorize(_ user: UserInfo, _ target: Route.Target, method: String) throws(APIStatus) {
        guard !user.groups.contains(Self.superusers) else { return }
        let attributes: Attributes
        switch target {
        case .resource(let request): attributes = Attributes(request)
        // Checks by name are for those who may look closer. Source: the default of `--authorization-always-allow-paths`.
        case .health(let path) where !path.contains("/"): return
        default: attributes = Attributes(verb: method.lowercased(), path: target.path)
        }
        try authorize(user, attributes)
    }

    /// The same for one question.
    package func authorize(_ user: UserInfo, _ attributes: Attributes) throws(APIStatus) {
        let decision: Decision = decide(user, attributes)
        guard !decision.isAllowed else { return }
        throw Self.refusal(user, attributes, reason: decision.reason)
    }

    package func decide(_ user: UserInfo, _ attributes: Attributes) -> Decision {
        if user.groups.contains(Self.superusers) { return .allowed() }
        let node: Decision = nodes.decide(user, attributes)
        if node.isAllowed { return node }
        let role: Decision = roles.decide(user, attributes)
        if role.isAllowed { return role }
        return .noOpinion([node.reason, role.reason].filter { !$0.isEmpty }.joined(separator: "\n"))
    }

    /// Source: `ForbiddenStatusError` of k8s.io/apiserver/pkg/endpoints/handlers/responsewriters.
    static func refusal(_ user: UserInfo, _ attributes: Attributes, reason: String = "") -> APIStatus {
        let text: String = "User \"\(user.name)\" \(attributes.refusal)" + (reason.isEmpty ? "" : ": " + reason)
        guard attributes.isResource else {
            return APIStatus(code: 403, reason: "Forbidden", message: "forbidden: " + text, details: APIStatus.Details())
        }
        return .forbidden(group: attributes.group, resource: attributes.resource, attributes.name, text)
    }
}
