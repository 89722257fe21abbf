package import Machinery

/// A condition in CEL that a request has to meet before a webhook or policy sees it.
package struct MatchCondition: Schema {
    package static let definition = Definition(
        MatchCondition(), "admissionregistration.v1.MatchCondition", "A condition in CEL that a request has to meet.")

    package let name = Field<String>(
        "name", 1, "Name of the condition, unique in its list; it appears in what the server says of it.", .required,
        .format(Names.qualifiedName))
    package let expression = Field<String>(
        "expression", 2, "The condition: object, oldObject, request and authorizer are known to it.", .always)

    package static func validate(_ condition: View<MatchCondition>, _ path: Path, _ problems: inout Problems) {
        if condition.expression.isBlank { problems.required(path.child("expression")) }
    }

    /// A list of conditions: 64 at most, each with a name of its own.
    static func validateAll(_ conditions: JSON, _ path: Path, _ problems: inout Problems) {
        let all: [JSON] = conditions.array ?? []
        if all.count > 64 { problems.tooMany(path, all.count, atMost: 64) }
        Webhooks.validateNames(all.map { $0["name"]?.string ?? "" }, path, &problems)
    }

    /// The conditions of a webhook, which know of the object and the request only.
    static func validateOfWebhook(_ conditions: [View<MatchCondition>], _ path: Path, _ problems: inout Problems) {
        guard !conditions.isEmpty else { return }
        PolicyEnvironment(hasParams: false, isPolicy: false).check(conditions, path, &problems)
    }
}

extension String {
    /// True without any character but white space.
    var isBlank: Bool { allSatisfy(\.isWhitespace) }
}
