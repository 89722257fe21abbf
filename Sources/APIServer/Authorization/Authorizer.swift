package import API

/// Says whether a user may do what a request asks.
///
/// This version knows the cluster's administrators and the parts of the cluster, who may do all, and what everybody may read
/// (health, version, discovery). Roles and bindings come with the RBAC group.
package struct Authorizer: Sendable {
    package init() {}

    /// Throws ``APIStatus`` (403) with Kubernetes' text.
    package func authorize(_ user: UserInfo, _ target: Route.Target, method: String) throws(APIStatus) {
        guard !user.groups.contains("system:masters") else { return }
        let known: Bool = user.groups.contains("system:authenticated")
        switch target {
        case .health, .version: return
        case .discovery, .openAPI: if known { return }
        case .resource, .unknown: break
        }
        throw refusal(user, target, method: method)
    }

    private func refusal(_ user: UserInfo, _ target: Route.Target, method: String) -> APIStatus {
        guard case .resource(let request) = target else {
            var status = APIStatus(code: 403, reason: "Forbidden", message: "", details: APIStatus.Details())
            status.message = "forbidden: User \"\(user.name)\" cannot \(method.lowercased()) path \"\(target.path)\""
            return status
        }
        let resource: GroupVersionResource = request.resource
        let what: String = resource.resource + (request.subresource.map { "/" + $0 } ?? "")
        let place: String = request.namespace.map { "in the namespace \"\($0)\"" } ?? "at the cluster scope"
        return .forbidden(
            group: resource.group, resource: resource.resource, request.name ?? "",
            "User \"\(user.name)\" cannot \(request.verb.rawValue) resource \"\(what)\" in API group \"\(resource.group)\" \(place)")
    }
}
