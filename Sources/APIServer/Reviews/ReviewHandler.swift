import API
import Machinery

/// Answers a kind that is a question: created, answered at once and not stored.
protocol ReviewHandler: Sendable {
    /// The review with its status. The question was checked against the declaration.
    func answered(_ review: JSON, _ call: Call, _ server: APIServer) throws(APIStatus) -> JSON
}

extension APIServer {
    /// By resource.
    static let reviews: [GroupVersionResource: any ReviewHandler] = [
        TokenReview.names.resource: TokenReviewHandler(),
        SelfSubjectReview.names.resource: SelfSubjectReviewHandler(),
        SubjectAccessReview.names.resource: SubjectAccessReviewHandler(isOfAsker: false),
        LocalSubjectAccessReview.names.resource: SubjectAccessReviewHandler(isOfAsker: false),
        SelfSubjectAccessReview.names.resource: SubjectAccessReviewHandler(isOfAsker: true),
        SelfSubjectRulesReview.names.resource: SelfSubjectRulesReviewHandler(),
    ]

    func answer(_ handler: any ReviewHandler, _ call: Call, _ reply: @escaping Reply) throws(APIStatus) {
        var review: JSON = try BodyReader(call: call).object(
            call.type.schema, kind: call.names.kind, apiVersion: call.names.apiVersion)
        review["status"] = nil
        var metadata: JSON = review["metadata"] ?? [:]
        try Metadata.placeInNamespace(&metadata, call)
        review["metadata"] = metadata
        call.type.schema.applyDefaults(&review)
        review = track(old: nil, new: review, call)
        var problems = Problems()
        call.type.schema.validate(review, .root, &problems)
        guard problems.isEmpty else { throw .invalid(call.names, "", problems) }
        let answer: JSON = try handler.answered(review, call, self)
        reply(.success(.json(represent(answer, call), code: 201, warnings: call.warnings.all)))
    }
}
