package import Machinery

/// Which labels an object must have to be meant. All parts have to hold; a selector without parts means every object.
package struct LabelSelector: Schema {
    package static let definition = Definition(
        LabelSelector(), "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", "Labels that an object must have to be selected.",
        isAtomic: true)

    package let matchLabels = Field<[String: String]>("matchLabels", 1, "Labels with the very values that the object must have.")
    package let matchExpressions = Field<[LabelSelectorRequirement]>(
        "matchExpressions", 2, "Further conditions on labels, all of which must hold.", .atomic)

    package static func validate(_ selector: View<LabelSelector>, _ path: Path, _ problems: inout Problems) {
        Labels.validate(selector.json["matchLabels"], path.child("matchLabels"), &problems)
    }
}

extension View<LabelSelector> {
    /// As Go's `String()` prints the message.
    package var goDescription: String {
        let labels: String = self.matchLabels.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)," }.joined()
        let expressions: String = self.matchExpressions.map {
            "LabelSelectorRequirement{Key:\($0.key),Operator:\($0.operator),Values:[\($0.values.joined(separator: " "))],},"
        }.joined()
        return "&LabelSelector{MatchLabels:map[string]string{\(labels)},"
            + "MatchExpressions:[]LabelSelectorRequirement{\(expressions)},}"
    }

    /// True when no condition is given, so that every object matches.
    package var isEmpty: Bool { self.matchLabels.isEmpty && self.matchExpressions.isEmpty }
}

/// One condition on a label.
package struct LabelSelectorRequirement: Schema {
    package static let definition = Definition(
        LabelSelectorRequirement(), "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement", "One condition on a label.")

    package let key = Field<String>("key", 1, "The label.", .always)
    package let `operator` = Field<String>("operator", 2, "In, NotIn, Exists or DoesNotExist.", .always)
    package let values = Field<[String]>("values", 3, "For In and NotIn: one or more values. Empty otherwise.", .atomic)

    /// Source: `ValidateLabelSelectorRequirement` of k8s.io/apimachinery.
    package static func validate(_ requirement: View<LabelSelectorRequirement>, _ path: Path, _ problems: inout Problems) {
        switch requirement.operator {
        case "In", "NotIn":
            if requirement.values.isEmpty {
                problems.required(path.child("values"), "must be specified when `operator` is 'In' or 'NotIn'")
            }
        case "Exists", "DoesNotExist":
            if !requirement.values.isEmpty {
                problems.forbidden(path.child("values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
            }
        default:
            problems.invalid(path.child("operator"), .string(requirement.operator), "not a valid selector operator")
        }
        Labels.validateKey(requirement.key, path.child("key"), &problems)
        for (index, value) in requirement.values.enumerated() {
            for detail in Names.labelValue(value) { problems.invalid(path.child("values").index(index), .string(value), detail) }
        }
    }
}
