package import Machinery

/// Asks for everything that the asker may do in a namespace. Answered at once, not stored.
package struct SelfSubjectRulesReview: Kind {
    package static let definition = Definition(
        SelfSubjectRulesReview(), "authorization.v1.SelfSubjectRulesReview",
        "Asks for everything that the asker may do in a namespace. It is answered at once and not stored.")
    package static let names = KindNames(
        "SelfSubjectRulesReview", group: "authorization.k8s.io", plural: "selfsubjectrulesreviews", isNamespaced: false, verbs: [.create])

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like; of no use here.")
    package let spec = Field<SelfSubjectRulesReviewSpec>("spec", 2, "The question.", .always)
    package let status = Field<SubjectRulesReviewStatus>("status", 3, "The answer.")
}

/// Where the asker's rights are wanted.
package struct SelfSubjectRulesReviewSpec: Schema {
    package static let definition = Definition(
        SelfSubjectRulesReviewSpec(), "authorization.v1.SelfSubjectRulesReviewSpec", "Where the asker's rights are wanted.")

    package let namespace = Field<String>("namespace", 1, "The namespace. Needed.")
}

/// Everything that the asker may do in a namespace.
package struct SubjectRulesReviewStatus: Schema {
    package static let definition = Definition(
        SubjectRulesReviewStatus(), "authorization.v1.SubjectRulesReviewStatus", "Everything that the asker may do in a namespace.")

    package let resourceRules = Field<[ResourceRule]>("resourceRules", 1, "What may be done with which resources.", .always, .atomic)
    package let nonResourceRules = Field<[NonResourceRule]>(
        "nonResourceRules", 2, "What may be done with which paths outside of the resources.", .always, .atomic)
    package let incomplete = Field<Bool>("incomplete", 3, "True when there may be more.", .always)
    package let evaluationError = Field<String>("evaluationError", 4, "What went wrong on the way to the answer.")
}

/// What may be done with which resources.
package struct ResourceRule: Schema {
    package static let definition = Definition(
        ResourceRule(), "authorization.v1.ResourceRule", "What may be done with which resources.")

    package let verbs = Field<[String]>("verbs", 1, "What may be done; * is everything.", .always, .atomic)
    package let apiGroups = Field<[String]>("apiGroups", 2, "Groups of the resources; * is all.", .atomic)
    package let resources = Field<[String]>("resources", 3, "The resources; * is all.", .atomic)
    package let resourceNames = Field<[String]>("resourceNames", 4, "Names of the objects; without any it is for all.", .atomic)
}

/// What may be done with which paths outside of the resources.
package struct NonResourceRule: Schema {
    package static let definition = Definition(
        NonResourceRule(), "authorization.v1.NonResourceRule", "What may be done with which paths outside of the resources.")

    package let verbs = Field<[String]>("verbs", 1, "What may be done; * is everything.", .always, .atomic)
    package let nonResourceURLs = Field<[String]>(
        "nonResourceURLs", 2, "The paths; a * at the end stands for any rest.", .atomic)
}
