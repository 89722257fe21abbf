import API
import Machinery

/// Answers whether somebody may do something: the same decision as for a request.
///
/// Source: pkg/registry/authorization.
struct SubjectAccessReviewHandler: ReviewHandler {
    /// True where the question is about who asks it.
    let isOfAsker: Bool

    func answered(_ review: JSON, _ call: Call, _ server: APIServer) throws(APIStatus) -> JSON {
        // The question about the asker has the same fields, without those about the user.
        let spec = View<SubjectAccessReviewSpec>(review["spec"] ?? [:])
        let user: UserInfo =
            isOfAsker ? call.user : UserInfo(name: spec.user, uid: spec.uid, groups: spec.groups, extra: spec.extra)
        let decision: Decision = server.authorizer.decide(user, Self.attributes(spec))
        var answer: JSON = review
        answer["status"] =
            View<SubjectAccessReviewStatus> {
                $0.allowed = decision.isAllowed
                $0.reason = decision.reason
            }.json
        return answer
    }

    private static func attributes(_ spec: View<SubjectAccessReviewSpec>) -> Attributes {
        guard let resource = spec.resourceAttributes else {
            return Attributes(verb: spec.nonResourceAttributes?.verb ?? "", path: spec.nonResourceAttributes?.path ?? "")
        }
        return Attributes(
            verb: resource.verb, group: resource.group, version: resource.version, resource: resource.resource,
            subresource: resource.subresource, namespace: resource.namespace, name: resource.name,
            fieldSelector: selector(resource.fieldSelector))
    }

    /// The selector as a query has it, as far as it says what a field must be.
    private static func selector(_ selector: View<FieldSelectorAttributes>?) -> String {
        guard let selector else { return "" }
        guard selector.requirements.isEmpty else {
            return selector.requirements.filter { $0.operator == "In" && $0.values.count == 1 }
                .map { "\($0.key)=\($0.values[0])" }.joined(separator: ",")
        }
        return selector.rawSelector
    }
}
