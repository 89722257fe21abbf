package import Machinery

/// Asks whose a token is. Answered at once, not stored.
package struct TokenReview: Kind {
    package static let definition = Definition(
        TokenReview(), "authentication.v1.TokenReview", "Asks whose a token is. It is answered at once and not stored.")
    package static let names = KindNames(
        "TokenReview", group: "authentication.k8s.io", plural: "tokenreviews", isNamespaced: false, verbs: [.create])

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like; of no use here.")
    package let spec = Field<TokenReviewSpec>("spec", 2, "The question.", .always)
    package let status = Field<TokenReviewStatus>("status", 3, "The answer.")
}

/// The token in question.
package struct TokenReviewSpec: Schema {
    package static let definition = Definition(
        TokenReviewSpec(), "authentication.v1.TokenReviewSpec", "The token in question.")

    package let token = Field<String>("token", 1, "The token.", .always)
    package let audiences = Field<[String]>(
        "audiences", 2, "For whom the token has to be good: any of these; the API server if absent.", .atomic)
}

/// Whose a token is.
package struct TokenReviewStatus: Schema {
    package static let definition = Definition(
        TokenReviewStatus(), "authentication.v1.TokenReviewStatus", "Whose a token is.")

    package let authenticated = Field<Bool>("authenticated", 1, "True when the token belongs to a known user.")
    package let user = Field<ReviewUserInfo>("user", 2, "The user.")
    package let error = Field<String>("error", 3, "Why the token could not be checked.")
    package let audiences = Field<[String]>("audiences", 4, "Those of the audiences asked for that the token is good for.", .atomic)
}
