import API
import Machinery

/// Answers what the asker may do in a namespace.
///
/// Source: pkg/registry/authorization/selfsubjectrulesreview.
struct SelfSubjectRulesReviewHandler: ReviewHandler {
    func answered(_ review: JSON, _ call: Call, _ server: APIServer) throws(APIStatus) -> JSON {
        let namespace: String = View<SelfSubjectRulesReview>(review).spec.namespace
        guard !namespace.isEmpty else { throw .badRequest("no namespace on request") }
        let isNode: Bool = NodeAuthorizer.nodeName(call.user) != nil
        let (rules, missing) = server.authorizer.roles.table.rules(of: call.user, in: namespace)
        var errors: [String] = missing
        if isNode { errors.insert("node authorizer does not support user rule resolution", at: 0) }
        var answer: JSON = review
        answer["status"] =
            View<SubjectRulesReviewStatus> {
                $0.resourceRules = rules.filter { !$0.resources.isEmpty }.map { rule in
                    View<ResourceRule> {
                        $0.verbs = rule.verbs
                        $0.apiGroups = rule.groups
                        $0.resources = rule.resources
                        if !rule.names.isEmpty { $0.resourceNames = rule.names }
                    }
                }
                $0.nonResourceRules = rules.filter { !$0.urls.isEmpty }.map { rule in
                    View<NonResourceRule> {
                        $0.verbs = rule.verbs
                        $0.nonResourceURLs = rule.urls
                    }
                }
                $0.incomplete = !errors.isEmpty
                $0.evaluationError = errors.count == 1 ? errors[0] : errors.isEmpty ? "" : "[" + errors.joined(separator: ", ") + "]"
            }.json
        return answer
    }
}
