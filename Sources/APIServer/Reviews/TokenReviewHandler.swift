import API
import Machinery

/// Answers whose a token is.
///
/// Source: pkg/registry/authentication/tokenreview.
struct TokenReviewHandler: ReviewHandler {
    func answered(_ review: JSON, _ call: Call, _ server: APIServer) throws(APIStatus) -> JSON {
        let spec: View<TokenReviewSpec> = View<TokenReview>(review).spec
        guard !spec.token.isEmpty else { throw .badRequest("token is required for TokenReview in authentication") }
        var status = View<TokenReviewStatus>()
        var notes = TokenNotes()
        do throws(TokenError) {
            let found: TokenOwner = try server.authenticator.owner(of: spec.token, audiences: spec.audiences, &notes)
            status.authenticated = true
            status.user = found.user.review
            status.audiences = found.audiences
        } catch {
            status.user = View<ReviewUserInfo>()
            status.error = error.description
        }
        for warning in notes.warnings { call.warnings.add(warning) }
        for (key, value) in notes.annotations { call.annotate?(key, value) }
        var answer: JSON = review
        answer["status"] = status.json
        return answer
    }
}
