package import Machinery

/// What somebody wants to do.
package struct SubjectAccessReviewSpec: Schema {
    package static let definition = Definition(
        SubjectAccessReviewSpec(), "authorization.v1.SubjectAccessReviewSpec", "Who wants to do what.")

    package let resourceAttributes = Field<ResourceAttributes?>("resourceAttributes", 1, "What is to be done with which resource.")
    package let nonResourceAttributes = Field<NonResourceAttributes?>(
        "nonResourceAttributes", 2, "What is to be done with which path outside of the resources.")
    package let user = Field<String>("user", 3, "Name of the user. Without groups, what the user alone may do.")
    package let groups = Field<[String]>("groups", 4, "Groups of the user.", .atomic)
    package let extra = Field<[String: [String]]>("extra", 5, "What else the authenticator knows of the user.")
    package let uid = Field<String>("uid", 6, "What tells the user apart from others of the name.")

    /// Source: `ValidateSubjectAccessReviewSpec` of pkg/apis/authorization/validation.
    static func validate(_ spec: View<SubjectAccessReviewSpec>, _ problems: inout Problems) {
        validate(spec.resourceAttributes, spec.nonResourceAttributes, &problems) { problems in
            if spec.user.isEmpty, spec.groups.isEmpty {
                problems.invalid(Path("spec").child("user"), .string(""), "at least one of user or group must be specified")
            }
        }
    }

    /// Exactly one of the two questions is to be asked.
    static func validate(
        _ resource: View<ResourceAttributes>?, _ path: View<NonResourceAttributes>?, _ problems: inout Problems,
        also: (inout Problems) -> Void = { _ in }
    ) {
        let spec = Path("spec")
        if let path, resource != nil {
            problems.invalid(
                spec.child("nonResourceAttributes"), path.json, "cannot be specified in combination with resourceAttributes")
        }
        if resource == nil, path == nil {
            problems.invalid(
                spec.child("resourceAttributes"), .null,
                "exactly one of nonResourceAttributes or resourceAttributes must be specified")
        }
        also(&problems)
        guard let resource else { return }
        let here: Path = spec.child("resourceAttributes")
        if let selector = resource.fieldSelector {
            SelectorAttributes.validate(
                raw: selector.rawSelector, requirements: selector.requirements.count, here.child("fieldSelector"), &problems)
        }
        if let selector = resource.labelSelector {
            SelectorAttributes.validate(
                raw: selector.rawSelector, requirements: selector.requirements.count, here.child("labelSelector"), &problems)
        }
    }
}

/// What the asker wants to do.
package struct SelfSubjectAccessReviewSpec: Schema {
    package static let definition = Definition(
        SelfSubjectAccessReviewSpec(), "authorization.v1.SelfSubjectAccessReviewSpec", "What the asker wants to do.")

    package let resourceAttributes = Field<ResourceAttributes?>("resourceAttributes", 1, "What is to be done with which resource.")
    package let nonResourceAttributes = Field<NonResourceAttributes?>(
        "nonResourceAttributes", 2, "What is to be done with which path outside of the resources.")
}

/// Whether somebody may do something.
package struct SubjectAccessReviewStatus: Schema {
    package static let definition = Definition(
        SubjectAccessReviewStatus(), "authorization.v1.SubjectAccessReviewStatus", "Whether somebody may do something.")

    package let allowed = Field<Bool>("allowed", 1, "True when it is allowed.", .always)
    package let reason = Field<String>("reason", 2, "Why, for people.")
    package let evaluationError = Field<String>(
        "evaluationError", 3, "What went wrong on the way to the answer, which may be right all the same.")
    package let denied = Field<Bool>("denied", 4, "True when it is forbidden whatever other authorizers would say.")
}

/// What is to be done with which resource.
package struct ResourceAttributes: Schema {
    package static let definition = Definition(
        ResourceAttributes(), "authorization.v1.ResourceAttributes", "What is to be done with which resource.")

    package let namespace = Field<String>("namespace", 1, "Namespace; empty for all, and for resources without one.")
    package let verb = Field<String>("verb", 2, "What is to be done, such as get; * is everything.")
    package let group = Field<String>("group", 3, "Group of the resource; empty for the core group, * is all.")
    package let version = Field<String>("version", 4, "Version of the group; * is all.")
    package let resource = Field<String>("resource", 5, "The resource, such as pods; * is all.")
    package let subresource = Field<String>("subresource", 6, "Part of the resource, such as log.")
    package let name = Field<String>("name", 7, "Name of the object; empty for all.")
    package let fieldSelector = Field<FieldSelectorAttributes?>("fieldSelector", 8, "Fields that limit the request.")
    package let labelSelector = Field<LabelSelectorAttributes?>("labelSelector", 9, "Labels that limit the request.")
}

/// What is to be done with which path outside of the resources.
package struct NonResourceAttributes: Schema {
    package static let definition = Definition(
        NonResourceAttributes(), "authorization.v1.NonResourceAttributes",
        "What is to be done with which path outside of the resources.")

    package let path = Field<String>("path", 1, "The path, such as /healthz.")
    package let verb = Field<String>("verb", 2, "The HTTP method in small letters.")
}
