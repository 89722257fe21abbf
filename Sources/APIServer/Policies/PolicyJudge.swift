import API
import CEL
import Machinery

/// Answers the questions of expressions about what the user of a request, or a service account, may do.
struct PolicyJudge: AccessJudge {
    let authorizer: Authorizer
    let user: UserInfo

    func decide(_ question: AccessQuestion) -> (isAllowed: Bool, reason: String) {
        var asked: UserInfo = user
        if let account = question.serviceAccount {
            let name = ServiceAccountName(namespace: account.namespace, name: account.name)
            asked = UserInfo(name: name.user, groups: name.groups + ["system:authenticated"])
        }
        let attributes: Attributes =
            question.path.isEmpty
            ? Attributes(
                verb: question.verb, group: question.group, resource: question.resource, subresource: question.subresource,
                namespace: question.namespace, name: question.name, fieldSelector: question.fieldSelector)
            : Attributes(verb: question.verb, path: question.path)
        let decision: Decision = authorizer.decide(asked, attributes)
        return (decision.isAllowed, decision.reason)
    }

    /// The check that `authorizer.requestResource` begins.
    static func resource(of call: Call) -> AccessQuestion {
        var question = AccessQuestion()
        question.group = call.names.group
        question.resource = call.names.plural
        question.subresource = call.request.subresource ?? ""
        question.namespace = call.request.namespace ?? ""
        question.name = call.request.name ?? ""
        return question
    }
}
