package import Machinery

/// Asks whether somebody may do something. Answered at once, not stored.
package struct SubjectAccessReview: Kind {
    package static let definition = Definition(
        SubjectAccessReview(), "authorization.v1.SubjectAccessReview",
        "Asks whether a user may do something. It is answered at once and not stored.")
    package static let names = KindNames(
        "SubjectAccessReview", group: "authorization.k8s.io", plural: "subjectaccessreviews", isNamespaced: false, verbs: [.create])

    package let metadata = Field<ObjectMeta>("metadata", 1, "Must be empty.")
    package let spec = Field<SubjectAccessReviewSpec>("spec", 2, "The question.", .always)
    package let status = Field<SubjectAccessReviewStatus>("status", 3, "The answer.")

    /// Source: `ValidateSubjectAccessReview` of pkg/apis/authorization/validation.
    package static func validate(_ review: View<SubjectAccessReview>, _ path: Path, _ problems: inout Problems) {
        SubjectAccessReviewSpec.validate(review.spec, &problems)
        if !review.isBare() { problems.invalid(Path("metadata"), review.json["metadata"] ?? [:], "must be empty") }
    }
}

/// Asks whether somebody may do something in one namespace: for those who may ask only there.
package struct LocalSubjectAccessReview: Kind {
    package static let definition = Definition(
        LocalSubjectAccessReview(), "authorization.v1.LocalSubjectAccessReview",
        "Asks whether a user may do something in one namespace. It is answered at once and not stored.")
    package static let names = KindNames(
        "LocalSubjectAccessReview", group: "authorization.k8s.io", plural: "localsubjectaccessreviews", verbs: [.create])

    package let metadata = Field<ObjectMeta>("metadata", 1, "The namespace, and nothing else.")
    package let spec = Field<SubjectAccessReviewSpec>("spec", 2, "The question, about the same namespace.", .always)
    package let status = Field<SubjectAccessReviewStatus>("status", 3, "The answer.")

    /// Source: `ValidateLocalSubjectAccessReview` of pkg/apis/authorization/validation.
    package static func validate(_ review: View<LocalSubjectAccessReview>, _ path: Path, _ problems: inout Problems) {
        SubjectAccessReviewSpec.validate(review.spec, &problems)
        if !review.isBare(except: ["namespace"]) {
            problems.invalid(Path("metadata"), review.json["metadata"] ?? [:], "must be empty except for namespace")
        }
        if let resource = review.spec.resourceAttributes, resource.namespace != review.namespace {
            problems.invalid(
                Path("spec.resourceAttributes.namespace"), .string(resource.namespace), "must match metadata.namespace")
        }
        if let path = review.spec.nonResourceAttributes {
            problems.invalid(Path("spec.nonResourceAttributes"), path.json, "disallowed on this kind of request")
        }
    }
}

/// Asks whether the asker may do something. Answered at once, not stored.
package struct SelfSubjectAccessReview: Kind {
    package static let definition = Definition(
        SelfSubjectAccessReview(), "authorization.v1.SelfSubjectAccessReview",
        "Asks whether the asker may do something. It is answered at once and not stored.")
    package static let names = KindNames(
        "SelfSubjectAccessReview", group: "authorization.k8s.io", plural: "selfsubjectaccessreviews", isNamespaced: false,
        verbs: [.create])

    package let metadata = Field<ObjectMeta>("metadata", 1, "Must be empty.")
    package let spec = Field<SelfSubjectAccessReviewSpec>("spec", 2, "The question.", .always)
    package let status = Field<SubjectAccessReviewStatus>("status", 3, "The answer.")

    package static func validate(_ review: View<SelfSubjectAccessReview>, _ path: Path, _ problems: inout Problems) {
        SubjectAccessReviewSpec.validate(review.spec.resourceAttributes, review.spec.nonResourceAttributes, &problems)
        if !review.isBare() { problems.invalid(Path("metadata"), review.json["metadata"] ?? [:], "must be empty") }
    }
}

extension View where S: Kind {
    /// True when nobody wrote metadata, but for these members.
    fileprivate func isBare(except allowed: Set<String> = []) -> Bool {
        (json["metadata"]?.object ?? [:]).allSatisfy { $0.key == "managedFields" || allowed.contains($0.key) || $0.value.isEmpty }
    }
}
