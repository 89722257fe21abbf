package import Machinery

/// Fields that limit a request that is asked about.
package struct FieldSelectorAttributes: Schema {
    package static let definition = Definition(
        FieldSelectorAttributes(), "authorization.v1.FieldSelectorAttributes", "Fields that limit a request that is asked about.")

    package let rawSelector = Field<String>("rawSelector", 1, "The selector as a query has it. Not together with requirements.")
    package let requirements = Field<[FieldSelectorRequirement]>("requirements", 2, "The selector, taken apart.", .atomic)
}

/// Labels that limit a request that is asked about.
package struct LabelSelectorAttributes: Schema {
    package static let definition = Definition(
        LabelSelectorAttributes(), "authorization.v1.LabelSelectorAttributes", "Labels that limit a request that is asked about.")

    package let rawSelector = Field<String>("rawSelector", 1, "The selector as a query has it. Not together with requirements.")
    package let requirements = Field<[LabelSelectorRequirement]>("requirements", 2, "The selector, taken apart.", .atomic)
}

/// One condition on a field.
package struct FieldSelectorRequirement: Schema {
    package static let definition = Definition(
        FieldSelectorRequirement(), "io.k8s.apimachinery.pkg.apis.meta.v1.FieldSelectorRequirement", "One condition on a field.")

    package let key = Field<String>("key", 1, "The field.", .always)
    package let `operator` = Field<String>("operator", 2, "In, NotIn, Exists or DoesNotExist.", .always)
    package let values = Field<[String]>("values", 3, "For In and NotIn: one or more values. Empty otherwise.", .atomic)
}

/// The rule that both forms of selectors share. Source: pkg/apis/authorization/validation.
enum SelectorAttributes {
    static func validate(raw: String, requirements: Int, _ path: Path, _ problems: inout Problems) {
        if !raw.isEmpty, requirements > 0 {
            problems.invalid(path.child("rawSelector"), .string(raw), "may not specified at the same time as requirements")
        }
        if raw.isEmpty, requirements == 0 {
            problems.required(
                path.child("requirements"), "when \(path) is specified, requirements or rawSelector is required")
        }
    }
}
