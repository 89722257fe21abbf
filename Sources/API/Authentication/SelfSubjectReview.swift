package import Machinery

/// Asks who the asker is. Answered at once, not stored.
package struct SelfSubjectReview: Kind {
    package static let definition = Definition(
        SelfSubjectReview(), "authentication.v1.SelfSubjectReview", "Asks who the asker is. It is answered at once and not stored.")
    package static let names = KindNames(
        "SelfSubjectReview", group: "authentication.k8s.io", plural: "selfsubjectreviews", isNamespaced: false, verbs: [.create])

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like; of no use here.")
    package let status = Field<SelfSubjectReviewStatus>("status", 2, "The answer.")
}

/// Who the asker is.
package struct SelfSubjectReviewStatus: Schema {
    package static let definition = Definition(
        SelfSubjectReviewStatus(), "authentication.v1.SelfSubjectReviewStatus", "Who the asker is.")

    package let userInfo = Field<ReviewUserInfo>("userInfo", 1, "The asker, impersonation included.")
}
